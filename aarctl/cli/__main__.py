"""`python -m aarctl.cli`: the same as `aarctl`."""

from .main import main

main()
