"""Prints the first run name that is not taken in the home: demo, demo-2, demo-3, ..."""

import sys
from itertools import count

from aarctl.home import Home


def free_name(stem: str) -> str:
    """`stem`, or `stem-N` with the smallest N from 2 on whose run folder does not exist."""
    home = Home.default()
    names = (stem if n == 1 else f"{stem}-{n}" for n in count(1))
    return next(name for name in names if not home.run(name).root.exists())


if __name__ == "__main__":
    print(free_name(sys.argv[1] if len(sys.argv) > 1 else "demo"))
