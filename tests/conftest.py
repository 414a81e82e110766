"""Hypothesis profiles, chosen with HYPOTHESIS_PROFILE: `ci` by default, `quick` while writing, `thorough` to search on,
`brief` where tests are run over and over."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

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
