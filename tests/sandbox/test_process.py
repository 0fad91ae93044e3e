"""The `process` backend keeps the contract, and does not claim to isolate."""

from __future__ import annotations

import pytest

from aarctl.sandbox.process import ProcessBackend
from aarctl.sandbox.protocol import Backend

from .contract_life import SandboxContract


class TestProcess(SandboxContract):
    @pytest.fixture
    def backend(self) -> Backend:
        return ProcessBackend()

    def test_it_says_that_nothing_is_isolated(self, backend: Backend) -> None:
        assert not backend.capabilities.isolated and not backend.capabilities.kernel_isolation
