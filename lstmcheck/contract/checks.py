"""The needs that calls with unpacked and with packed input share, and the wording of what torch raises."""

from __future__ import annotations

from collections.abc import Sequence

from lstmcheck.contract import versions
from lstmcheck.contract.config import (
    FLOATING,
    RecurrentConfig,
)
from lstmcheck.contract.needs import Need, Raises, Requirements
from lstmcheck.contract.values import (
    Shape,
    TensorLike,
    printed_type,
    scalar_name,
)
from lstmcheck.contract.versions import Version
from lstmcheck.dims import Dim, Poly

NAMES = ("h_0", "c_0")


AXES = {2: ("state.layers", "state.hidden"), 3: ("state.layers", "state.batch", "state.hidden")}


def no_attribute(type_name: str | None, attribute: str) -> Raises:
    return Raises(
        "AttributeError",
        "'{got}' object has no attribute '{attribute}'",
        {"got": printed_type(type_name), "attribute": attribute},
    )


def subscripted(type_name: str | None, attribute: str) -> Raises:
    """What `hx[0].dim()` raises for a value that is no tuple, list or tensor."""
    if type_name == "dict":
        return Raises("KeyError", "0")
    if type_name in ("str", "ndarray"):
        return no_attribute(type_name, attribute)
    return Raises("TypeError", "'{got}' object is not subscriptable", {"got": type_name})


def tensor_given(raises: Raises | None) -> Need:
    return Need(
        "state.type",
        subject="hx",
        got="Tensor",
        want=("tuple", "list"),
        relation="one of",
        raises=raises,
        detail={} if raises else {"outcome": "accepted"},
    )


def input_dtype_need(config: RecurrentConfig, dtype: str | None, version: Version) -> Need:
    weight = config.dtype or "torch.float32"
    template = (
        "RNN input dtype ({got}) does not match weight dtype ({want}). "
        "Convert input: input.to({want}), or convert model: model.to({got})"
        if version >= versions.INPUT_DTYPE_REWORDED
        else "input must have the type {want}, got type {got}"
    )
    return Need(
        "input.dtype",
        subject="input",
        got=dtype,
        want=config.dtype or FLOATING,
        relation="equal" if config.dtype else "one of",
        raises=Raises("ValueError", template, {"got": dtype, "want": weight}),
    )


def feature_need(config: RecurrentConfig, got: Dim, rank: int | None) -> Need:
    return Need(
        "input.features",
        subject="input",
        got=got,
        want=config.input_size,
        axis=-1 if rank is None else rank - 1,
        axis_name="input_size",
        raises=Raises(
            "RuntimeError",
            "input.size(-1) must be equal to input_size. Expected {want}, got {got}",
            {"want": config.input_size, "got": got},
        ),
    )


def shape_needs(
    config: RecurrentConfig, index: int, state: TensorLike, want: Shape, rank: int | None, made: bool
) -> Requirements[None]:
    """One need per axis of a state, all with the text of the whole shapes."""
    raises = size_error(config, index, state.shape, want, rank)
    last = config.hidden_name if index == 0 else "hidden_size"
    if rank is None or state.rank is None or len(want) != state.rank:
        if state.shape and not made:
            yield _axis_need("state.hidden", index, -1, last, state.shape[-1], want[-1], raises)
        return
    names = ("num_layers * num_directions", *(("batch",) if rank == 3 else ()), last)
    for axis, (what, name) in enumerate(zip(AXES[rank], names)):
        yield _axis_need(what, index, axis, name, state.shape[axis], want[axis], raises)


def _axis_need(what: str, index: int, axis: int, name: str, got: Dim, want: Dim, raises: Raises) -> Need:
    return Need(what, subject=NAMES[index], axis=axis, axis_name=name, got=got, want=want, raises=raises)


def size_error(config: RecurrentConfig, index: int, got: Shape, want: Shape, rank: int | None) -> Raises:
    which = f"hidden[{index}]" if config.kind == "LSTM" else "hidden"
    if rank is None:
        return Raises("RuntimeError", f"Expected {which} size ", exact=False)
    if rank == 2:
        got, want = ((*shape[:1], 1, *shape[1:]) for shape in (got, want))
    return Raises("RuntimeError", f"Expected {which} size " + "{want}, got {got}", {"want": want, "got": list(got)})


def call_need(config: RecurrentConfig) -> Need:
    return Need(
        "call.arguments",
        subject="module",
        got=config.kind,
        want=(),
        relation="never",
        raises=Raises("TypeError", _native(config) + "() received an invalid combination of arguments", exact=False),
    )


def _native(config: RecurrentConfig) -> str:
    return f"rnn_{config.nonlinearity}" if config.kind == "RNN" else config.kind.lower()


def projection_need(config: RecurrentConfig) -> Need:
    return Need(
        "call.projection",
        subject="module",
        got=config.proj_size,
        want=0,
        raises=Raises("RuntimeError", "", exact=False),
    )


def state_dtypes(config: RecurrentConfig, input: TensorLike, states: Sequence[TensorLike]) -> Requirements[None]:
    weight = config.dtype or input.dtype
    for index, state in enumerate(states):
        fused = _fused(config, input, weight)
        raises: Raises | None = _state_dtype_error(config, weight, state.dtype, fused)
        if index == 1 and not fused:
            # the element-wise cell update promotes, so that c_0 alone may differ; later steps may then refuse
            raises = None
        yield Need(
            "state.dtype",
            subject=NAMES[index],
            got=state.dtype,
            want=weight,
            raises=raises,
            detail={} if raises else {"outcome": "undefined"},
        )


def _fused(config: RecurrentConfig, input: TensorLike, weight: str | None) -> bool:
    """Whether oneDNN runs the LSTM: float32 on a CPU, no projection, not empty. Decides what a wrong dtype does."""
    unprojected = isinstance(config.proj_size, int) and not config.proj_size
    empty = any(isinstance(dim, int) and dim == 0 for dim in input.shape)
    on_cpu = config.device in (None, "cpu")
    return config.kind == "LSTM" and weight == "torch.float32" and unprojected and on_cpu and not empty


_ONEDNN_REFUSES = "could not create a primitive descriptor for the LSTM forward propagation primitive"


def _state_dtype_error(config: RecurrentConfig, weight: str | None, dtype: str | None, fused: bool) -> Raises:
    if fused:
        if dtype in ("torch.float16", "torch.bfloat16"):
            return Raises("RuntimeError", _ONEDNN_REFUSES, exact=False)
        return Raises("RuntimeError", "get_mkldnn_dtype: unsupported data type")
    if config.kind == "LSTM":
        return Raises("RuntimeError", "", exact=False)
    return mismatched_dtypes(dtype, weight, config.bias)


def mismatched_dtypes(got: str | None, want: str | None, bias: Dim) -> Raises:
    """What a matrix product of two dtypes raises; without a bias another operator words it."""
    if isinstance(bias, Poly):
        return Raises("RuntimeError", "", exact=False)
    if bias:
        return Raises(
            "RuntimeError",
            "mat1 and mat2 must have the same dtype, but got {got} and {want}",
            {"got": scalar_name(got), "want": scalar_name(want)},
        )
    return Raises("RuntimeError", "expected m1 and m2 to have the same dtype, but got: ", exact=False)
