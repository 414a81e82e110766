"""Hypothesis strategies for recurrent layers: configurations, inputs and states, right and wrong.

Everything drawn is a description with plain ints (`RecurrentConfig`, `TensorLike`, ...); `real` builds what it
describes. Sizes are tiny, so that thousands of calls take seconds. `device` is where the module lives; tensors on
"another device" are drawn on "meta".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from lstmcheck.contract.arguments import Config
from lstmcheck.contract.cells import CELL_KINDS, CellConfig
from lstmcheck.contract.recurrent import LAYER_KINDS, RecurrentConfig, packed_result, result_shapes
from lstmcheck.contract.values import Input, OtherLike, PackedLike, Shape, State, States, TensorLike

DTYPES = ("torch.float32", "torch.float64")
OTHER_DTYPES = ("torch.float64", "torch.float32", "torch.int64", "torch.float16", "torch.bfloat16")
KINDS = (*LAYER_KINDS, *CELL_KINDS)

_size = st.integers(1, 4)


def _mostly(value: Any, *others: Any, times: int = 3) -> st.SearchStrategy[Any]:
    return st.sampled_from((value,) * times + others)


@st.composite
def layer_configs(
    draw: st.DrawFn, kind: str | None = None, device: str = "cpu", dtypes: tuple[str, ...] = DTYPES
) -> RecurrentConfig:
    """A legal LSTM, GRU or RNN."""
    kind = kind or draw(st.sampled_from(LAYER_KINDS))
    hidden = draw(_size)
    layers = draw(st.integers(1, 3))
    return RecurrentConfig(
        kind=kind,
        input_size=draw(_size),
        hidden_size=hidden,
        num_layers=layers,
        bias=draw(_mostly(1, 0)),
        batch_first=draw(st.integers(0, 1)),
        dropout=draw(st.sampled_from((0.0, 0.5))) if layers > 1 else 0.0,
        bidirectional=draw(st.integers(0, 1)),
        proj_size=draw(st.integers(0, hidden - 1)) if kind == "LSTM" else 0,
        nonlinearity=draw(st.sampled_from(("tanh", "relu"))) if kind == "RNN" else "tanh",
        dtype=draw(_mostly(*dtypes)),
        device=device,
    )


@st.composite
def cell_configs(
    draw: st.DrawFn, kind: str | None = None, device: str = "cpu", dtypes: tuple[str, ...] = DTYPES
) -> CellConfig:
    """A legal LSTMCell, GRUCell or RNNCell; RNNCell's nonlinearity may be one that only the call refuses."""
    kind = kind or draw(st.sampled_from(CELL_KINDS))
    return CellConfig(
        kind=kind,
        input_size=draw(_size),
        hidden_size=draw(_size),
        bias=draw(_mostly(1, 0)),
        nonlinearity=draw(_mostly("tanh", "relu", "sigmoid")) if kind == "RNNCell" else "tanh",
        dtype=draw(_mostly(*dtypes)),
        device=device,
    )


def configs(kind: str, device: str = "cpu") -> st.SearchStrategy[Any]:
    """A legal configuration of one class."""
    return layer_configs(kind, device) if kind in LAYER_KINDS else cell_configs(kind, device)


@st.composite
def right_inputs(draw: st.DrawFn, config: Config) -> TensorLike:
    """A tensor that the module takes: 2-D or 3-D for layers, 1-D or 2-D for cells. The batch may be empty."""
    features, batch = config.input_size, draw(st.integers(0, 4))
    shape: Shape
    if isinstance(config, CellConfig):
        shape = draw(_mostly((batch, features), (features,)))
    else:
        length = draw(_size)
        order = (batch, length) if config.batch_first else (length, batch)
        shape = draw(_mostly((*order, features), (length, features)))
    return TensorLike(shape, config.dtype, config.device)


@st.composite
def packed_inputs(draw: st.DrawFn, config: RecurrentConfig) -> PackedLike:
    """A packed sequence that the layer takes, sorted or not."""
    lengths = draw(st.lists(_size, min_size=1, max_size=4))
    ordered = draw(st.booleans())
    if ordered:
        lengths.sort(reverse=True)
    return PackedLike(
        features=config.input_size,
        batch=len(lengths),
        rows=sum(lengths),
        seq_len=max(lengths),
        dtype=config.dtype,
        device=config.device,
        sorted=ordered,
        lengths=tuple(lengths),
    )


def right_state(config: Config, input: TensorLike | PackedLike) -> tuple[TensorLike, ...]:
    """The states that fit: (h_0,) or (h_0, c_0)."""
    shapes: tuple[Shape | None, ...]
    if isinstance(config, CellConfig):
        rows = input.shape[:-1] if isinstance(input, TensorLike) else ()
        shapes = ((*rows, config.hidden_size),) * (2 if config.kind == "LSTMCell" else 1)
    elif isinstance(input, PackedLike):
        packed = packed_result(config, input)
        shapes = (packed.h_n, packed.c_n)
    else:
        result = result_shapes(config, input)
        shapes = (result.h_n, result.c_n)
    return tuple(TensorLike(shape, config.dtype, config.device) for shape in shapes if shape is not None)


@st.composite
def wrong_tensors(draw: st.DrawFn, tensor: TensorLike, moved: bool = False) -> TensorLike:
    """A tensor with something changed: one size, two axes swapped, an axis more or less, the dtype.

    With `moved` also the device. Only a layer with an unpacked input compares devices itself; elsewhere kernels do,
    and those of "meta" do not always, so that it is no stand-in for another device there.
    """
    shape = list(tensor.shape)
    change = draw(st.sampled_from(("size", "size", "size", "swap", "more", "less", "dtype", *("device",) * moved)))
    if change == "size" and shape:
        shape[draw(st.integers(0, len(shape) - 1))] = draw(st.integers(0, 6))
    elif change == "swap" and len(shape) > 1:
        shape = draw(st.permutations(shape))
    elif change == "more":
        shape.insert(draw(st.integers(0, len(shape))), draw(st.integers(0, 3)))
    elif change == "less" and shape:
        shape.pop(draw(st.integers(0, len(shape) - 1)))
    elif change == "dtype":
        return replace(tensor, dtype=draw(st.sampled_from(OTHER_DTYPES)))
    elif change == "device":
        return replace(tensor, device="meta")
    return replace(tensor, shape=tuple(shape))


_SCALARS = ("NoneType", "int", "float", "str", "dict")
_others = st.sampled_from((*_SCALARS, "tuple", "list")).map(OtherLike)
# of a tuple or list given to an LSTM the contract needs the items: those are States
_no_pairs = st.sampled_from(_SCALARS).map(OtherLike)


@st.composite
def inputs(draw: st.DrawFn, config: Config) -> Input:
    """Any input: right, wrong in a shape, dtype or device, or no tensor at all."""
    right = draw(right_inputs(config))
    how = draw(st.sampled_from(("right",) * 6 + ("wrong",) * 3 + ("other",)))
    if how == "right":
        return right
    if how == "wrong":
        return draw(wrong_tensors(right, moved=isinstance(config, RecurrentConfig)))
    return draw(_others)


@st.composite
def wrong_packed(draw: st.DrawFn, packed: PackedLike) -> PackedLike:
    """A packed sequence with the wrong features, rank or dtype."""
    change = draw(st.sampled_from(("features", "features", "rank", "dtype")))
    if change == "features":
        return replace(packed, features=draw(st.integers(1, 6)))
    if change == "rank":
        return draw(st.sampled_from((replace(packed, data_rank=1), replace(packed, data_rank=3, inner=(2,)))))
    return replace(packed, dtype=draw(st.sampled_from(OTHER_DTYPES)))


@st.composite
def states(draw: st.DrawFn, config: Config, input: Input) -> State:
    """Any hx for an input: none, right, wrong in one or two tensors, of the wrong number or type."""
    fallback = TensorLike((2, config.input_size), config.dtype, config.device)
    right = right_state(config, input if not isinstance(input, OtherLike) else fallback)
    how = draw(st.sampled_from(("none", "right", "right", "tensor", "tensor", "tensor", "form")))
    if how == "none":
        return None
    parts = list(right)
    if how == "tensor":
        moved = isinstance(config, RecurrentConfig) and isinstance(input, TensorLike)
        for _ in range(draw(st.integers(1, 2))):
            index = draw(st.integers(0, len(parts) - 1))
            parts[index] = draw(wrong_tensors(parts[index], moved))
    if how == "form":
        return draw(_FORMS[len(right)](tuple(parts)))
    container = draw(_mostly("tuple", "list"))
    return States(tuple(parts), container) if len(parts) == 2 else parts[0]


@st.composite
def _wrong_single(draw: st.DrawFn, right: tuple[TensorLike, ...]) -> State:
    return draw(st.one_of(_others, st.sampled_from((States(right), States(right * 2), States(right, "list")))))


@st.composite
def _wrong_pair(draw: st.DrawFn, right: tuple[TensorLike, ...]) -> State:
    h, c = right
    stacked = replace(h, shape=(draw(st.integers(0, 3)), *h.shape))
    forms: tuple[State, ...] = (
        States(()),
        States((h,)),
        States((h, c, c)),
        States((h, c, OtherLike("NoneType"))),
        States((h, OtherLike("NoneType"))),
        States((OtherLike("NoneType"), c), "list"),
        States((OtherLike("tuple"),)),
        States((h,), "list"),
        h,
        stacked,
        replace(stacked, shape=stacked.shape[1:2]),
        replace(stacked, shape=()),
    )
    return draw(st.one_of(_no_pairs, st.sampled_from(forms), wrong_tensors(stacked)))


_FORMS: dict[int, Callable[[tuple[TensorLike, ...]], st.SearchStrategy[State]]] = {1: _wrong_single, 2: _wrong_pair}


@st.composite
def calls(draw: st.DrawFn, kind: str, device: str = "cpu") -> tuple[Config, Input, State]:
    """A whole call: (config, input, hx), right or wrong, of an unpacked input."""
    config = draw(configs(kind, device))
    input = draw(inputs(config))
    return config, input, draw(states(config, input))


@st.composite
def packed_calls(draw: st.DrawFn, kind: str, device: str = "cpu") -> tuple[RecurrentConfig, PackedLike, State]:
    """A whole call of a layer with a packed input, right or wrong. A wrong LSTM state may crash the process."""
    config = draw(layer_configs(kind, device))
    input = draw(packed_inputs(config))
    if draw(_mostly(False, True)):
        input = draw(wrong_packed(input))
    return config, input, draw(states(config, input))


_FLAGS = (True, False, 1, 0, None, "True", 0.5)
ARGUMENTS: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    "input_size": ((1, 2, 3), (True, False, 0, -1, 2.0, "2", None, [2], 1j)),
    "hidden_size": ((2, 3, 4), (True, False, 0, -1, 2.0, "2", None, (2,), 1j)),
    "num_layers": ((1, 2), (True, False, 0, -1, 2.0, 0.5, 0.0, "2", None, [2], 1j)),
    "nonlinearity": (("tanh", "relu"), ("sigmoid", True, None, 3, 0.5)),
    "bias": ((True, False), _FLAGS),
    "batch_first": ((True, False), _FLAGS),
    "dropout": ((0.0, 0.5, 0, 1), (True, False, -0.5, 1.5, float("nan"), "0.5", "abc", "", None, [0.5], 1j, {})),
    "bidirectional": ((True, False), (1, 0, 2, None, "False", "", 0.5)),
    "proj_size": ((0, 1), (2, 3, 4, -1, True, False, 1.0, 0.0, 1.5, float("nan"), "1", None)),
}
"""Right and wrong values of every constructor argument, but for device and dtype."""


@st.composite
def constructor_calls(
    draw: st.DrawFn, kind: str, names: tuple[str, ...], keyword_only: tuple[str, ...] = ()
) -> tuple[list[Any], dict[str, Any]]:
    """Arguments of a constructor, (positional, keywords): right and wrong values, and now and then a wrong form.

    `names` are the parameters in positional order, device and dtype left out.
    """
    values = {
        name: draw(st.sampled_from(ARGUMENTS[name][1 if draw(st.integers(0, 11)) == 0 else 0]))
        for name in (*names, *keyword_only)
    }
    count = draw(st.integers(0, len(names)))
    positional = [values[name] for name in names[:count]]
    rest = [name for name in (*names[count:], *keyword_only) if name in names[:2] or draw(st.booleans())]
    if kind in ("GRU", "RNN") and draw(st.integers(0, 9)):
        rest = [name for name in rest if name != "proj_size"]
    keywords = {name: values[name] for name in draw(st.permutations(rest))}
    form = draw(_mostly("right", "unknown", "duplicate", "missing", "many", times=16))
    if form == "unknown":
        keywords[draw(st.sampled_from(("bi", "n_layers", "hidden_dim", "h0", "batchfirst")))] = 1
    elif form == "duplicate" and count:
        keywords[names[draw(st.integers(0, count - 1))]] = 1
    elif form == "missing":
        keywords.pop(draw(st.sampled_from(names[:2])), None)
    elif form == "many" and count == len(names):
        positional += [None, None, 1][: draw(st.integers(1, 3))]
    return positional, keywords
