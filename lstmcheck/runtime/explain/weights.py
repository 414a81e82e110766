"""load_state_dict with weights of a recurrent layer of another configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from lstmcheck.contract.needs import Need
from lstmcheck.runtime import describe
from lstmcheck.runtime.explain.scene import Scene, Told

_KEY = re.compile(r'"([^"]+)"')
_WEIGHT = re.compile(r"(?:^|\.)(?:weight|bias)_(?:ih|hh|hr)(?:_l\d+)?(?:_reverse)?$")
_SIZE = re.compile(r"size mismatch for (\S+):")


def explain(scene: Scene) -> Told | None:
    """Weights that are missing, unexpected, or of another size."""
    frame = scene.inside("load_state_dict", "nn/modules/module.py")
    if frame is None or "loading state_dict" not in scene.text:
        return None
    model: nn.Module = frame.f_locals["self"]
    saved: Mapping[str, Any] = frame.f_locals["state_dict"]
    missing, unexpected = _keys(scene.text, "Missing key"), _keys(scene.text, "Unexpected key")
    sizes = _SIZE.findall(scene.text)
    if not any(_WEIGHT.search(key) for key in (*missing, *unexpected, *sizes)):
        return None
    for path, module in model.named_modules():
        if describe.is_recurrent(module):
            told = _compared(scene, path, module, saved)
            if told is not None:
                return told
    detail = {"missing": missing, "unexpected": unexpected}
    return Told(Need("state_dict.keys", None, None, "never", raises=scene.raises, detail=detail), None)


def _keys(text: str, what: str) -> list[str]:
    line = next((line for line in text.splitlines() if line.strip().startswith(what)), "")
    return _KEY.findall(line)


def _compared(scene: Scene, path: str, module: nn.Module, saved: Mapping[str, Any]) -> Told | None:
    """The first argument in which the saved layer differs from the one it is loaded into."""
    prefix = f"{path}." if path else ""
    own = {key.removeprefix(prefix): value for key, value in saved.items() if key.startswith(prefix)}
    config: Any = describe.config_of(module)
    for argument, got in _arguments(own).items():
        want = getattr(config, argument, None)
        if want is not None and got != want:
            detail = {"argument": argument, "path": path}
            layer = {"kind": describe.kind_of(module), "text": "", "config": config}
            return Told(Need("state_dict.keys", got, want, subject=path, raises=scene.raises, detail=detail), layer)
    return None


def _arguments(weights: Mapping[str, Any]) -> dict[str, int]:
    """A recurrent layer's arguments as its weights show them; empty where these are no such weights."""
    layers = [int(match[1]) for key in weights if (match := re.fullmatch(r"weight_ih_l(\d+)", key))]
    suffix = "_l0" if layers else ""
    first, second = weights.get(f"weight_ih{suffix}"), weights.get(f"weight_hh{suffix}")
    if not isinstance(first, Tensor) or not isinstance(second, Tensor) or first.dim() != 2 or second.dim() != 2:
        return {}
    found = {"bias": int(f"bias_ih{suffix}" in weights), "input_size": first.shape[1]}
    if f"weight_hr{suffix}" in weights:
        found["proj_size"] = second.shape[1]
    else:
        found["hidden_size"] = second.shape[1]
    if layers:
        found = {
            "num_layers": max(layers) + 1,
            "bidirectional": int("weight_ih_l0_reverse" in weights),
            **found,
        }
    return found
