"""Arguments of torch's recurrent modules: how calls bind (`signatures`), what constructors require (`constructors`)."""

from __future__ import annotations

from lstmcheck.contract.constructors import Argument, Config, construct
from lstmcheck.contract.signatures import (
    CONSTRUCTORS,
    DEFAULTS,
    FORWARDS,
    Signature,
    bind,
    bind_forward,
    nearest_names,
    signature,
)

__all__ = [
    "CONSTRUCTORS",
    "DEFAULTS",
    "FORWARDS",
    "Argument",
    "Config",
    "Signature",
    "bind",
    "bind_forward",
    "construct",
    "nearest_names",
    "signature",
]
