"""What the axes of an input are: the batch of a DataLoader, or what the program's own names say.

A DataLoader tells how many samples it drew. Names speak where the program writes the sizes of that very tensor:
`batch, steps, _ = x.shape`, `x = torch.randn(batch_size, seq_len, 8)`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any, NamedTuple

from torch import Tensor

from lstmcheck import words
from lstmcheck.findings import Location, Related
from lstmcheck.runtime import callers, graph_lines, loading, roots
from lstmcheck.runtime.model import Batch
from lstmcheck.runtime.roots import Places, Root, Selected


class Meaning(NamedTuple):
    """What an axis is: "batch" or "time", by which evidence ("data", "name", "short name"), in words and place."""

    kind: str
    how: str
    text: str
    where: Location | None = None

    def related(self) -> tuple[Related, ...]:
        """The place of the evidence."""
        return (Related(self.where, f"{self.kind} by its name"),) if self.where is not None else ()


class Axes(NamedTuple):
    """The meanings of a tensor's axes, and what was selected of a larger tensor, with what that axis means."""

    meanings: tuple[Meaning | None, ...]
    selected: tuple[tuple[Selected, Meaning | None], ...] = ()
    shuffled: bool = False


def of(tensor: Tensor, frames: Sequence[FrameType]) -> Axes:
    """What is known of the axes of a tensor that a running function uses."""
    origin = roots.root(tensor)
    batch = loading.last()
    found = _of_loader(tensor, origin, batch) if batch is not None else None
    if found is not None:
        return found
    return _of_names(tensor, origin, frames)


# The loader


def _of_loader(tensor: Tensor, origin: Root, batch: Batch) -> Axes | None:
    text = f"the DataLoader's batches have {batch.size} samples"
    if origin.tensor is not None:
        for reference, axis in zip(batch.tensors, batch.axes):
            known = reference()
            if known is None or axis is None:
                continue
            inside = roots.within(origin.tensor, known)
            if inside is not None:
                known_axes = {axis: Meaning("batch", "data", text)}
                return _placed(inside, origin.places, known_axes, batch.shuffled, origin.picked)
    sizes = tuple(tensor.shape[:2])
    if tensor.dim() < 2 or batch.size is None:
        return None
    if tensor.dim() == 2:
        flat = any(shape == tuple(tensor.shape) and axis == 0 for shape, axis in zip(batch.shapes, batch.axes))
        return Axes((Meaning("batch", "data", text), None), (), batch.shuffled) if flat else None
    if sizes[0] == sizes[1] or batch.size not in sizes:
        return None
    for shape, axis in zip(batch.shapes, batch.axes):
        if axis is not None and len(shape) >= 2 and sorted(shape[:2]) == sorted(sizes):
            place = sizes.index(batch.size)
            one = Meaning("batch", "data", text)
            return Axes(tuple(one if i == place else None for i in range(tensor.dim())), (), batch.shuffled)
    return None


def _placed(
    inside: tuple[Places, tuple[Selected, ...]],
    places: Places,
    known: dict[int, Meaning],
    shuffled: bool,
    picked: tuple[tuple[int | None, int], ...] = (),
) -> Axes:
    """The meanings of the axes of a whole, told of a tensor that was made from a part of it."""
    of_part, selected = inside

    def whole(place: int | None) -> int | None:
        return of_part[place] if place is not None and place < len(of_part) else None

    at = [whole(place) for place in places]
    meanings = tuple(known.get(place) if place is not None else None for place in at)
    on_the_way = [(whole(place), index) for place, index in picked]
    selected = (*selected, *(Selected(axis, index) for axis, index in on_the_way if axis is not None))
    return Axes(meanings, tuple((one, known.get(one.axis)) for one in selected), shuffled)


# Names


def _of_names(tensor: Tensor, origin: Root, frames: Sequence[FrameType]) -> Axes:
    nothing = Axes((None,) * tensor.dim())
    for frame in frames:
        names = callers.names_in(frame)
        for name, value in callers.tensors_of(names):
            inside = _seen_in(value, tensor, origin)
            if inside is None:
                continue
            known = _paired(_named(frame, name, value, names))
            if known:
                if value is tensor:
                    return _placed(inside, tuple(range(tensor.dim())), known, False)
                return _placed(inside, origin.places, known, False, origin.picked)
    return nothing


def _seen_in(value: Tensor, tensor: Tensor, origin: Root) -> tuple[Places, tuple[Selected, ...]] | None:
    if value is tensor:
        return tuple(range(tensor.dim())), ()
    if origin.tensor is None or value.dim() < 2:
        return None
    return roots.within(origin.tensor, value)


def _named(frame: FrameType, name: str, value: Tensor, names: dict[str, Any]) -> dict[int, Meaning]:
    """What the statements of a function so far say of the axes of the tensor that a name holds."""
    path = frame.f_code.co_filename
    found: dict[int, Meaning] = {}
    for statement in graph_lines.before(path, frame.f_code, frame.f_lineno):
        for axis, size, node in _sizes(statement, name):
            meant = words.axis_kind(size)
            position = axis + value.dim() if axis < 0 else axis
            if meant is None or not 0 <= position < value.dim() or not _fits(names, size, value.shape[position]):
                continue
            kind, alone = meant
            text = f"`{ast.unparse(node)}`"
            where = graph_lines.place(path, node)
            found[position] = Meaning(kind, "name" if alone else "short name", text, where)
    return found


def _fits(names: dict[str, Any], size: str, got: int) -> bool:
    """Whether a name still holds the size, as far as it is a name of this function."""
    return size not in names or names[size] == got


def _sizes(statement: ast.stmt, name: str) -> Iterator[tuple[int, str, ast.expr]]:
    """What an assignment says of the axes of a named tensor: the axis, the name of its size, and where."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return
    target, value = statement.targets[0], statement.value
    pairs = [(target, value)]
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        pairs = list(zip(target.elts, value.elts))
    for one, of_it in pairs:
        if isinstance(one, (ast.Tuple, ast.List)) and _is_shape(of_it, name):
            for i, element in enumerate(one.elts):
                if isinstance(element, ast.Starred):
                    break
                yield i, words.last_name(element), statement.value
        elif isinstance(one, (ast.Name, ast.Attribute)):
            asked = _asked(of_it, name)
            if asked is not None:
                yield asked, words.last_name(one), of_it
            elif words.last_name(one) == name and isinstance(one, ast.Name) and isinstance(of_it, ast.Call):
                yield from ((i, words.last_name(size), of_it) for i, size in enumerate(_given_sizes(of_it)))


def _is_shape(node: ast.expr, name: str) -> bool:
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) and node.slice.lower is None:
        node = node.value
    if isinstance(node, ast.Call) and not node.args and isinstance(node.func, ast.Attribute):
        return node.func.attr == "size" and graph_lines.dotted(node.func.value) == name
    return isinstance(node, ast.Attribute) and node.attr == "shape" and graph_lines.dotted(node.value) == name


def _asked(node: ast.expr, name: str) -> int | None:
    """The axis of which `x.size(0)`, `x.shape[0]` or `len(x)` is the size."""
    if isinstance(node, ast.Subscript) and _is_shape(node.value, name) and isinstance(node.slice, ast.Constant):
        return node.slice.value if isinstance(node.slice.value, int) else None
    if not isinstance(node, ast.Call) or len(node.args) != 1:
        return None
    given = node.args[0]
    if isinstance(node.func, ast.Attribute) and node.func.attr == "size" and isinstance(given, ast.Constant):
        owner = graph_lines.dotted(node.func.value)
        return given.value if owner == name and isinstance(given.value, int) else None
    return 0 if graph_lines.dotted(node.func) == "len" and graph_lines.dotted(given) == name else None


_MAKERS = frozenset({"randn", "rand", "zeros", "ones", "empty", "randint", "full", "normal", "view", "reshape"})


def _given_sizes(call: ast.Call) -> list[ast.expr]:
    """The sizes in a call that makes a tensor: `torch.randn(batch, steps, 8)`, `torch.randint(9, (batch, steps))`."""
    if graph_lines.dotted(call.func).rpartition(".")[2] not in _MAKERS:
        return []
    listed = next((value for value in call.args if isinstance(value, (ast.Tuple, ast.List))), None)
    listed = listed or next((one.value for one in call.keywords if isinstance(one.value, ast.Tuple)), None)
    return list(listed.elts) if isinstance(listed, (ast.Tuple, ast.List)) else list(call.args)


def _paired(known: dict[int, Meaning]) -> dict[int, Meaning]:
    """Without short names (`n`, `t`) that stand alone, and without anything where two axes claim one meaning."""
    kinds = [one.kind for one in known.values()]
    if len(kinds) != len(set(kinds)):
        return {}
    both = len(set(kinds)) == 2
    return {axis: one for axis, one in known.items() if one.how == "name" or both}
