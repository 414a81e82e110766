"""What torch answers to a question. Imports torch."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import nn
from torch.nn.utils import rnn

from lstmcheck.contract.packed import Lengths
from lstmcheck.contract.values import OtherLike, PackedLike, TensorLike
from lstmcheck.testing.real import SAMPLES, observe_call, packed, real, shape_of, tensor, torch_dtype
from lstmcheck.testing.verdicts import Observed, expect, observe
from recorded.questions import Question, constructed, first_input, literal


def _value(text: str) -> Any:
    return torch_dtype(text) if text.startswith("torch.") else literal(text)


def _made(kind: str, positional: tuple[str, ...], keywords: tuple[tuple[str, str], ...]) -> nn.Module:
    made: nn.Module = getattr(nn, kind)(*map(_value, positional), **{name: _value(text) for name, text in keywords})
    return made


def _construct(*given: Any) -> Any:
    return tuple((name, tuple(value.shape)) for name, value in _made(*given).state_dict().items())


def _first_call(*given: Any) -> Observed:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = _made(*given)
    input = tensor(first_input(expect(constructed(*given)).result))
    return observe(lambda: shape_of(module(input)))


def _bind_call(kind: str, positional: tuple[str, ...], keywords: tuple[tuple[str, str], ...]) -> Any:
    return getattr(nn, kind)(2, 3)(*map(literal, positional), **{name: literal(text) for name, text in keywords})


def _lengths(lengths: Lengths) -> Any:
    if lengths.rank == 0:
        return torch.tensor(2)
    values = list(lengths.values or ())
    if lengths.rank == 2:
        return torch.tensor([values])
    return values if lengths.dtype is None else torch.tensor(values, dtype=torch_dtype(lengths.dtype))


def _pack(input: TensorLike | OtherLike, lengths: Lengths, batch_first: int, enforce_sorted: bool) -> Any:
    given = tensor(input) if isinstance(input, TensorLike) else SAMPLES[input.type_name or "NoneType"]
    made = rnn.pack_padded_sequence(given, _lengths(lengths), bool(batch_first), enforce_sorted)
    return tuple(made.data.shape), int(made.batch_sizes[0]), len(made.batch_sizes), made.sorted_indices is None


def _pad(sequence: PackedLike | TensorLike | OtherLike, batch_first: int, total: int | None) -> Any:
    given = packed(sequence) if isinstance(sequence, PackedLike) else real(sequence)
    return shape_of(rnn.pad_packed_sequence(given, bool(batch_first), total_length=total))


def _pad_sequence(sequences: tuple[TensorLike, ...], batch_first: int) -> Any:
    return shape_of(rnn.pad_sequence([tensor(one) for one in sequences], bool(batch_first)))


def _pack_sequence(sequences: tuple[TensorLike, ...], enforce_sorted: bool) -> Any:
    made = rnn.pack_sequence([tensor(one) for one in sequences], enforce_sorted)
    return tuple(made.data.shape), int(made.batch_sizes[0]), len(made.batch_sizes)


def _unpad(padded: TensorLike, lengths: Lengths, batch_first: int) -> Any:
    return shape_of(rnn.unpad_sequence(tensor(padded), torch.tensor(lengths.values), bool(batch_first)))


OBSERVED: Mapping[str, Callable[..., Observed]] = {
    "module(input, hx)": observe_call,
    "first call": _first_call,
    **{
        ask: lambda *given, call=call: observe(lambda: call(*given))
        for ask, call in {
            "module(*arguments)": _bind_call,
            "constructor": _construct,
            "pack_padded_sequence": _pack,
            "pad_packed_sequence": _pad,
            "pad_sequence": _pad_sequence,
            "pack_sequence": _pack_sequence,
            "unpad_sequence": _unpad,
        }.items()
    },
}


def observed(question: Question) -> Observed:
    """What torch says, whatever it is asked. Of a call's warnings it says some only once in a process: left out."""
    answer = OBSERVED[question.ask](*question.given)
    return answer if question.ask == "constructor" else replace(answer, warned=())
