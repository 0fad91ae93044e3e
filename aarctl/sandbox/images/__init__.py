"""Images that sandboxes start from: their names, what is in them, and finding, building and removing them."""

from aarctl.sandbox.images.find import Image, ImageMissing, ImageStale, find, ls, read, rm
from aarctl.sandbox.images.tags import (
    VARIANTS,
    Variant,
    base_tag,
    keeper_digest,
    labels,
    researcher_tag,
    variant_for,
)

__all__ = [
    "VARIANTS",
    "Image",
    "ImageMissing",
    "ImageStale",
    "Variant",
    "base_tag",
    "find",
    "keeper_digest",
    "labels",
    "ls",
    "read",
    "researcher_tag",
    "rm",
    "variant_for",
]
