"""What chooses a researcher's next action, behind one protocol."""
