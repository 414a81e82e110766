"""Arguments that are drawn seldom, or that only some readings let pass, held against torch."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))

from ops_bench import Reading, T, check, observe, resolve, run_layer, run_op, symbolic, to_torch
from test_against_torch import sizes_in

F = "torch.nn.functional."
RNN = "torch.nn.utils.rnn."
LONG = T((2,), "int64")

CALLS: list[tuple[str, list[Any], dict[str, Any]]] = [
    ("Tensor.view", [T((2, 4)), torch.int32], {}),
    ("Tensor.view", [T((2, 6)), -1, -1, 3], {}),
    ("torch.transpose", [T((2, 3)), 2, -2], {}),
    ("torch.transpose", [T((2, 3)), -3, 1], {}),
    ("torch.transpose", [T((2, 3, 4)), 0, 5], {}),
    ("torch.transpose", [T((2, 3, 4)), -1, 3], {}),
    ("Tensor.expand", [T((3,)), -1, 3], {}),
    ("Tensor.expand", [T((3, 1)), 2, -1, 4], {}),
    ("Tensor.unfold", [T((4,)), 0, 2, 0], {}),
    ("torch.view_as_real", [T((2, 3), "complex64")], {}),
    ("torch.cat", [[T(()), T(())]], {}),
    ("torch.cat", [[T((2, 3)), T((0,))]], {}),
    ("torch.cat", [[T((0,)), T((2, 3)), T((2, 3))], 1], {}),
    ("torch.stack", [[T((2, 3)), T((2,))]], {}),
    ("torch.split", [T((66, 3)), 2], {}),
    ("torch.split", [T((66, 3)), [1] * 64 + [2]], {}),
    ("torch.split", [T((6, 3)), [1] * 40 + [2]], {}),
    ("torch.split", [T((6, 3)), "text"], {}),
    ("torch.split", [T((6, 3)), -1], {}),
    ("torch.split", [T((6, 3)), 0], {}),
    ("torch.chunk", [T((80, 3)), 40], {}),
    ("Tensor.to", [T((2,)), True], {}),
    ("torch.randint", [0, 5], {"size": (2, 3)}),
    ("torch.randint", [], {}),
    ("torch.from_numpy", ["text"], {}),
    ("torch.multinomial", [T((2, 3, 4)), 2], {}),
    ("torch.matmul", [T((2, 3)), T((3, 4))], {}),
    ("torch.bmm", [T((2, 3, 4, 5)), T((2, 5, 4))], {}),
    (F + "linear", [T((2, 3)), T((3,))], {}),
    (F + "linear", [T((2, 3)), T((4, 3, 2))], {}),
    ("torch.einsum", ["ij,jk->ik", T((2, 1)), T((3, 4))], {}),
    ("torch.zeros", [2], {"dtype": "float64"}),
    (F + "binary_cross_entropy", [T((2, 3)), T((2, 3), "int64")], {}),
    (F + "cross_entropy", [T((5,)), T((2,), "int32")], {}),
    (F + "cross_entropy", [T((0, 3)), T((), "int64")], {}),
    (F + "ctc_loss", [T((5, 4)), LONG, LONG, LONG], {}),
    (F + "ctc_loss", [T((5, 2, 4)), T((2, 3), "int64"), 5, LONG], {}),
    (F + "pad", [T((2, 3)), (-2, -2)], {}),
    ("torch.stft", [T((8,)), 4, 0], {}),
    ("torch.stft", [T((16,)), 8], {"center": False, "return_complex": True}),
    ("torch.stft", [T((2, 16)), 8], {"return_complex": True}),
    (RNN + "pack_padded_sequence", [[T((2, 3))], [2]], {}),
    (RNN + "PackedSequence", [T((5, 3))], {}),
    (RNN + "PackedSequence", [5, T((2,), "int64")], {}),
    (RNN + "unpad_sequence", [T((3,)), LONG], {}),
    (RNN + "unpad_sequence", [T((4, 2, 3)), LONG], {}),
    ("getitem", [T((4, 3, 2)), ([0, 1], slice(None), T((2,), "int64"))], {}),
]

Module = tuple[str, tuple[list[Any], dict[str, Any]], list[Any]]
MODULES: list[Module] = [
    ("torch.nn.InstanceNorm1d", ([3], {}), [T((2, 3, 4))]),
    ("torch.nn.InstanceNorm1d", ([3], {}), [T((2, 5, 4))]),
    ("torch.nn.GroupNorm", ([2, 4], {"affine": False}), [T((2, 6, 4))]),
    ("torch.nn.GroupNorm", ([2, 4], {}), [T((2, 6, 4))]),
    ("torch.nn.LayerNorm", ([3], {}), ["text"]),
    ("torch.nn.TransformerEncoderLayer", ([4, 2], {}), ["text"]),
    ("torch.nn.RMSNorm", ([3], {}), [T((2, 3))]),
]


def readings(drawn: Any) -> list[Reading]:
    sizes = sizes_in(drawn)
    hidden = [Reading(hidden=(left, right)) for left in (0, 1, 2) for right in (0, 1, 2)]
    return [Reading(), symbolic(sizes), *(symbolic({size}) for size in sizes), *hidden]


@pytest.mark.parametrize(("path", "args", "named"), CALLS)
def test_operation(path: str, args: list[Any], named: dict[str, Any]) -> None:
    given, options = [to_torch(value) for value in args], {key: to_torch(value) for key, value in named.items()}
    function = (lambda x, key: x[key]) if path == "getitem" else resolve(path)
    assert function is not None
    outcome = observe(lambda: function(*given, **options))
    for reading in readings((args, named)):
        claimed, m = run_op(path, args, named, reading)
        check(outcome, claimed, m, reading, False)


@pytest.mark.parametrize(("path", "made", "args"), MODULES)
def test_module(path: str, made: tuple[list[Any], dict[str, Any]], args: list[Any]) -> None:
    module = resolve(path)
    assert module is not None
    outcome = observe(lambda: module(*made[0], **made[1])(*map(to_torch, args)))
    for reading in readings((made, args)):
        claimed, m = run_layer(path, made, (args, {}), reading)
        check(outcome, claimed, m, reading, False)


def test_an_equation_beside_an_axis_of_one() -> None:
    claimed, _ = run_op("torch.einsum", ["ij,jk->ik", T((2, 1)), T((3, 4))], {}, Reading())
    assert claimed.shape.left == (2, 4)
