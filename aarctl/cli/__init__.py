"""The command line: one file per noun or verb, thin.

Every reading command has --json, whose shapes are the structs of `shapes`. Importing this room costs what typer
costs: everything heavier is imported inside the command that needs it.
"""
