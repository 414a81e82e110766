"""Values that are not changed once they are made, and that cost little to make.

A dataclass that Python itself keeps from being changed takes several times as long to make, and an engine makes
hundreds of thousands. These are frozen for the type checker alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: Any) -> Callable[[Any], Any]:
        """What tells the type checker that a decorator makes dataclasses."""
        return lambda decorator: decorator


Made = TypeVar("Made")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[Made]) -> type[Made]:
    """A dataclass whose objects are equal, and hashed, by their fields."""
    return dataclass(unsafe_hash=True, slots=True)(cls)


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(field,))
def identified(cls: type[Made]) -> type[Made]:
    """A dataclass each of whose objects is its own."""
    return dataclass(eq=False, slots=True)(cls)
