"""What the panes say: pure functions from a run's state to lines, and the figures in them."""
