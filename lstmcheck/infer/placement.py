"""Where a program's recurrent weights are and of which dtype: `.to(...)`, `.cuda()`, `.double()` and their like."""

from __future__ import annotations

from collections.abc import Callable

from lstmcheck.infer.checkpoints import weights_of
from lstmcheck.infer.joins import settle
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.torch_ops.common import device_of, dtype_of
from lstmcheck.infer.values import External, Layer, Tensor, Unknown, Value

_DTYPES = {"double": "float64", "float": "float32", "half": "float16", "bfloat16": "bfloat16"}
_DEVICES = {"cuda": "cuda", "cpu": "cpu"}


def move(m: Machine, model: Value, name: str, args: list[Value], keywords: dict[str, Value]) -> None:
    """`model.to(...)` and the methods like it: note it on every recurrent layer inside."""
    layers = list(weights_of(m, model).layers.values())
    if name in _DTYPES:
        _note(m, layers, "*dtype*", _DTYPES[name])
    elif name in _DEVICES:
        _note(m, layers, "*device*", _DEVICES[name])
    elif name == "apply":
        _note(m, layers, "*dtype*", Unknown("dtype", free=True))
    elif name in ("to", "type"):
        for value in (*args[:2], *(keywords[key] for key in ("device", "dtype") if key in keywords)):
            m.each(value, lambda option: _to(m, layers, option))


def _to(m: Machine, layers: list[Layer], value: Value) -> Value:
    if isinstance(value, Tensor):
        _note(m, layers, "*dtype*", value.dtype or Unknown("dtype", free=True))
        _note(m, layers, "*device*", value.device or Unknown("device", free=True))
        return None
    dtype, device = dtype_of(value), device_of(value)
    if dtype is not None:
        _note(m, layers, "*dtype*", dtype)
    elif device is not None:
        _note(m, layers, "*device*", device)
    elif not isinstance(value, bool):
        _note(m, layers, "*device*", Unknown("device", free=True))
        if isinstance(value, Unknown) and "device" not in value.name:
            _note(m, layers, "*dtype*", Unknown("dtype", free=True))
    return None


def _note(m: Machine, layers: list[Layer], what: str, value: Value) -> None:
    for layer in layers:
        m.put(layer.fields, what, value)


def movable(value: Value) -> Value:
    """A parameter or buffer: `.to` moves it with its module, so that where it is now tells nothing later."""
    if not isinstance(value, Tensor):
        return value
    moved = Tensor(value.shape, None, None, value.name, value.made, value.role, value)
    moved.sizes = value.sizes
    return moved


UNMOVED = External("unmoved")


def weight_dtype(m: Machine, layer: Layer) -> str | None:
    """The dtype of a layer's weights ("float32"), None where it is not known."""
    if m.project.writes_weights:
        return None
    moved = settle(layer.fields.get("*dtype*", UNMOVED), m.facts)
    if isinstance(moved, str):
        return moved
    if moved is not UNMOVED:
        return None
    given = getattr(layer.config, "dtype", None)
    if given is not None:
        return str(given).removeprefix("torch.")
    if "dtype" in layer.args and layer.args["dtype"] is not None:
        return None
    plain = m.project.default_dtype_kept if m.concrete else m.project.plain_dtypes
    return "float32" if plain else None


def weight_device(m: Machine, layer: Layer, run: Callable[[str | None], Value]) -> Value:
    """Run with the device of a layer's weights ("cpu"), None where it is not known; with each where several may be."""

    def one(moved: Value) -> Value:
        if moved is UNMOVED:
            return run(_first_device(m, layer))
        return run(moved if isinstance(moved, str) else None)

    return m.each(layer.fields.get("*device*", UNMOVED), one)


def _first_device(m: Machine, layer: Layer) -> str | None:
    given = getattr(layer.config, "device", None)
    if given is not None:
        return str(given).partition(":")[0]
    if not m.concrete or ("device" in layer.args and layer.args["device"] is not None):
        return None
    return "cpu" if m.project.default_device_kept else None
