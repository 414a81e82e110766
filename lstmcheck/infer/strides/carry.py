"""What torch's operations make of a layout: one small function an operation, by its first path.

An operation that is not in the tables gives a tensor of which no layout is known. What they hold is so on every device;
`tests/infer/torch_ops/test_layouts.py` holds it against torch.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from lstmcheck.dims import Dim
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.strides.layouts import MAX_STEPS, ROWS, Layout, Step
from lstmcheck.infer.torch_ops.common import axes as axis_numbers
from lstmcheck.infer.torch_ops.common import equal, is_number, never_one, spread
from lstmcheck.infer.values import Items, Layer, Slice, Tensor, Value

Names = dict[str, Value]
Family = Callable[[Machine, str, Names, Value], None]
Transfer = Callable[[Machine, Names, Tensor, Tensor], "Layout | None"]

_MOVED = "from here on the axes are in another order than in memory"
_CUT = "from here on there are gaps in memory between the parts of an axis"
_STRETCHED = "from here on one element of memory stands for a whole axis"

_VIEWS: dict[str, Transfer] = {}


def _for(*paths: str) -> Callable[[Transfer], Transfer]:
    def register(function: Transfer) -> Transfer:
        for path in paths:
            _VIEWS[path] = function
        return function

    return register


def carry(m: Machine, path: str, names: Names, result: Value) -> None:
    """Give the result of an operation, known by its first path, the layout that torch gives it."""
    family = _FAMILIES.get(path)
    if family is not None:
        family(m, path, names, result)


def _fresh(m: Machine, path: str, names: Names, result: Value) -> None:
    """What makes a tensor in memory of its own, one row after the other."""
    call = m.node
    if not isinstance(call, ast.Call) or all(keyword.arg != "memory_format" for keyword in call.keywords):
        _lay(result, ROWS)


def _unpacked(m: Machine, path: str, names: Names, result: Value) -> None:
    """Padding is filled in time step by time step; for the other order it may be turned over."""
    if isinstance(result, Items) and result.head and names.get("batch_first") is False:
        _lay(result.head[0], ROWS)


def _joined(m: Machine, path: str, names: Names, result: Value) -> None:
    """The order is chosen by that of the parts, for images (four axes and more) only."""
    if isinstance(result, Tensor) and result.shape.rank is not None and result.shape.rank <= 3:
        result.layout = ROWS


def _computed(m: Machine, path: str, names: Names, result: Value) -> None:
    combined(names.get("input"), names.get("exponent" if path == "torch.pow" else "other"), result)


def _product(m: Machine, path: str, names: Names, result: Value) -> None:
    multiplied(names.get("input"), names.get("other"), result)


def _alike(m: Machine, path: str, names: Names, result: Value) -> None:
    """What keeps the strides of a tensor without gaps."""
    x = names.get("data" if path == "torch.nn.Parameter" else "input")
    if not isinstance(x, Tensor) or x.layout is None or result is x or names.get("memory_format") is not None:
        return
    if isinstance(result, Tensor) and result.shape == x.shape:
        result.layout = like(x)


def _of_rows(m: Machine, path: str, names: Names, result: Value) -> None:
    """What gives one row after the other where it is given that."""
    x = names.get("input")
    if not isinstance(x, Tensor) or x.layout is not ROWS or result is x:
        return
    if isinstance(result, Tensor) and result.shape != x.shape and any(map(_is_another(x), names.values())):
        # it is stretched to what the other one is
        return
    _lay(result, ROWS)


def _is_another(x: Tensor) -> Callable[[Value], bool]:
    return lambda value: isinstance(value, Tensor) and value is not x


def _view(m: Machine, path: str, names: Names, result: Value) -> None:
    """A tensor that shares the memory of another one."""
    x = names.get("input")
    if not isinstance(x, Tensor) or x.layout is None or x.shape.open:
        return
    if isinstance(result, Tensor) and result is not x and not result.shape.open:
        result.layout = _VIEWS[path](m, names, x, result)


def _lay(result: Value, layout: Layout | None) -> None:
    for part in result.head if isinstance(result, Items) else (result,):
        if isinstance(part, Tensor):
            part.layout = layout


def like(x: Tensor) -> Layout | None:
    """The layout of what is computed from x element by element: that of x, where its memory has no gaps."""
    return x.layout if x.layout is not None and x.layout.dense else None


def combined(a: Value, b: Value, result: Value) -> None:
    """Give `a <op> b` its layout: the first operand that has all of the result's elements decides on the order."""
    if not isinstance(result, Tensor) or result.shape.open:
        return
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        x, number = (a, b) if isinstance(a, Tensor) else (b, a)
        if isinstance(x, Tensor) and is_number(number):
            result.layout = like(x)
        return
    if a.shape == result.shape and a.layout is not None:
        result.layout = like(a)
    elif b.shape == result.shape and a.layout is ROWS and b.layout is ROWS:
        result.layout = ROWS


def layer_called(m: Machine, layer: Layer, args: Sequence[Value], result: Value) -> None:
    """Give what one of torch's modules returns its layout."""
    if not isinstance(result, Tensor):
        return
    kind = layer.kind.removeprefix("torch.nn.")
    if kind in _FRESH_MODULES:
        result.layout = ROWS
        return
    x = args[0] if args else None
    if not isinstance(x, Tensor) or x.layout is None or result is x:
        return
    if kind in _LIKE_MODULES:
        result.layout = like(x)
    elif kind in _OF_ROWS_MODULES:
        result.layout = ROWS if x.layout is ROWS else None
    elif kind in ("Flatten", "Unflatten") and not x.shape.open and not result.shape.open:
        result.layout = _reshaped(m, {}, x, result)


def multiplied(a: Value, b: Value, result: Value) -> None:
    """Give `a @ b` its layout: rows of the result are computed one after the other unless it is turned over."""
    if isinstance(a, Tensor) and isinstance(b, Tensor) and isinstance(result, Tensor):
        ranks = a.shape.rank, b.shape.rank
        if ranks[0] is not None and ranks[1] is not None and ranks[0] >= ranks[1] >= 2:
            result.layout = ROWS


def _made(m: Machine, x: Tensor, axes: tuple[Step | None, ...], words: str, dense: bool | None = None) -> Layout | None:
    """A view of x that takes its axes as they are numbered in `axes`."""
    before = x.layout
    assert before is not None
    if before.depth >= MAX_STEPS:
        return None
    site = m.here() if words and m.node is not None else None
    return Layout(before, x.shape.left, axes, dense=before.dense if dense is None else dense, site=site, words=words)


def _ordered(m: Machine, x: Tensor, order: Sequence[int]) -> Layout | None:
    if list(order) == list(range(len(order))):
        return x.layout
    return _made(m, x, tuple((axis, 1) for axis in order), _MOVED)


# Order of axes


@_for("torch.transpose")
def _transposed(m: Machine, names: Names, x: Tensor, result: Tensor) -> Layout | None:
    return _swapped(m, x, m.int_of(names["dim0"]), m.int_of(names["dim1"]))


@_for("Tensor.mT")
def _turned(m: Machine, names: Names, x: Tensor, result: Tensor) -> Layout | None:
    return _swapped(m, x, -2, -1)


def _swapped(m: Machine, x: Tensor, a: int | None, b: int | None) -> Layout | None:
    rank = len(x.shape.left)
    if a is None or b is None or not rank:
        return None
    order = list(range(rank))
    order[a], order[b] = order[b], order[a]
    return _ordered(m, x, order)


@_for("torch.permute")
def _permuted(m: Machine, names: Names, x: Tensor, result: Tensor) -> Layout | None:
    rank = len(x.shape.left)
    order = [m.int_of(axis) for axis in spread(names["*"]) or ()]
    known = [axis % rank for axis in order if axis is not None]
    return _ordered(m, x, known) if len(known) == len(order) == rank else None


@_for("torch.t", "Tensor.T")
def _reversed(m: Machine, names: Names, x: Tensor, result: Tensor) -> Layout | None:
    return _ordered(m, x, range(len(x.shape.left))[::-1])


@_for("torch.movedim")
def _moved(m: Machine, names: Names, x: Tensor, result: Tensor) -> Layout | None:
    rank = len(x.shape.left)
    starts, ends = axis_numbers(m, names["source"]), axis_numbers(m, names["destination"])
    if starts is None or ends is None:
        return None
    target = dict(zip((end % rank for end in ends), (start % rank for start in starts)))
    others = iter(sorted(set(range(rank)) - set(target.values())))
    return _ordered(m, x, [target[i] if i in target else next(others) for i in range(rank)])


# Axes of one


@_for("torch.unsqueeze")
def _unsqueezed(m: Machine, names: Names, x: Tensor, result: Tensor) -> Layout | None:
    at = m.int_of(names["dim"])
    if at is None:
        return None
    at %= len(x.shape.left) + 1
    steps: list[Step | None] = [(axis, 1) for axis in range(len(x.shape.left))]
    steps.insert(at, None)
    return ROWS if x.layout is ROWS else _made(m, x, tuple(steps), "")


@_for("torch.squeeze")
def _squeezed(m: Machine, names: Names, x: Tensor, result: Tensor) -> Layout | None:
    if len(result.shape.left) == len(x.shape.left):
        return x.layout
    if x.layout is ROWS:
        return ROWS
    chosen = names.get("dim")
    wanted = range(len(x.shape.left)) if chosen is None else axis_numbers(m, chosen)
    if wanted is None:
        return None
    gone = {axis % len(x.shape.left) for axis in wanted}
    kept = [axis for axis, size in enumerate(x.shape.left) if axis not in gone or not equal(size, 1, m)]
    if len(kept) != len(result.shape.left):
        return None
    return _made(m, x, tuple((axis, 1) for axis in kept), "")


# Parts


@_for("torch.select")
def _selected(m: Machine, names: Names, x: Tensor, result: Tensor) -> Layout | None:
    at = m.int_of(names["dim"])
    return None if at is None else _cut(m, x, at, gone=True)


@_for("torch.narrow")
def _narrowed(m: Machine, names: Names, x: Tensor, result: Tensor) -> Layout | None:
    at = m.int_of(names["dim"])
    return None if at is None else _cut(m, x, at, gone=False)


def _cut(m: Machine, x: Tensor, at: int, gone: bool) -> Layout | None:
    """One element of an axis, which is then gone, or neighbouring ones: of the first axis these have no gaps."""
    rank = len(x.shape.left)
    at %= rank
    if at == 0 and x.layout is ROWS:
        return ROWS
    return _made(m, x, tuple((axis, 1) for axis in range(rank) if not gone or axis != at), _CUT, dense=False)


def _parted(m: Machine, path: str, names: Names, result: Value) -> None:
    """The parts of an axis, in a tuple."""
    x = names.get("tensor" if path == "torch.split" else "input")
    if not isinstance(x, Tensor) or x.layout is None or x.shape.open or not isinstance(result, Items):
        return
    at = m.int_of(names["dim"])
    if at is None:
        return
    layout = _cut(m, x, at, gone=path == "torch.unbind")
    for part in result.each:
        if isinstance(part, Tensor) and not part.shape.open:
            part.layout = layout


def picked(m: Machine, x: Tensor, key: Value, result: Tensor) -> None:
    """Give `x[key]` its layout, where the key takes parts of axes and nothing else."""
    if x.layout is None or x.shape.open or result.shape.open:
        return
    keys = list(key.head) if isinstance(key, Items) and key.kind == "tuple" and key.whole else [key]
    rank = len(x.shape.left)
    missing = rank - sum(key is not None and key is not Ellipsis for key in keys)
    filled: list[Value] = []
    for key in keys:
        filled += [_ALL] * missing if key is Ellipsis else [key]
    filled += [_ALL] * (rank - sum(key is not None for key in filled))
    steps: list[Step | None] = []
    axis, cut, leading = 0, False, True
    for key in filled:
        if key is None:
            steps.append(None)
            continue
        if isinstance(key, Slice):
            step = 1 if key.step is None else m.dim(key.step)
            if step is None or (not equal(step, 1, m) and not isinstance(step, int)):
                return
            steps.append((axis, step))
            whole = key.lower is None and key.upper is None and step == 1
            # the first axes may be picked from, and one of them cut, without leaving gaps
            cut, leading = cut or not (whole or (leading and step == 1)), False
        elif is_number(key) and not isinstance(key, bool):
            cut = cut or not leading
        else:
            return
        axis += 1
    if axis != rank or len(steps) != len(result.shape.left):
        return
    if x.layout is ROWS and not cut:
        result.layout = ROWS
        return
    plain = steps == [(axis, 1) for axis in range(rank)] and all(
        key.lower is None and key.upper is None for key in filled if isinstance(key, Slice)
    )
    result.layout = _made(m, x, tuple(steps), "" if plain else _CUT, dense=None if plain else False)


_ALL = Slice(None, None, None)


@_for("Tensor.unfold")
def _unfolded(m: Machine, names: Names, x: Tensor, result: Tensor) -> Layout | None:
    at, step = m.int_of(names["dimension"]), m.dim(names["step"])
    if at is None or step is None:
        return None
    rank = len(x.shape.left)
    at %= rank
    axes: list[Step | None] = [(axis, step if axis == at else 1) for axis in range(rank)]
    return _made(m, x, (*axes, (at, 1)), "from here on the windows of an axis share memory", dense=False)


# More elements than memory


@_for("Tensor.expand", "Tensor.expand_as")
def _expanded(m: Machine, names: Names, x: Tensor, result: Tensor) -> Layout | None:
    new, old = result.shape.left, x.shape.left
    more = len(new) - len(old)
    axes: list[Step | None] = [None] * more
    for axis, size in enumerate(old):
        if size == new[more + axis]:
            axes.append((axis, 1))
        elif equal(size, 1, m):
            axes.append(None)
        elif never_one(size, m):
            axes.append((axis, 1))
        else:
            return None
    return _made(m, x, tuple(axes), _STRETCHED, dense=False)


# Other sizes


@_for("torch.reshape", "torch.flatten", "torch.unflatten")
def _reshaped(m: Machine, names: Names, x: Tensor, result: Tensor) -> Layout | None:
    return _regrouped(x, result.shape.left, _may_copy(m))


@_for("Tensor.view_as")
def _viewed_as(m: Machine, names: Names, x: Tensor, result: Tensor) -> Layout | None:
    return _regrouped(x, result.shape.left, _may_copy(m))


def _may_copy(m: Machine) -> bool:
    """Whether what is called is no view: that never copies."""
    function = m.node.func if isinstance(m.node, ast.Call) else None
    return not (isinstance(function, ast.Attribute) and function.attr in ("view", "view_as"))


def _regrouped(x: Tensor, new: tuple[Dim, ...], copies: bool) -> Layout | None:
    before = x.layout
    assert before is not None
    if before is ROWS:
        return ROWS
    if before.depth >= MAX_STEPS:
        return None
    return Layout(before, x.shape.left, None, new, before.dense, copies)


def _each(family: Family, owner: str, *names: str) -> dict[str, Family]:
    return {f"{owner}.{name}": family for name in names}


_FAMILIES: dict[str, Family] = {
    **_each(_fresh, "torch", "zeros", "full", "randint", "randperm", "eye", "linspace", "arange", "tile"),
    **_each(_fresh, "torch", "index_select", "gather", "mm", "bmm"),
    **_each(_fresh, "Tensor", "new_zeros", "new_full", "repeat"),
    **_each(_fresh, "torch.nn.functional", "one_hot", "embedding", "linear"),
    **_each(_fresh, "torch.nn.utils.rnn", "pad_sequence"),
    **_each(_unpacked, "torch.nn.utils.rnn", "pad_packed_sequence"),
    **_each(_joined, "torch", "cat", "stack", "hstack", "vstack"),
    **_each(_computed, "torch", "add", "sub", "mul", "div", "pow", "maximum"),
    "torch.matmul": _product,
    **_each(_alike, "torch", "exp", "abs", "isnan", "clamp", "clone", "zeros_like", "nn.Parameter"),
    **_each(_alike, "torch.nn.functional", "relu", "dropout"),
    **_each(_of_rows, "torch", "sum", "prod", "mean", "var", "logsumexp", "all", "argmax", "amax", "max"),
    **_each(_of_rows, "torch", "cumsum", "softmax", "tril", "masked_fill", "flip", "nn.functional.layer_norm"),
    **_each(_parted, "torch", "chunk", "split", "unbind"),
    **dict.fromkeys(_VIEWS, _view),
}
_FRESH_MODULES = frozenset({"Linear", "LazyLinear", "Embedding"})
_LIKE_MODULES = frozenset(
    {
        *("ReLU", "ReLU6", "ELU", "GELU", "SiLU", "LeakyReLU", "Sigmoid", "Tanh", "Softplus"),
        *("Dropout", "AlphaDropout"),
    }
)
_OF_ROWS_MODULES = frozenset({"Softmax", "LogSoftmax", "LayerNorm"})
