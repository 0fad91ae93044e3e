"""The room's screens on a synthetic run: `python -m aarctl.tui.gallery`.

The same screens are drawn into docs/screens, and held by the snapshot tests.
"""
