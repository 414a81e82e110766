"""The samples of a batch: which tensors hold them, along which axis, how many they are, and how sure that is."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

How = Literal["given", "data", "assumed"]
_NEVER = re.compile(r"mask|len(gth)?s?$|lens?_|^len|_len|num_|size|padding", re.I)
_LATE = re.compile(r"hidden|state|^[hc][_x0n]?[0tn]?$|label|target|tgt|trg|^y|answer|memory|token_type|position", re.I)
_STATE = re.compile(r"hidden|state|^[hc][_x0n]?[0tn]?$", re.I)


@dataclass(frozen=True)
class Leaf:
    """A value in a batch that holds samples: a tensor, an array of numpy, a packed sequence, a list of sequences.

    `label` is the way to it ("batch[0]"), `name` the parameter or key under which it is given.
    """

    label: str
    name: str
    value: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes; of a packed sequence those of its data, of a list its length."""
        if isinstance(self.value, PackedSequence):
            return tuple(self.value.data.shape)
        return (len(self.value),) if isinstance(self.value, list) else tuple(self.value.shape)

    @property
    def is_sequence(self) -> bool:
        """Whether it knows its samples itself, without an axis."""
        return isinstance(self.value, (PackedSequence, list))


def leaves(value: Any, label: str, name: str = "", depth: int = 0) -> Iterator[Leaf]:
    """Everything in a batch that may hold samples, in order."""
    if isinstance(value, Tensor):
        if not (value.is_sparse or value.is_nested or value.is_quantized):
            yield Leaf(label, name, value)
    elif isinstance(value, PackedSequence) or is_array(value) or is_ragged(value):
        yield Leaf(label, name, value)
    elif depth <= 6:
        for key, text, one in _children(value):
            yield from leaves(one, f"{label}{text}", key or name, depth + 1)


def _children(value: Any) -> Iterator[tuple[str, str, Any]]:
    """What a container holds: (name, text of the access, value)."""
    if isinstance(value, Mapping):
        for key in value:
            yield str(key), f"[{key!r}]", value[key]
    elif isinstance(value, (tuple, list)):
        names: Sequence[str] = getattr(value, "_fields", ())
        for i, one in enumerate(value):
            yield (names[i], f".{names[i]}", one) if names else ("", f"[{i}]", one)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield field.name, f".{field.name}", getattr(value, field.name, None)
    elif not isinstance(value, (nn.Module, type, str, bytes)) and hasattr(value, "__dict__"):
        for key, one in vars(value).items():
            yield key, f".{key}", one


def is_array(value: Any) -> bool:
    """Whether a value is an array of numbers of numpy."""
    return type(value).__module__ == "numpy" and hasattr(value, "shape") and getattr(value.dtype, "kind", "") in "fiuc"


def is_ragged(value: Any) -> bool:
    """Whether a list holds one sequence a sample: tensors that differ in their first size only."""
    if type(value) is not list or len(value) < 2 or not all(isinstance(one, Tensor) and one.dim() for one in value):
        return False
    return len({(one.dtype, one.shape[1:]) for one in value}) == 1 and len({one.shape[0] for one in value}) > 1


# Which samples


@dataclass(frozen=True)
class Layout:
    """How many samples there are and along which axis of a tensor they lie.

    `how` says whether somebody told so ("given"), something in the data shows it ("data"), or neither ("assumed");
    `text` says what.
    """

    count: int
    axis: int
    how: How
    text: str
    loader: bool = False
    shuffled: bool = False

    def axis_of(self, leaf: Leaf) -> int | None:
        """The axis of the samples in a leaf; None where it has none of that size."""
        sizes = leaf.shape
        if leaf.is_sequence or (self.axis < len(sizes) and sizes[self.axis] == self.count):
            return self.axis
        return None


@dataclass(frozen=True)
class Told:
    """What somebody said of a batch: the user (`axis`, `size`), or the DataLoader that gave it.

    `stacked` says that the loader stacked the samples along axis 0 (torch's default), `shuffled` that it drew them.
    """

    axis: int | None = None
    size: int | None = None
    loader: int | None = None
    stacked: bool = False
    shuffled: bool = False


def layout(found: Sequence[Leaf], told: Told) -> Layout | None:
    """Where the samples lie, from what was said or else from the sizes; None where nothing can hold samples."""
    tensors = [leaf for leaf in found if not leaf.is_sequence]
    wide = [leaf for leaf in tensors if len(leaf.shape) >= 2 and not _STATE.search(leaf.name)] or tensors
    if told.axis is not None:
        axis = told.axis
        sizes = [leaf.shape for leaf in wide if -len(leaf.shape) <= axis < len(leaf.shape)]
        text = f"batch_dim={axis}"
        return Layout(sizes[0][axis], axis % len(sizes[0]), "given", text) if sizes else None
    if told.size is not None:
        at = _axis_of_size(wide, told.size)
        if at is not None:
            return Layout(told.size, at[0], "given" if at[1] else "assumed", f"batch_size={told.size}")
    if told.loader is not None:
        at = _axis_of_size(wide, told.loader)
        if at is not None:
            sure = at[1] or (told.stacked and at[0] == 0)
            text = f"the DataLoader's batch size is {told.loader}"
            return Layout(told.loader, at[0], "data" if sure else "assumed", text, True, told.shuffled)
    for leaf in found:
        if isinstance(leaf.value, PackedSequence):
            return Layout(int(leaf.value.batch_sizes[0]), 0, "data", f"{leaf.label} packs that many sequences")
        if isinstance(leaf.value, list):
            return Layout(len(leaf.value), 0, "data", f"{leaf.label} lists that many sequences")
    return _by_sizes(tensors, wide)


def _axis_of_size(tensors: Sequence[Leaf], size: int) -> tuple[int, bool] | None:
    """The axis of this size in the first tensor that has one, and whether it is the only one of the first two."""
    for leaf in tensors:
        axes = [axis for axis in range(min(2, len(leaf.shape))) if leaf.shape[axis] == size]
        if axes:
            return axes[0], len(axes) == 1
    return None


def _by_sizes(tensors: Sequence[Leaf], wide: Sequence[Leaf]) -> Layout | None:
    if not wide or len(wide[0].shape) < 2:
        return None
    counts = {leaf.shape[0]: leaf for leaf in reversed(tensors) if len(leaf.shape) == 1}
    counts |= {leaf.shape[1]: leaf for leaf in tensors if len(leaf.shape) == 3 and _STATE.search(leaf.name)}
    if len(counts) == 1:
        ((size, teller),) = counts.items()
        told = _axis_of_size(wide, size)
        if told is not None and told[1]:
            return Layout(size, told[0], "data", f"{teller.label} has as many entries")
    first = {leaf.shape[0] for leaf in wide}
    second = {leaf.shape[1] for leaf in wide}
    if len(first) == 1 and len(second) > 1:
        return Layout(first.pop(), 0, "data", "the only size that all tensors share")
    if len(second) == 1 and len(first) > 1:
        return Layout(second.pop(), 1, "data", "the only size that all tensors share")
    return Layout(wide[0].shape[0], 0, "assumed", "assumed")


def candidates(found: Sequence[Leaf], where: Layout) -> list[Leaf]:
    """The leaves that can be changed, the most promising first: no masks and lengths, states and targets last."""
    usable = [leaf for leaf in found if not _NEVER.search(leaf.name) and where.axis_of(leaf) is not None]
    usable = [leaf for leaf in usable if _holds_data(leaf)]
    flags = [leaf for leaf in usable if _is_flags(leaf)]
    if len(flags) < len(usable):
        usable = [leaf for leaf in usable if not _is_flags(leaf)]
    return sorted(usable, key=lambda leaf: bool(_LATE.search(leaf.name)))


def _holds_data(leaf: Leaf) -> bool:
    if leaf.is_sequence:
        return True
    value = leaf.value
    if isinstance(value, Tensor):
        numbers = value.is_floating_point() or value.is_complex()
        return value.numel() > 0 and "bool" not in str(value.dtype) and (value.dim() >= 2 or numbers)
    return bool(value.size) and (value.ndim >= 2 or value.dtype.kind in "fc")


def _is_flags(leaf: Leaf) -> bool:
    """Whether a tensor of integers holds nothing but zeros and ones, as a mask does."""
    value = leaf.value
    if leaf.is_sequence or not isinstance(value, Tensor) or value.is_floating_point() or value.is_complex():
        return False
    return bool(((value == 0) | (value == 1)).all())


# How a model takes a batch


@dataclass(frozen=True)
class Way:
    """One way to give a batch to a model: positional and keyword arguments."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    text: str


def ways(model: nn.Module, batch: Any, kwargs: Mapping[str, Any]) -> list[Way]:
    """How a model may be called with a batch, the likeliest first."""
    accepts, parameters = _signature(model)
    given = dict(kwargs)
    whole = Way((batch,), given, "model(batch)")
    found: list[Way] = []
    if isinstance(batch, Mapping) and all(isinstance(key, str) for key in batch):
        named = {key: batch[key] for key in batch}
        known = {key: value for key, value in named.items() if key in parameters}
        for part, text in ((named, "model(**batch)"), (known, f"model(**batch), of it {', '.join(known)}")):
            if part and accepts((), part | given):
                found.append(Way((), part | given, text))
        return [*found, whole]
    if not isinstance(batch, (tuple, list)) or isinstance(batch, PackedSequence):
        return [whole]
    if is_ragged(batch) or hasattr(batch, "_fields") or (len(batch) > 1 and not accepts((None, None), given)):
        found.append(whole)
    for count in range(len(batch), 0, -1):
        if accepts((None,) * count, given):
            text = "model(*batch)" if count == len(batch) else f"model(*batch[:{count}])"
            found.append(Way(tuple(batch[:count]), given, text))
    return found if whole in found else [*found, whole]


def _signature(model: nn.Module) -> tuple[Callable[[tuple[Any, ...], dict[str, Any]], bool], list[str]]:
    try:
        signature = inspect.signature(model.forward)
    except (TypeError, ValueError):
        return (lambda args, kwargs: True), []

    def accepts(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        try:
            signature.bind(*args, **kwargs)
        except TypeError:
            return False
        return True

    return accepts, list(signature.parameters)


def named(model: nn.Module, way: Way) -> list[Leaf]:
    """The leaves among the arguments of a call, under the names of the parameters."""
    _, parameters = _signature(model)
    found: list[Leaf] = []
    for i, value in enumerate(way.args):
        name = parameters[i] if i < len(parameters) else ""
        found += leaves(value, name or f"argument {i}", name)
    for key, value in way.kwargs.items():
        found += leaves(value, key, key)
    return found
