"""einops: `rearrange`, `repeat` and `reduce`, their modules, and einsum with words for axes."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from lstmcheck.contract.needs import Raises
from lstmcheck.dims import Dim
from lstmcheck.infer import ranks
from lstmcheck.infer.shapes import closed
from lstmcheck.infer.torch_ops import layer, matrix, op
from lstmcheck.infer.torch_ops.common import argument, floating, fresh, need, product, result, with_rank
from lstmcheck.infer.torch_ops.views import quotient
from lstmcheck.infer.values import Layer, Mapping, Tensor, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

_TOKEN = re.compile(r"\s*(\.\.\.|[A-Za-z]\w*|\d+|[()])\s*")
_ELLIPSIS = "..."
_LETTERS = "abcdefghijklmnopqrstuvwxyz"

Groups = tuple[tuple[str, ...], ...]


class Pattern(NamedTuple):
    """The axes on both sides; an axis of several is a group of more than one name, one of size 1 an empty group."""

    left: Groups
    right: Groups


class Plan(NamedTuple):
    """What a pattern does to a shape: every elementary axis with its size, as it was and as it will be."""

    names: tuple[str, ...]
    sizes: dict[str, Dim]
    pattern: Pattern

    def shape(self, groups: Groups) -> tuple[Dim, ...]:
        """The sizes of the axes of one side."""
        found = (product(self.sizes[name] for name in group) for group in groups)
        return tuple(fresh("axis") if size is None else size for size in found)


@functools.lru_cache(maxsize=256)
def read(text: str) -> Pattern | None:
    """Read "(b t) c -> b t c"; None where it is not a pattern."""
    left, arrow, right = text.partition("->")
    sides = _side(left), _side(right)
    return Pattern(sides[0], sides[1]) if arrow and sides[0] is not None and sides[1] is not None else None


def _side(text: str) -> Groups | None:
    groups: list[tuple[str, ...]] = []
    inside: list[str] | None = None
    at = 0
    while at < len(text.rstrip()):
        token = _TOKEN.match(text, at)
        if token is None:
            return None
        at, word = token.end(), token[1]
        if word == "(":
            if inside is not None:
                return None
            inside = []
        elif word == ")":
            if inside is None:
                return None
            groups.append(tuple(inside))
            inside = None
        elif inside is not None:
            inside += [word] if word != "1" else []
        else:
            groups.append((word,) if word != "1" else ())
    return None if inside is not None else tuple(groups)


def plan_of(m: Machine, x: Tensor, text: Value, lengths: Value) -> Plan | None:
    """What a call of `rearrange` does to a tensor, None where that is not known."""
    found = _rearranged(m, "rearrange", x, text, lengths)
    return None if found is None else found[1]


def _planned(m: Machine, name: str, x: Tensor, text: str, lengths: Mapping) -> Plan | None:
    """The sizes of a pattern's axes, with what einops requires of them stated."""
    pattern = read(text)
    if pattern is None or lengths.open:
        return None
    known: dict[str, Dim] = {}
    for key, value in lengths.entries.items():
        size = m.dim(value)
        if size is not None:
            known[str(key)] = size
    if pattern.left.count((_ELLIPSIS,)) == 1:
        return _with_ellipsis(m, x, pattern, known, name, text)
    if any(_ELLIPSIS in group for group in (*pattern.left, *pattern.right)):
        return None
    rank, wanted = x.shape.rank, len(pattern.left)
    if rank is not None and rank != wanted:
        need(m, "op.axis", wanted, rank, name, _raises(name, text), x, "never", facts={"pattern": text})
        return None
    ranks.show_rank(m, x, wanted)
    sizes = with_rank(x, wanted)
    return None if sizes is None else _solved(m, x, pattern, sizes, known, name, text)


def _raises(name: str, text: str) -> Raises:
    template = ' Error while processing {name}-reduction pattern "{text}"'
    return Raises("EinopsError", template, {"name": name, "text": text}, False)


def _with_ellipsis(m: Machine, x: Tensor, pattern: Pattern, known: dict[str, Dim], name: str, text: str) -> Plan | None:
    """The axes that `...` stands for, one name for each."""
    rank, named = x.shape.rank, len(pattern.left) - 1
    if rank is None or rank < named:
        return None
    between = tuple(f"...{i}" for i in range(rank - named))
    left: list[tuple[str, ...]] = []
    for group in pattern.left:
        left += [(part,) for part in between] if group == (_ELLIPSIS,) else [group]
    right: list[tuple[str, ...]] = []
    for group in pattern.right:
        if group == (_ELLIPSIS,):
            right += [(part,) for part in between]
        else:
            right.append(tuple(part for word in group for part in (between if word == _ELLIPSIS else (word,))))
    return _solved(m, x, Pattern(tuple(left), tuple(right)), x.shape.left, known, name, text)


def _solved(
    m: Machine, x: Tensor, pattern: Pattern, shape: Sequence[Dim], known: dict[str, Dim], name: str, text: str
) -> Plan | None:
    raises = _raises(name, text)
    sizes = dict(known)
    order: list[str] = []
    for at, (group, size) in enumerate(zip(pattern.left, shape)):
        order += group
        unknown = [word for word in group if word not in sizes and not word.isdigit()]
        given = [int(word) if word.isdigit() else sizes[word] for word in group if word not in unknown]
        rest = product(given)
        if len(unknown) > 1 or rest is None or (unknown and rest == 0):
            return None
        if unknown:
            if isinstance(size, int) and isinstance(rest, int) and size % rest:
                need(m, "op.shape", size, rest, name, raises, x, "never", axis=at)
            sizes[unknown[0]] = quotient([size], given)
        else:
            need(m, "op.shape", size, rest, name, raises, x, axis=at)
    for group in pattern.right:
        for word in group:
            if word.isdigit():
                sizes[word] = int(word)
            elif word not in sizes:
                return None
    return Plan(tuple(order), sizes, pattern)


def _rearranged(m: Machine, name: str, tensor: Value, pattern: Value, lengths: Value) -> tuple[Tensor, Plan] | None:
    x = m.tensor(tensor)
    if x is None or not isinstance(pattern, str) or not isinstance(lengths, Mapping):
        return None
    found = _planned(m, name, x, pattern, lengths)
    return None if found is None else (x, found)


@op("einops.rearrange", takes="tensor, pattern, **lengths")
def rearrange(m: Machine, tensor: Value, pattern: Value, lengths: Value) -> Value | None:
    found = _rearranged(m, "rearrange", tensor, pattern, lengths)
    return None if found is None else result(closed(*found[1].shape(found[1].pattern.right)), found[0])


@op("einops.repeat", takes="tensor, pattern, **lengths")
def repeat(m: Machine, tensor: Value, pattern: Value, lengths: Value) -> Value | None:
    found = _rearranged(m, "repeat", tensor, pattern, lengths)
    return None if found is None else result(closed(*found[1].shape(found[1].pattern.right)), found[0])


@op("einops.reduce", takes="tensor, pattern, reduction, **lengths")
def reduce(m: Machine, tensor: Value, pattern: Value, reduction: Value, lengths: Value) -> Value | None:
    found = _rearranged(m, "reduce", tensor, pattern, lengths)
    if found is None:
        return None
    x, steps = found
    dtype = floating(x.dtype) if reduction == "mean" else x.dtype
    return result(closed(*steps.shape(steps.pattern.right)), x, dtype=dtype)


@layer("einops.layers.torch.Rearrange", takes="pattern, **lengths")
def rearrange_layer(m: Machine, layer: Layer, input: Value) -> Value | None:
    made: Value | None = rearrange(m, input, argument(layer, "pattern"), argument(layer, "lengths"))
    return made


@layer("einops.layers.torch.Reduce", takes="pattern, reduction, **lengths")
def reduce_layer(m: Machine, layer: Layer, input: Value) -> Value | None:
    given = argument(layer, "pattern"), argument(layer, "reduction"), argument(layer, "lengths")
    made: Value | None = reduce(m, input, *given)
    return made


@op("einops.einsum", takes="*operands")
def einsum(m: Machine, *operands: Value) -> Value | None:
    """torch's einsum, with words in the place of letters and the equation at the end."""
    *tensors, equation = operands or (None,)
    if not isinstance(equation, str) or "(" in equation or not tensors:
        return None
    words = dict.fromkeys(re.findall(r"[A-Za-z]\w*", equation))
    if len(words) > len(_LETTERS):
        return None
    letters = dict(zip(words, _LETTERS))
    text = re.sub(r"[A-Za-z]\w*", lambda word: letters[word[0]], equation)
    made: Value | None = matrix.einsum(m, text, *tensors)
    return made
