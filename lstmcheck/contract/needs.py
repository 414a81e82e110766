"""The form of the contract: requirements that are stated, never decided.

A contract function is a generator. It yields a `Need` for each thing torch requires, in torch's own order, and returns
the shapes that come out. It adds and multiplies dimensions and never compares them: whoever drives it supplies
"equal". The tracer compares ints, the engine asks `dims.compare` under the conditions of a path, and the property
tests hold the same functions against torch.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal, TypeVar

from lstmcheck.dims import Dim, show_shape
from lstmcheck.frozen import frozen

Result = TypeVar("Result")
Requirements = Generator["Need", None, Result]

Relation = Literal["equal", "one of", "at least", "at most", "below", "sorted", "never"]


@frozen
class Raises:
    """What torch does when a need is not met: an exception type, and its text with `{}` fields filled on demand.

    `exact` is False where the text is only how torch's own begins (the rest lists overloads, or depends on the build).
    A field that is a tuple is worded as a shape `(2, 3)`, a list as torch words a size `[2, 3]`.
    """

    type: str
    template: str
    fields: dict[str, Any] = field(default_factory=dict)
    exact: bool = True

    @property
    def text(self) -> str:
        """The exception's text, as torch words it (symbolic sizes by their names)."""
        return self.template.format(**{key: _worded(value) for key, value in self.fields.items()})

    def matches(self, type_name: str, text: str) -> bool:
        """Whether an observed exception is this one."""
        return type_name == self.type and (text == self.text if self.exact else text.startswith(self.text))


def _worded(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(str, value)) + "]"
    return show_shape(value) if isinstance(value, tuple) else str(value)


@frozen
class Need:
    """One requirement: `got` must stand in `relation` to `want`.

    `what` is the stable key by which rules recognise it ("state.layers", "input.features", ...). `subject` names the
    value ("input", "h_0", "c_0"), `axis` the axis of it, `axis_name` what that axis means. `raises` is None where torch
    stays silent although the result is not what it seems; `warns` says that torch only warns. `relation` "never" is a
    need that nothing meets: reaching it is already the mistake.
    """

    what: str
    got: Any
    want: Any
    relation: Relation = "equal"
    subject: str = ""
    axis: int | None = None
    axis_name: str = ""
    raises: Raises | None = None
    warns: bool = False
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Unmet(Exception):
    """Raised by `run_plainly` at the first need that is not met."""

    need: Need


def holds(need: Need) -> bool:
    """Whether a need over plain values is met. Sizes must be ints here; the engine has its own three-valued driver."""
    if need.relation != "never" and (need.got is None or need.want is None):
        return True
    return _DECIDE[need.relation](need.got, need.want)


_DECIDE: dict[str, Callable[[Any, Any], bool]] = {
    "equal": lambda got, want: bool(got == want),
    "one of": lambda got, want: got in want,
    "at least": lambda got, want: bool(got >= want),
    "at most": lambda got, want: bool(got <= want),
    "below": lambda got, want: bool(got < want),
    "sorted": lambda got, want: all(a >= b for a, b in pairwise(got)),
    "never": lambda got, want: False,
}


def run_plainly(requirements: Requirements[Result]) -> Result:
    """Drive a contract function over plain ints, as torch would.

    Raises Unmet at the first need with `raises` that is not met; needs about silent mistakes and warnings pass.
    """
    try:
        need = next(requirements)
        while True:
            if need.raises is not None and not need.warns and not holds(need):
                raise Unmet(need)
            need = requirements.send(None)
    except StopIteration as stop:
        result: Result = stop.value
        return result


def unmet(requirements: Requirements[Any]) -> list[Need]:
    """Every need that is not met over plain ints, silent ones and warnings too, up to the first that torch raises."""
    found: list[Need] = []
    for need in requirements:
        if not holds(need):
            found.append(need)
            if need.raises is not None and not need.warns:
                break
    return found


__all__ = ["Dim", "Need", "Raises", "Relation", "Requirements", "Unmet", "holds", "run_plainly", "unmet"]
