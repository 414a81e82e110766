"""Layers that follow a recurrent one: another number of features, another rank, a tuple instead of a tensor."""

from __future__ import annotations

import re
from typing import Any

from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lstmcheck.contract.needs import Need
from lstmcheck.runtime.explain.scene import Scene, Told

# the axis of the features, and the attribute that says how many there must be
_FEATURES: tuple[tuple[type[nn.Module], int, str], ...] = (
    (nn.Linear, -1, "in_features"),
    (nn.LayerNorm, -1, "normalized_shape"),
    (nn.RMSNorm, -1, "normalized_shape"),
    (nn.modules.batchnorm._NormBase, 1, "num_features"),
    (nn.Conv1d, -2, "in_channels"),
    (nn.Conv2d, -3, "in_channels"),
    (nn.MultiheadAttention, -1, "embed_dim"),
    (nn.GroupNorm, 1, "num_channels"),
)
_RANKS = {"BatchNorm1d": (2, 3), "Conv1d": (2, 3), "BatchNorm2d": (4,), "Conv2d": (3, 4)}
_NO_TENSOR = re.compile(r"(?P<name>\w+)\(\): argument '\w+' \(position \d+\) must be Tensor, not (?P<type>\w+)")
_NO_ELEMENT = re.compile(r"expected Tensor as element \d+ in argument \d+, but got (?P<type>\w+)")


def explain(scene: Scene) -> Told | None:
    """A layer or function of torch's that does not take what it is given."""
    return _type(scene) or _features(scene) or _ids(scene)


def _type(scene: Scene) -> Told | None:
    module = scene.module
    named = type(module).__name__ if module is not None else scene.operation
    match = _NO_TENSOR.search(scene.text) or _NO_ELEMENT.search(scene.text)
    given = match["type"] if match is not None else None
    if given is None and isinstance(scene.error, AttributeError) and scene.inner:
        value = getattr(scene.error, "obj", None)
        if isinstance(value, (tuple, PackedSequence)):
            given = type(value).__name__
    if given not in ("tuple", "list", "PackedSequence") or scene.layer is None:
        return None
    detail = {"layer": named, "type": given, **scene.facts}
    return Told(Need("layer.type", given, "Tensor", "never", named, raises=scene.raises, detail=detail), scene.layer)


def _features(scene: Scene) -> Told | None:
    module, value = scene.module, scene.argument("input", "query", "x")
    if module is None or not isinstance(value, Tensor) or scene.layer is None:
        return None
    name = type(module).__name__
    ranks = _RANKS.get(name, ())
    if ranks and value.dim() not in ranks:
        detail = dict(scene.facts)
        need = Need("layer.rank", value.dim(), ranks, "one of", name, raises=scene.raises, detail=detail)
        return Told(need, scene.layer)
    for cls, axis, attribute in _FEATURES:
        if isinstance(module, cls):
            want = _last(getattr(module, attribute, None))
            if -value.dim() <= axis < value.dim() and isinstance(want, int) and value.shape[axis] != want:
                detail = {"layer": name, **scene.facts}
                got = value.shape[axis]
                return Told(
                    Need("layer.features", got, want, "equal", name, axis, raises=scene.raises, detail=detail),
                    scene.layer,
                )
    return None


def _last(value: Any) -> Any:
    return value[-1] if isinstance(value, tuple) and value else value


def _ids(scene: Scene) -> Told | None:
    value = scene.argument("input")
    if not isinstance(scene.module, nn.Embedding) or not isinstance(value, Tensor) or "indices" not in scene.text:
        return None
    got = str(value.dtype).removeprefix("torch.")
    if got in ("int64", "int32") or scene.layer is None:
        return None
    need = Need("layer.dtype", got, ("int64", "int32"), "one of", "Embedding", raises=scene.raises)
    return Told(need, scene.layer)
