"""No test of the tracer may leave an internal error behind, however quietly it went on."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import pytest


@pytest.fixture(autouse=True)
def _no_internal_error() -> Iterator[None]:
    if find_spec("torch") is None:
        yield
        return
    from lstmcheck.runtime import guard

    guard._logged.clear()
    yield
    assert [error for error in guard._logged if "for a test" not in error] == []
