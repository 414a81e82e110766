"""Questions about torch's recurrent layers as lines of JSON, and what the contract says to each. Needs no torch.

A question has a name and what is given: descriptions (`TensorLike`, `RecurrentConfig`, ...), and the arguments of a
constructor as Python writes them.
"""

from __future__ import annotations

import ast
import dataclasses
import json
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lstmcheck.contract import packed
from lstmcheck.contract.arguments import Argument, Config, bind, bind_forward, construct
from lstmcheck.contract.cells import CellConfig
from lstmcheck.contract.needs import Requirements
from lstmcheck.contract.packed import Lengths
from lstmcheck.contract.recurrent import RecurrentConfig
from lstmcheck.contract.values import OtherLike, PackedLike, States, TensorLike
from lstmcheck.contract.weights import weights
from lstmcheck.testing.verdicts import Expected, Observed, expect, expect_call

ANSWERS = Path(__file__).with_name("answers.jsonl")
# what is left out of the file beside a field's own default
_MOSTLY = {"dtype": "torch.float32", "device": "cpu"}
_CLASSES: Mapping[str, type] = {
    kind.__name__: kind for kind in (RecurrentConfig, CellConfig, TensorLike, PackedLike, OtherLike, States, Lengths)
}


class Question(NamedTuple):
    """What is asked: the name of a question, and what is given with it."""

    ask: str
    given: tuple[Any, ...]


def constructed(kind: str, positional: tuple[str, ...], keywords: tuple[tuple[str, str], ...]) -> Requirements[Config]:
    """What a constructor requires of arguments that are written out."""
    bound = yield from bind(kind, positional, dict(keywords))
    return (yield from construct(kind, {name: _argument(text) for name, text in bound.items()}))


def literal(text: str) -> Any:
    """The value of an argument that is no dtype."""
    return math.nan if text == "nan" else ast.literal_eval(text)


def _argument(text: str) -> Argument:
    return Argument("dtype", text) if text.startswith("torch.") else Argument.of(literal(text))


def first_input(config: Config) -> TensorLike:
    """An input that fits a new module: two samples of two steps, for a cell two samples."""
    shape = (2, 2) if isinstance(config, RecurrentConfig) else (2,)
    return TensorLike((*shape, config.input_size), "torch.float32", "cpu")


def _construct(*given: Any) -> Expected:
    return _seen(expect(constructed(*given)), lambda made: tuple((one.name, one.shape) for one in weights(made)))


def _first_call(*given: Any) -> Expected:
    config = expect(constructed(*given)).result
    return expect_call(config, first_input(config), None)


def _bind_call(kind: str, positional: tuple[str, ...], keywords: tuple[tuple[str, str], ...]) -> Expected:
    return _seen(expect(bind_forward(kind, positional, dict(keywords))), lambda _: None)


def _pack(*given: Any) -> Expected:
    made = expect(packed.pack_padded_sequence(*given))
    return _seen(made, lambda pack: (pack.data_shape, pack.batch, pack.seq_len, pack.sorted))


def _pad(*given: Any) -> Expected:
    return _seen(expect(packed.pad_packed_sequence(*given)), lambda padded: (padded.output.shape, padded.lengths.shape))


def _pad_sequence(*given: Any) -> Expected:
    return _seen(expect(packed.pad_sequence(*given)), lambda padded: padded.shape)


def _pack_sequence(*given: Any) -> Expected:
    return _seen(expect(packed.pack_sequence(*given)), lambda pack: (pack.data_shape, pack.batch, pack.seq_len))


def _unpad(*given: Any) -> Expected:
    return _seen(expect(packed.unpad_sequence(*given)), lambda found: tuple(one.shape for one in found))


def _seen(expected: Expected, shape: Callable[[Any], Any]) -> Expected:
    """An expectation whose result is what can be seen of the real thing."""
    result = None if expected.refused is not None else shape(expected.result)
    return Expected(expected.refused, result, expected.unmet)


EXPECTED: Mapping[str, Callable[..., Expected]] = {
    "module(input, hx)": expect_call,
    "module(*arguments)": _bind_call,
    "constructor": _construct,
    "first call": _first_call,
    "pack_padded_sequence": _pack,
    "pad_packed_sequence": _pad,
    "pad_sequence": _pad_sequence,
    "pack_sequence": _pack_sequence,
    "unpad_sequence": _unpad,
}


def expected(question: Question) -> Expected:
    """What the contract says."""
    return EXPECTED[question.ask](*question.given)


def recorded() -> Iterator[tuple[Question, Observed]]:
    """Every question with torch's answer. The first line of the file says which torch was asked."""
    for line in ANSWERS.read_text(encoding="utf-8").splitlines()[1:]:
        ask, given, answer = json.loads(line)
        yield Question(ask, _described(given)), Observed(**{name: _described(value) for name, value in answer.items()})


def asked_of() -> str:
    """The release of torch that answered."""
    with ANSWERS.open(encoding="utf-8") as lines:
        return str(json.loads(next(lines))["torch"])


def line(question: Question, answer: Observed) -> str:
    """A question and its answer as a line of the file."""
    return json.dumps((question.ask, _plain(question.given), _given_fields(answer)), separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return {type(value).__name__: _given_fields(value)} if dataclasses.is_dataclass(value) else value


def _given_fields(value: Any) -> dict[str, Any]:
    """The fields of a dataclass that are not what they mostly are."""
    usual = _usual(type(value))
    fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return {name: _plain(one) for name, one in fields.items() if name not in usual or one != usual[name]}


def _usual(kind: type) -> dict[str, Any]:
    """What the fields of a dataclass mostly are, where there is such a value."""
    fields = dataclasses.fields(kind)
    usual = {field.name: field.default for field in fields if field.default is not dataclasses.MISSING}
    return usual if kind is Lengths else usual | {name: one for name, one in _MOSTLY.items() if name in usual}


def _described(data: Any) -> Any:
    if isinstance(data, list):
        return tuple(_described(item) for item in data)
    if isinstance(data, dict):
        ((name, fields),) = data.items()
        given = {key: _described(value) for key, value in fields.items()}
        return _CLASSES[name](**_usual(_CLASSES[name]) | given)
    return data
