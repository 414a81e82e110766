"""Losses of a recurrent result: shapes and dtypes of prediction and target."""

from __future__ import annotations

import re
from types import FrameType
from typing import Any

from torch import Tensor

from lstmcheck.contract.needs import Need
from lstmcheck.runtime.explain.scene import Scene, Told

_CLASSES = ("cross_entropy", "nll_loss")
_ALIKE = (
    *("binary_cross_entropy", "binary_cross_entropy_with_logits", "mse_loss", "l1_loss", "smooth_l1_loss"),
    *("huber_loss", "kl_div", "poisson_nll_loss", "gaussian_nll_loss", "soft_margin_loss"),
)
_DTYPE = re.compile(r"dtype|scalar type|not implemented for|Long|Float")


def explain(scene: Scene) -> Told | None:
    """A loss that refuses its prediction or target."""
    for frame in scene.inner:
        name = frame.f_code.co_name
        if name in (*_CLASSES, *_ALIKE) and frame.f_code.co_filename.endswith("functional.py"):
            return _judged(scene, name, frame)
    return None


def _judged(scene: Scene, name: str, frame: FrameType) -> Told | None:
    prediction, target = (frame.f_locals.get(key) for key in ("input", "target"))
    if not isinstance(prediction, Tensor) or not isinstance(target, Tensor) or scene.layer is None:
        return None
    module = scene.module
    named = type(module).__name__ if module is not None and type(module).__name__.endswith("Loss") else name
    given, wanted = tuple(target.shape), _shape(name, prediction)
    if given != wanted:
        detail = {"input": tuple(prediction.shape), "loss": named}
        need = Need("loss.shape", given, wanted, "equal", named, raises=scene.raises, detail=detail)
        return Told(need, scene.layer)
    if _DTYPE.search(scene.text):
        want = ("int64",) if name in _CLASSES else ("float32",)
        got = str(target.dtype).removeprefix("torch.")
        if got not in want:
            return Told(Need("loss.dtype", got, want, "one of", named, raises=scene.raises), scene.layer)
    return None


def _shape(name: str, prediction: Tensor) -> tuple[Any, ...]:
    shape = tuple(prediction.shape)
    if name not in _CLASSES:
        return shape
    return () if len(shape) == 1 else (shape[0], *shape[2:])
