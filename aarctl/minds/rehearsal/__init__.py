"""Rehearsals: a Messages API of our own that plays a scripted researcher to the real SDK. No model is called.

async with Rehearsal() as stage:
    ...  # stage.url, stage.key
"""

from .stage import DELAY_S, Rehearsal

__all__ = ["DELAY_S", "Rehearsal"]
