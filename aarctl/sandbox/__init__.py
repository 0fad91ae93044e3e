"""Isolated places where a researcher's commands run: one protocol, one keeper, one backend a file."""
