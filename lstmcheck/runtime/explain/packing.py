"""pad_sequence and PackedSequence that refuse what they are given."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from lstmcheck.contract import pack_parts
from lstmcheck.contract import packed as contract
from lstmcheck.runtime import checks, describe
from lstmcheck.runtime.explain.scene import Scene, Told

_FILE = "utils/rnn.py"


def explain(scene: Scene) -> Told | None:
    """A function of torch.nn.utils.rnn, judged by the contract."""
    if frame := scene.inside("__new__", _FILE):
        parts = [frame.f_locals.get(name) for name in ("data", "batch_sizes", "sorted_indices", "unsorted_indices")]
        return _first(scene, pack_parts.packed_sequence(describe.parts_of(parts)))
    if frame := scene.inside("pad_sequence", _FILE):
        sequences = frame.f_locals.get("sequences")
        if isinstance(sequences, (list, tuple)) and all(isinstance(one, Tensor) for one in sequences):
            return _first(scene, contract.pad_sequence([describe.tensor_like(one) for one in sequences]))
    return None


def _first(scene: Scene, requirements: Any) -> Told | None:
    found = [one.need for one in checks.judged(requirements) if checks.fails(one.need)]
    return Told(found[0], scene.layer) if found else None
