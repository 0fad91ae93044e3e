"""From lines to cells: what a line is, its tones, glyphs, plots, looks, and where panes stand."""
