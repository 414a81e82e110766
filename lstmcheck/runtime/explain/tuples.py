"""A recurrent result, which is a tuple, used as if it were a tensor; and attributes that a layer does not have."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any

from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lstmcheck.contract.attributes import has_attribute
from lstmcheck.contract.needs import Need
from lstmcheck.runtime import describe, origins
from lstmcheck.runtime.explain.scene import Scene, Told

_TUPLE_ERRORS = re.compile(
    r"tuple indices must be integers or slices, not (?P<index>\w+)"
    r"|can only concatenate tuple"
    r"|unsupported operand type\(s\) for (?P<operator>[^:]+): .*'tuple'"
    r"|bad operand type for .*'tuple'"
    r"|'tuple' object cannot be interpreted"
    r"|can't multiply sequence by non-int"
    r"|'tuple' object (?:is not callable|does not support item)"
)
_OPTIONS = ("input_size", "hidden_size", "num_layers", "batch_first", "dropout", "bidirectional", "proj_size", "bias")


def explain(scene: Scene) -> Told | None:
    """Something asked of a tuple, a packed sequence or a layer that it does not have."""
    if isinstance(scene.error, AttributeError):
        return _attribute(scene)
    if isinstance(scene.error, TypeError) and not scene.inner:
        match = _TUPLE_ERRORS.search(scene.text)
        if match is not None:
            used = "an index" if match["index"] else f"`{match['operator']}`" if match["operator"] else None
            packed = next((one for one in scene.values if isinstance(one, PackedSequence)), None)
            if packed is not None and scene.layer is not None:
                return _not_padded(scene, used or "this operation")
            value = next((one for one in scene.values if _holds_tensors(one)), None)
            return _misused(scene, value, used)
    return None


def _attribute(scene: Scene) -> Told | None:
    value, name = getattr(scene.error, "obj", None), getattr(scene.error, "name", None)
    if not isinstance(name, str):
        return None
    if (
        isinstance(value, nn.Module)
        and describe.is_recurrent(value)
        and not has_attribute(describe.kind_of(value), name)
    ):
        return _missing(scene, value, name)
    if scene.inner:
        return None
    if isinstance(value, PackedSequence) and scene.layer is not None:
        return _not_padded(scene, f".{name}")
    return _misused(scene, value, f".{name}") if _holds_tensors(value) else None


def _not_padded(scene: Scene, used: str) -> Told:
    detail = {"layer": used, "type": "PackedSequence", **scene.facts}
    need = Need("layer.type", "PackedSequence", "Tensor", "never", used, raises=scene.raises, detail=detail)
    return Told(need, scene.layer)


def _holds_tensors(value: Any) -> bool:
    return (
        isinstance(value, tuple)
        and not isinstance(value, PackedSequence)
        and any(isinstance(part, (Tensor, tuple)) for part in value)
    )


def _misused(scene: Scene, value: Any, used: str | None) -> Told | None:
    origin = origins.find(value) if value is not None else scene.origin
    layer = origin.layer if origin is not None else scene.layer
    if layer is None:
        return None
    detail: dict[str, Any] = {"used": used, "length": len(value) if isinstance(value, tuple) else 2}
    if origin is not None and origin.part in ("state", "result"):
        detail |= {"of": origin.part, "kind": layer["kind"]}
    part = origin.part if origin is not None else "tuple"
    return Told(Need("result.tuple", "tuple", "Tensor", "never", part, raises=scene.raises, detail=detail), layer)


def _missing(scene: Scene, module: nn.Module, name: str) -> Told:
    kind = describe.kind_of(module)
    nearest = get_close_matches(name, _OPTIONS, 1)
    detail = {"attribute": name, "of": kind, "nearest": nearest}
    need = Need("attribute.missing", name, (), "never", name, raises=scene.raises, detail=detail)
    return Told(need, {"kind": kind, "text": "", "config": None})
