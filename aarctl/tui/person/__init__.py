"""What is kept for the person at the screen, and how they are called when something wants attention."""
