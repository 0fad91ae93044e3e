"""The panes of the room. Each is a function from a Scene to lines, and a small widget that draws them."""
