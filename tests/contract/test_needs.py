"""The form of the contract: relations, wording, and the plain drivers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from lstmcheck import contract, dims
from lstmcheck.contract.keys import KEYS
from lstmcheck.contract.needs import Need, Raises, Requirements, Unmet, holds, run_plainly, unmet

WRONG = Raises("ValueError", "{name} is {got}, not {want}", {"name": "x", "got": [1, 2], "want": (3,)})


@pytest.mark.parametrize(
    ("relation", "got", "want", "met"),
    [
        ("equal", 2, 2, True),
        ("equal", 2, 3, False),
        ("one of", "int", ("int", "bool"), True),
        ("one of", "str", ("int", "bool"), False),
        ("at least", 1, 1, True),
        ("at least", 0, 1, False),
        ("at most", 2, 1, False),
        ("below", 2, 2, False),
        ("below", 1, 2, True),
        ("sorted", (3, 2, 2), "decreasing", True),
        ("sorted", (2, 3), "decreasing", False),
        ("never", "x", "x", False),
        ("never", None, None, False),
        ("equal", None, 3, True),
        ("at least", 3, None, True),
    ],
)
def test_holds(relation: Any, got: Any, want: Any, met: bool) -> None:
    assert holds(Need("x", got, want, relation)) is met


def test_text_words_shapes_and_sizes() -> None:
    assert WRONG.text == "x is [1, 2], not (3,)"
    hidden = dims.symbol("hidden")
    assert Raises("E", "{a} {b}", {"a": (2, hidden), "b": [2 * hidden]}).text == "(2, hidden) [2*hidden]"


def test_matches() -> None:
    assert WRONG.matches("ValueError", "x is [1, 2], not (3,)")
    assert not WRONG.matches("ValueError", "x is [1, 2], not (3,) at all")
    assert not WRONG.matches("TypeError", "x is [1, 2], not (3,)")
    assert Raises("ValueError", "x is", exact=False).matches("ValueError", "x is 3")


def stated() -> Requirements[str]:
    yield Need("silent", 1, 2)
    yield Need("warned", 1, 2, raises=WRONG, warns=True)
    yield Need("met", 2, 2, raises=WRONG)
    yield Need("raised", 1, 2, raises=WRONG)
    yield Need("beyond", 1, 2, raises=WRONG)
    return "done"


def test_unmet_stops_where_torch_does() -> None:
    assert [need.what for need in unmet(stated())] == ["silent", "warned", "raised"]


def test_run_plainly_raises_at_the_first_that_torch_raises() -> None:
    with pytest.raises(Unmet) as caught:
        run_plainly(stated())
    assert caught.value.need.what == "raised"


def test_run_plainly_returns_the_result() -> None:
    def fine() -> Requirements[str]:
        yield Need("silent", 1, 2)
        return "done"

    assert run_plainly(fine()) == "done"


def test_every_key_is_listed() -> None:
    written = set[str]()
    for path in Path(contract.__file__).parent.glob("*.py"):
        if path.name != "keys.py":
            written |= set(
                re.findall(r'"((?:construct|call|input|state|pack|pad)\.[a-z_.]+)"', path.read_text("utf-8"))
            )
    assert written == set(KEYS)
