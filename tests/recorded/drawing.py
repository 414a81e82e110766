"""Questions drawn from the strategies of `lstmcheck.testing`, and a few that are written out. Needs no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from lstmcheck.contract.arguments import CONSTRUCTORS, bind
from lstmcheck.contract.config import LAYER_KINDS
from lstmcheck.contract.packed import Lengths
from lstmcheck.contract.values import OtherLike, TensorLike
from lstmcheck.testing import strategies
from lstmcheck.testing.verdicts import expect
from recorded.questions import Question

_FLOAT = "torch.float32"


def calls(kind: str) -> st.SearchStrategy[Question]:
    """Calls of a module, right and wrong, of a layer with packed input too."""
    drawn = strategies.calls(kind)
    if kind in LAYER_KINDS:
        drawn = st.one_of(drawn, strategies.packed_calls(kind))
    return drawn.map(lambda call: Question("module(input, hx)", call))


@st.composite
def constructors(draw: st.DrawFn, kind: str) -> Question:
    """Calls of a constructor."""
    names = tuple(name for name in CONSTRUCTORS[kind].names if name not in ("device", "dtype"))
    positional, keywords = draw(strategies.constructor_calls(kind, names))
    if kind == "RNN" and expect(bind(kind, positional, keywords)).refused is not None:
        # it looks at nonlinearity before Python binds the rest: two mistakes at once come in the other order
        keywords.pop("nonlinearity", None)
        positional[3:4] = ["tanh"] if len(positional) > 3 else []
    texts = tuple(map(repr, positional)), tuple((name, repr(value)) for name, value in keywords.items())
    return Question("constructor", (kind, *texts))


@st.composite
def lengths(draw: st.DrawFn, batch: int, seq_len: int) -> Lengths:
    """Lengths for a batch, most of them right."""
    count = max(0, batch + draw(st.sampled_from((0,) * 8 + (-1, 1))))
    low = draw(st.sampled_from((1,) * 8 + (-1,)))
    values = draw(st.lists(st.integers(low, max(seq_len, 1)), min_size=count, max_size=count))
    if draw(st.booleans()):
        values.sort(reverse=True)
    given = Lengths(tuple(values), device="cpu")
    forms = (
        given,
        replace(given, dtype="torch.int64"),
        replace(given, dtype="torch.float64"),
        replace(given, rank=2),
        Lengths(count=1, rank=0, device="cpu"),
    )
    return draw(st.sampled_from(forms[: draw(st.sampled_from((2, 2, 2, 5)))]))


@st.composite
def _padded(draw: st.DrawFn) -> tuple[TensorLike, int, int, int]:
    """A padded batch, its batch, its seq_len, and batch_first."""
    low = draw(st.sampled_from((1,) * 9 + (0,)))
    shape = tuple(draw(st.lists(st.integers(low, 4), min_size=2, max_size=4)))
    batch_first = draw(st.integers(0, 1))
    return TensorLike(shape, _FLOAT, "cpu"), shape[1 - batch_first], shape[batch_first], batch_first


@st.composite
def packings(draw: st.DrawFn) -> Question:
    """Calls of pack_padded_sequence."""
    input, batch, seq_len, batch_first = draw(_padded())
    given_lengths = draw(lengths(batch, seq_len))
    return Question("pack_padded_sequence", (input, given_lengths, batch_first, draw(st.booleans())))


@st.composite
def paddings(draw: st.DrawFn) -> Question:
    """Calls of pad_packed_sequence."""
    sequence = draw(strategies.packed_inputs(draw(strategies.layer_configs("GRU", dtypes=(_FLOAT,)))))
    sequence = replace(sequence, data_rank=draw(st.sampled_from((1, 2, 2, 2))))
    return Question("pad_packed_sequence", (sequence, draw(st.integers(0, 1)), draw(st.none() | st.integers(1, 6))))


@st.composite
def _sequences(draw: st.DrawFn) -> tuple[TensorLike, ...]:
    trailing = draw(st.lists(st.integers(1, 3), max_size=2))
    out = [TensorLike((draw(st.integers(1, 4)), *trailing), _FLOAT, "cpu") for _ in range(draw(st.integers(0, 4)))]
    if out and not draw(st.integers(0, 4)):
        index = draw(st.integers(0, len(out) - 1))
        out[index] = replace(out[index], shape=(2, *draw(st.lists(st.integers(2, 4), max_size=2))))
    return tuple(out)


@st.composite
def _unpaddings(draw: st.DrawFn) -> Question:
    input, batch, seq_len, batch_first = draw(_padded())
    count = batch + draw(st.sampled_from((0, 0, 0, 1)))
    values = draw(st.lists(st.integers(0, seq_len), min_size=count, max_size=count))
    return Question("unpad_sequence", (input, Lengths(tuple(values)), batch_first))


DRAWN: Mapping[str, st.SearchStrategy[Question]] = {
    **{f"calls of {kind}": calls(kind) for kind in CONSTRUCTORS},
    **{f"constructors of {kind}": constructors(kind) for kind in CONSTRUCTORS},
    "packing": packings(),
    "padding": paddings(),
    "padding of sequences": st.builds(
        lambda given, flag: Question("pad_sequence", (given, flag)), _sequences(), st.integers(0, 1)
    ),
    "packing of sequences": st.builds(
        lambda given, flag: Question("pack_sequence", (given, flag)), _sequences(), st.booleans()
    ),
    "unpadding": _unpaddings(),
}
"""Where most questions come from."""

_WRONG_CALLS = (
    ((), ()),
    ((), (("hx", "1"),)),
    (("1", "2", "3"), ()),
    (("1",), (("h0", "2"),)),
    (("1",), (("input", "2"),)),
    (("1", "2"), (("hx", "2"),)),
    (("1", "2", "3", "4"), (("hidden", "2"),)),
)
_MADE_FOR = (
    ("dtype", "torch.int64"),
    ("dtype", "torch.bool"),
    ("dtype", "torch.float64"),
    ("dtype", "torch.bfloat16"),
    ("dtype", "'float'"),
    ("dtype", "True"),
    ("dtype", "None"),
    ("device", "'relu'"),
    ("device", "'cpu'"),
    ("device", "'meta'"),
    ("device", "1.5"),
    ("device", "True"),
    ("device", "None"),
)
_NO_TENSOR = ("tuple", "list", "NoneType", "int", "str")


def _values(kind: str) -> Iterator[tuple[str, Any]]:
    """Every argument of a constructor with every value that may stand there."""
    for name, (right, wrong) in strategies.ARGUMENTS.items():
        if name in CONSTRUCTORS[kind].names:
            yield from ((name, value) for value in (*right, *wrong))


def _alone(kind: str, name: str, value: Any) -> Question:
    """A constructor with one argument beside its sizes, or in the place of one."""
    given = {"input_size": "3", "hidden_size": "4", name: repr(value)}
    return Question("constructor", (kind, (), tuple(given.items())))


def written_out() -> list[Question]:
    """Questions that are always asked."""
    found = [
        Question("module(*arguments)", (kind, positional, keywords))
        for kind in CONSTRUCTORS
        for positional, keywords in _WRONG_CALLS
    ]
    found += [Question("constructor", (kind, ("2", "3"), (pair,))) for kind in CONSTRUCTORS for pair in _MADE_FOR]
    found += [_alone(kind, name, value) for kind in CONSTRUCTORS for name, value in _values(kind)]
    for enforce_sorted in (True, False):
        found += [
            Question("pack_padded_sequence", (OtherLike(name), Lengths((1,)), 0, enforce_sorted)) for name in _NO_TENSOR
        ]
        found += [
            Question("pack_padded_sequence", (TensorLike((3,), _FLOAT, "cpu"), Lengths((1,)), flag, enforce_sorted))
            for flag in (0, 1)
        ]
    found += [
        Question("pad_packed_sequence", (given, 0, None))
        for given in (*map(OtherLike, _NO_TENSOR), TensorLike((2, 3), _FLOAT, "cpu"))
    ]
    return found
