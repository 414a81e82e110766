"""Operations on a recurrent result whose sizes, axes or indices do not fit."""

from __future__ import annotations

import re
from typing import Any

from torch import Tensor

from lstmcheck.contract.needs import Need
from lstmcheck.runtime import origins
from lstmcheck.runtime.explain.scene import Scene, Told

_SIZES = re.compile(
    r"shapes cannot be multiplied"
    r"|Sizes of tensors must match"
    r"|The size of tensor a \(\d+\) must match the size of tensor b"
    r"|The expanded size of the tensor"
    r"|the number of sizes provided"
    r"|is invalid for input of size"
    r"|stack expects each tensor to be equal size"
    r"|[Ee]xpected size for first two dimensions"
    r"|Tensors must have same number of dimensions"
    r"|inconsistent tensor size|size mismatch|shape mismatch|dimensions? .*must match"
    r"|batch[12] must be a 3D tensor|1D tensors expected|must be a matrix|vector \+ matrix"
    r"|view size is not compatible|doesn't match the broadcast shape"
    r"|einsum\(\)|einops|t\(\) expects a tensor with <= 2 dimensions"
    r"|permute.*: number of dimensions in the tensor input"
)
_AXIS = re.compile(
    r"Dimension out of range \(expected to be in range of "
    r"\[(?P<low>-?\d+), (?P<high>-?\d+)\], but got (?P<got>-?\d+)\)"
)
_MANY = re.compile(r"too many indices for tensor of dimension (?P<rank>\d+)")
_INDEX = re.compile(r"index (?P<index>-?\d+) is out of bounds for dimension (?P<axis>\d+) with size (?P<size>\d+)")
_SELECT = re.compile(
    r"index (?P<index>-?\d+) out of range for tensor of size \[(?P<sizes>[\d, ]*)\] at dimension (?P<axis>\d+)"
)


def explain(scene: Scene) -> Told | None:
    """Sizes that do not meet, an axis that is not there, an index past the end."""
    if scene.layer is None:
        return None
    need = _axis(scene) or _index(scene) or _sizes(scene)
    return Told(need, scene.layer) if need is not None else None


def _axis(scene: Scene) -> Need | None:
    if match := _AXIS.search(scene.text):
        rank = int(match["high"]) + 1 - (scene.operation in ("unsqueeze", "stack"))
        detail = {"rank": rank, **scene.facts}
        bounds = (int(match["low"]), int(match["high"]))
        return Need("op.axis", int(match["got"]), bounds, "never", scene.operation, raises=scene.raises, detail=detail)
    if match := _MANY.search(scene.text):
        rank = int(match["rank"])
        return Need("op.axis", rank + 1, rank, "at most", "index", raises=scene.raises, detail=dict(scene.facts))
    return None


def _index(scene: Scene) -> Need | None:
    match = _INDEX.search(scene.text) or _SELECT.search(scene.text)
    if match is None:
        return None
    axis, index = int(match["axis"]), int(match["index"])
    size = int(match["size"]) if "size" in match.re.groupindex else int(match["sizes"].split(",")[axis])
    least = index + 1 if index >= 0 else -index
    detail = {"index": index, **_exactly(scene, axis, size)}
    return Need("op.index", size, least, "at least", "index", axis, raises=scene.raises, detail=detail)


def _exactly(scene: Scene, axis: int, size: int) -> dict[str, Any]:
    """The part of a result that was indexed, where it is the part itself."""
    for value in scene.values:
        origin = origins.find(value) if isinstance(value, Tensor) else None
        if origin is not None and value.dim() > axis and value.shape[axis] == size:
            return {"part": origin.part, "exact": origin.exact}
    return {"part": "other", "exact": False}


def _sizes(scene: Scene) -> Need | None:
    if not isinstance(scene.error, (RuntimeError, ValueError)) or not _SIZES.search(scene.text):
        return None
    return Need("op.shape", None, None, "never", scene.operation, raises=scene.raises, detail=dict(scene.facts))
