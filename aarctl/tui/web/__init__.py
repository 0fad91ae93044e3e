"""The control room in a browser: textual-serve behind a key, one process of the room for each open page."""
