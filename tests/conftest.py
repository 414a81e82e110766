"""Hypothesis profiles, chosen with HYPOTHESIS_PROFILE: `ci` by default, `quick` while writing, `thorough` to search on,
`brief` where tests are run over and over."""

from __future__ import annotations

import ast
import os
from importlib.util import find_spec
from pathlib import Path

from hypothesis import HealthCheck, settings

# here and in children, before torch is imported: threads that wait for each other cost more than such small models
os.environ.setdefault("OMP_NUM_THREADS", "1")

_COMMON = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    print_blob=True,
)

settings.register_profile("brief", _COMMON, max_examples=40, derandomize=True)
settings.register_profile("quick", _COMMON, max_examples=200)
# the same examples in every run, so that a change is judged by itself; the other profiles go on searching
settings.register_profile("ci", _COMMON, max_examples=2_000, derandomize=True)
settings.register_profile("thorough", _COMMON, max_examples=100_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# What only some tests need. A test module that imports what is not there is left out: so the tests of the static part
# run without torch; WITHOUT=torch leaves them out where it is there. What a fixture or a single test needs, it asks for
# by `pytest.importorskip`.
_OPTIONAL = ("torch", "numpy", "lightning", "transformers", "IPython")
# they import torch
_OURS = ("lstmcheck.testing.real", "lstmcheck.testing.isolated", "lstmcheck.runtime", "ops_bench", "recorded.observing")
MISSING = {name for name in _OPTIONAL if find_spec(name) is None} | {*os.environ.get("WITHOUT", "").split()}
if "torch" in MISSING:
    MISSING.update(_OURS)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out a test module whose own imports are not there; leave all others to pytest."""
    if not MISSING or collection_path.suffix != ".py" or not collection_path.name.startswith("test_"):
        return None
    imports: set[str] = set()
    for node in ast.parse(collection_path.read_bytes()).body:
        if isinstance(node, ast.Import):
            imports |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            imports.add(node.module)
    needed = {".".join(name.split(".")[:end]) for name in imports for end in (1, 2, 3)}
    return True if needed & MISSING else None
