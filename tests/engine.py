"""What a test does where the Docker it needs is not there: it is skipped loudly, or fails where it must run."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

REQUIRED = os.environ.get("AARCTL_REQUIRE_DOCKER", "") not in ("", "0")


def without_docker(why: str) -> NoReturn:
    """Skip, or with AARCTL_REQUIRE_DOCKER=1, as in CI, fail."""
    if REQUIRED:
        pytest.fail(f"AARCTL_REQUIRE_DOCKER is set, and there is no Docker to test with: {why}", pytrace=False)
    pytest.skip(f"NOT TESTED, no Docker: {why}")
