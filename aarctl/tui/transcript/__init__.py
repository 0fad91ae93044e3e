"""One researcher's history as text: cleaned, wrapped, virtualised, drawn line by line.

`clean`, `wrap`, `items`, `heights` and `model` are pure (no Textual); `view` draws them.
"""
