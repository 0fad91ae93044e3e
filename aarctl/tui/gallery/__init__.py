"""The room on a synthetic run: `python -m aarctl.tui.gallery [MOMENT] [--replay]`.

The same run is the ground of the screenshots and of the room's tests.
"""
