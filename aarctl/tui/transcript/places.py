"""Where a window of the transcript must begin so that something is seen in it. Pure: from places to places."""

from __future__ import annotations

from .items import Item
from .model import Place, TranscriptModel


def revealed(model: TranscriptModel, anchor: Place, item: Item, height: int) -> Place:
    """The window moved as little as possible so that the item is in it, its header above all."""
    size = model.layout(item).height
    if (item.seq, 0) < anchor:
        return (item.seq, 0) if size <= height else (item.seq, max(size - height // 2, 0))
    last = model.walk(anchor, height - 1)
    wanted = (item.seq, min(size, height) - 1)
    return model.walk(wanted, 1 - height) if wanted > last else anchor


def opened_at(model: TranscriptModel, item: Item, position: int, height: int) -> Place:
    """The window with a character of the item in its upper third; the item is opened where it is folded away."""
    layout = model.layout(item)
    if layout.hidden and position >= layout.lines[-1][1] and model.toggle(item.seq):
        item = model.item(item.seq) or item
    return model.walk((item.seq, model.line_of(item, position)), -(height // 3))


def rewrapped(model: TranscriptModel, anchor: Place, width: int) -> Place:
    """Lay the model out for another width; the character where the window began is where it begins."""
    seq, line = anchor
    item = model.item(seq)
    if item is None:
        model.set_width(width)
        return anchor
    lines = model.layout(item).lines
    position = lines[min(line, len(lines) - 1)][0]
    model.set_width(width)
    return seq, model.line_of(item, position) if line else 0
