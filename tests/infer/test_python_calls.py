"""Python's own functions, methods and operators, held against Python: what is said of a value is so.

Arguments are drawn from one pool, whatever a function takes: where Python raises, the engine only has to go on. A size
may be a symbol, and one value may be unknown.
"""

from __future__ import annotations

import ast
import copy
import itertools
import math
import operator
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent / "torch_ops"))

from ops_bench import Bench, Reading, symbolic

from lstmcheck.dims import Poly, substitute
from lstmcheck.infer.builtins import BUILTINS
from lstmcheck.infer.containers import ITEMS, MAPPING, call_container_method
from lstmcheck.infer.expressions import arithmetic, compare_values, truthiness
from lstmcheck.infer.subscripts import get_item, set_item
from lstmcheck.infer.values import NOTHING, Builtin, Items, Mapping, Range, Slice, Unknown

PROFILE = settings(
    max_examples=max(60, settings().max_examples // 10),
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)

NUMBERS = [True, 0, 1, 3, -2, 2.5, math.inf]
TEXTS = ["", "ab", "12", "a,b", "{} of {}", "real"]
LISTS = [[], [4], [3, 1, 2], ["x", "y"], [[1, 2], [3]], [[4, 5], [6, 7]], [1, "x", None], [True, 0]]
TUPLES = [(), (1, 2), ("x", 5), (0, 3, 4), (("a", 1), ("b", 2))]
MAPPINGS = [{}, {"a": 1, "b": [2]}, {0: "z"}, {"sep": ",", "key": None}]
LAZY = [range(0), range(3), range(1, 7, 2), range(5, 0, -2)]
FUNCTIONS = [len, abs, str, int, float, list, bool]
KEYS = [0, 1, -1, 7, "a", "c", None, True, slice(1), slice(1, None), slice(None, None, -1), slice(0, 3, 2), (0, 1)]
POOL = [None, *NUMBERS, *TEXTS, *LISTS, *TUPLES, *MAPPINGS, *LAZY, *FUNCTIONS, {1, 2}]

OPTIONS: dict[str, dict[str, list[Any]]] = {
    "sorted": {"key": [len, str, None], "reverse": [True, False]},
    "min": {"key": [len, abs], "default": [None, 3, "x"]},
    "max": {"key": [len, abs], "default": [None, 3, "x"]},
    "sum": {"start": [0, 2, []]},
    "enumerate": {"start": [0, 2]},
    "zip": {"strict": [True, False]},
    "dict": {"a": [1, "x"]},
}
# what ends the process, reads from somewhere, or is about objects of the program
_NOT_ASKED = {
    "print",
    "vars",
    "setattr",
    "delattr",
    "getattr",
    "hasattr",
    "type",
    "callable",
    "isinstance",
    "issubclass",
}
FUNCTIONS_ASKED = sorted(
    name for name, function in BUILTINS.items() if function.__name__ != "_opaque" and name not in _NOT_ASKED
)


def shown(value: Any, reading: Reading) -> Any:
    """A value as the engine has it."""
    if reading.is_unseen() and not isinstance(value, slice):  # an unknown key is taken for an index
        return Unknown()
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return reading.dim(value)
    if isinstance(value, range):
        return BUILTINS["range"](Bench(), [value.start, value.stop, value.step], {})
    if isinstance(value, (list, tuple, set)):
        return Items(type(value).__name__, [shown(one, reading) for one in value])
    if isinstance(value, dict):
        return Mapping({key: shown(one, reading) for key, one in value.items()})
    if isinstance(value, slice):
        return Slice(value.start, value.stop, value.step)
    return Builtin(value.__name__) if callable(value) else value


def agrees(actual: Any, claimed: Any, reading: Reading) -> bool:
    """Whether what is said of a value holds for it; what is not known holds for any."""
    if isinstance(claimed, Poly):
        known = substitute(claimed, reading.values())
        return isinstance(known, Poly) or known == actual
    if isinstance(claimed, Unknown):
        kinds = {"int": int, "str": str, "float": float, "bool": bool, "list": list, "tuple": tuple}
        return claimed.kind not in kinds or isinstance(actual, kinds[claimed.kind])
    if isinstance(claimed, (bool, int, float, str)) or claimed is None:
        return (
            actual == claimed
            or (isinstance(actual, list) and actual == list(str(claimed)))
            or (claimed != claimed and actual != actual)
        )
    if isinstance(claimed, Items):
        if claimed.kind in ("list", "tuple", "set") and type(actual).__name__ not in (claimed.kind, "frozenset"):
            return False
        if claimed.kind == "set":
            known = {one for one in claimed.head if isinstance(one, (bool, int, float, str))}
            # an element that is not known may be any of the others
            return known <= set(actual) and (not claimed.whole or len(actual) <= len(claimed.head))
        parts = list(actual)
        said = [claimed.head[i] if i < len(claimed.head) else claimed.rest for i in range(len(parts))]
        return agrees(len(parts), claimed.length, reading) and all(
            agrees(part, one, reading) for part, one in zip(parts, said)
        )
    if isinstance(claimed, Mapping):
        entries = {key: value for key, value in claimed.entries.items() if value is not NOTHING}
        return (claimed.open or set(entries) == set(actual)) and all(
            key in actual and agrees(actual[key], value, reading) for key, value in entries.items()
        )
    if isinstance(claimed, Range):
        ends = ((actual.start, claimed.start), (actual.stop, claimed.stop), (actual.step, claimed.step))
        return all(agrees(one, said, reading) for one, said in ends)
    return True


def hold(
    data: st.DataObject, values: list[Any], real: Callable[..., Any], run: Callable[..., Any], changed: bool = False
) -> None:
    """Compare what Python makes of values with what the engine says, and, if asked, what became of the first value."""
    unseen = data.draw(st.integers(0, 4), label="unseen")
    numbers = {value for value in values if isinstance(value, int) and not isinstance(value, bool) and value > 0}
    for reading in (Reading(), symbolic(numbers), Reading(unseen=unseen)):
        given_ = [shown(value, reading) for value in values]
        claimed = run(Bench(), *given_)
        own = [copy.deepcopy(value) for value in values]
        try:
            actual = real(*own)
            actual = list(itertools.islice(actual, 50)) if hasattr(actual, "__next__") else actual
        except Exception:
            continue
        assert agrees(actual, claimed, reading), f"{values}: {actual!r}, said {claimed!r}"
        if changed:
            assert agrees(own[0], given_[0], reading), f"{values}: left as {own[0]!r}, said {given_[0]!r}"


@pytest.mark.parametrize("name", FUNCTIONS_ASKED)
def test_function(name: str) -> None:
    """What a builtin gives back."""

    @PROFILE
    @given(st.data())
    def run(data: st.DataObject) -> None:
        values = data.draw(st.lists(st.sampled_from(POOL), max_size=3), label="values")
        options = OPTIONS.get(name, {})
        chosen = data.draw(
            st.fixed_dictionaries({}, optional={key: st.sampled_from(some) for key, some in options.items()}),
            label="options",
        )
        hold(
            data,
            [*values, *chosen.values()],
            lambda *given_: BUILT[name](*given_[: len(values)], **dict(zip(chosen, given_[len(values) :]))),
            lambda m, *given_: BUILTINS[name](m, list(given_[: len(values)]), dict(zip(chosen, given_[len(values) :]))),
        )

    run()


BUILT: dict[str, Callable[..., Any]] = __builtins__ if isinstance(__builtins__, dict) else vars(__builtins__)
METHODS = [
    *(("list", name) for name in ITEMS if hasattr(list, name)),
    *(("tuple", name) for name in ("index", "count", "append")),
    *(("dict", name) for name in MAPPING if hasattr(dict, name)),
    *(("str", name) for name in ("lower", "strip", "title", "startswith", "endswith", "replace", "count", "find")),
    *(("str", name) for name in ("rfind", "index", "split", "join", "format", "encode")),
]


@pytest.mark.parametrize(("kind", "name"), METHODS, ids=str)
def test_method(kind: str, name: str) -> None:
    """What a method gives back, and what it leaves of the list or the dictionary."""
    owners = {"list": LISTS, "tuple": TUPLES, "dict": MAPPINGS, "str": TEXTS}[kind]

    @PROFILE
    @given(st.data())
    def run(data: st.DataObject) -> None:
        owner = data.draw(st.sampled_from(owners), label="owner")
        values = data.draw(st.lists(st.sampled_from([*KEYS, *POOL]), max_size=3), label="values")
        hold(
            data,
            [owner, *values],
            lambda first, *given_: getattr(first, name)(*given_),
            lambda m, first, *given_: (
                first
                if isinstance(first, Unknown)
                else call_container_method(m, first, name, list(given_), {}, len(given_) == 3)
            ),
            changed=True,
        )

    run()


@PROFILE
@given(st.data())
def test_items(data: st.DataObject) -> None:
    """What stands at a place of a sequence or under a key, and what is there once something is put there."""
    owner = data.draw(st.sampled_from([*LISTS, *TUPLES, *MAPPINGS, *LAZY, *TEXTS]), label="owner")
    key = data.draw(st.sampled_from(KEYS), label="key")
    hold(data, [owner, key], operator.getitem, get_item)
    value = data.draw(st.sampled_from(POOL), label="value")
    hold(data, [owner, key, value], operator.setitem, set_item, changed=True)


_OPERATORS: dict[str, tuple[Callable[[Any, Any], Any], Any]] = {
    **{
        name: (getattr(operator, called), getattr(ast, name))
        for name, called in {
            "Add": "add",
            "Sub": "sub",
            "Mult": "mul",
            "Div": "truediv",
            "FloorDiv": "floordiv",
            "Mod": "mod",
            "Pow": "pow",
            "BitAnd": "and_",
            "BitOr": "or_",
            "BitXor": "xor",
            "LShift": "lshift",
            "RShift": "rshift",
            "Eq": "eq",
            "NotEq": "ne",
            "Lt": "lt",
            "LtE": "le",
            "Gt": "gt",
            "GtE": "ge",
        }.items()
    },
    "In": (lambda a, b: a in b, ast.In),
    "NotIn": (lambda a, b: a not in b, ast.NotIn),
}


@pytest.mark.parametrize("name", _OPERATORS)
def test_operator(name: str) -> None:
    """What two values make, and how they compare."""
    real, kind = _OPERATORS[name]

    @PROFILE
    @given(st.data())
    def run(data: st.DataObject) -> None:
        values = data.draw(st.lists(st.sampled_from(POOL), min_size=2, max_size=2), label="values")

        def said(m: Bench, a: Any, b: Any) -> Any:
            return arithmetic(m, kind, a, b) if issubclass(kind, ast.operator) else compare_values(m, kind(), a, b)

        hold(data, values, real, said)

    run()


@pytest.mark.parametrize("value", POOL, ids=repr)
def test_truth(value: Any) -> None:
    """What counts as true."""
    assert agrees(int(bool(value)), truthiness(Bench(), shown(value, Reading())), Reading())
