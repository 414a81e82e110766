"""What real programs do most, where ranks are not known: the last size must survive, and nothing false be said."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from ops_bench import Bench, resolve

from lstmcheck.dims import Dim, symbol
from lstmcheck.infer.calls import call_op
from lstmcheck.infer.layers import call_layer, construct_layer
from lstmcheck.infer.shapes import Shape, closed
from lstmcheck.infer.torch_ops import LAYERS, OPS
from lstmcheck.infer.torch_ops.indexing import getitem
from lstmcheck.infer.torch_ops.pointwise import binary
from lstmcheck.infer.values import Items, Layer, Packed, Role, Slice, Tensor, Unknown

ALL = Slice(None, None, None)
H = symbol("hidden", 1)
LSTM = Layer("torch.nn.LSTM", {})


def tuple_(*values: Any) -> Items:
    return Items("tuple", values)


def call(name: str, *args: Any, **keywords: Any) -> Any:
    return call_op(Bench(), OPS[name], list(args), keywords, False)


def layer(name: str, made: tuple[Any, ...], *args: Any, m: Bench | None = None, **options: Any) -> Any:
    machine = m or Bench()
    built = construct_layer(machine, f"torch.nn.{name}", list(made), options, False)
    return call_layer(machine, built, list(args), {}, False)


def embedded() -> Tensor:
    made = layer("Embedding", (100, H), Unknown("ids"))
    assert isinstance(made, Tensor)
    return made


def output() -> Tensor:
    return Tensor(Shape((), (H,), True, 3), "float32", role=Role(LSTM, "output"))


def h_n() -> Tensor:
    return Tensor(Shape((2,), (H,), True, 3), "float32", role=Role(LSTM, "h_n"))


KEEPS: dict[str, Any] = {
    "Linear": lambda: layer("Linear", (7, H), Unknown("x")),
    "Embedding": embedded,
    "Dropout": lambda: layer("Dropout", (0.5,), embedded()),
    "ReLU": lambda: layer("ReLU", (), embedded()),
    "relu": lambda: call("torch.relu", embedded()),
    "contiguous": lambda: call("Tensor.contiguous", embedded()),
    "transpose": lambda: call("Tensor.transpose", embedded(), 0, 1),
    "permute": lambda: call("Tensor.permute", embedded(), 1, 0, 2),
    "unsqueeze": lambda: call("Tensor.unsqueeze", embedded(), 1),
    "squeeze": lambda: call("Tensor.squeeze", embedded(), 1),
    "squeeze(0) of h_n": lambda: call("Tensor.squeeze", h_n(), 0),
    "mean": lambda: call("torch.mean", embedded(), 1),
    "h_n[-1]": lambda: getitem(Bench(), h_n(), -1),
    "out[:, -1]": lambda: getitem(Bench(), output(), tuple_(ALL, -1)),
    "out[:, -1, :]": lambda: getitem(Bench(), output(), tuple_(ALL, -1, ALL)),
    "out[-1]": lambda: getitem(Bench(), output(), -1),
    "x[:, -1, :]": lambda: getitem(Bench(), embedded(), tuple_(ALL, -1, ALL)),
    "x[..., :]": lambda: getitem(Bench(), embedded(), tuple_(Ellipsis, ALL)),
    "x[:, :3]": lambda: getitem(Bench(), embedded(), tuple_(ALL, Slice(None, 3, None))),
    "x + unknown": lambda: binary(Bench(), embedded(), Unknown("y"), "+"),
    "x * 2": lambda: binary(Bench(), embedded(), 2, "*"),
    "cat along time": lambda: call("torch.cat", Items("list", [output(), output()]), 1),
    "repeat_interleave": lambda: call("torch.repeat_interleave", output(), 2, 1),
    "flip": lambda: call("torch.flip", embedded(), tuple_(1)),
    "LayerNorm": lambda: layer("LayerNorm", (H,), embedded()),
    "stack": lambda: call("torch.stack", Items("list", [output(), output()]), 0),
    "chunk": lambda: call("torch.chunk", embedded(), 2, 0).rest,
}


@pytest.mark.parametrize("name", KEEPS)
def test_the_last_size_survives(name: str) -> None:
    made = KEEPS[name]()
    assert isinstance(made, Tensor)
    assert made.shape.last == H


def test_cat_of_the_last_axis_adds() -> None:
    made = call("torch.cat", Items("list", [embedded(), output()]), -1)
    assert made.shape.last == H + H


def test_halves_of_h_n_are_joined() -> None:
    both = Tensor(closed(2, 5, H), role=Role(LSTM, "h_n"))
    made = call("torch.cat", Items("tuple", [getitem(Bench(), both, -2), getitem(Bench(), both, -1)]), 1)
    assert made.shape == closed(5, H + H)
    assert made.role is not None
    assert made.role.layer is LSTM
    assert not made.role.exact


def test_roles() -> None:
    out = output()
    for name in ("contiguous", "detach", "clone", "cpu"):
        assert call(f"Tensor.{name}", out).role.exact, name
    assert layer("Dropout", (), out).role.exact
    assert not call("torch.tanh", out).role.exact


def test_leading_sizes_are_shared() -> None:
    ids = Unknown("ids").as_tensor()
    made = layer("Embedding", (100, H), ids)
    assert made.size(0) == ids.size(0)
    assert layer("Linear", (H, 3), made).size(1) == ids.size(1)


def test_view_keeps_what_was_written() -> None:
    batch = symbol("batch", 0)
    states = Tensor(closed(4, batch, H))
    assert call("Tensor.view", states, 2, 2, batch, -1).shape == closed(2, 2, batch, H)
    flat = Tensor(closed(batch, 7, 2 * H))
    assert call("Tensor.view", flat, -1, 2 * H).shape == closed(7 * batch, 2 * H)
    assert call("Tensor.view", embedded(), batch, -1).shape.left[0] == batch


def test_slices_of_symbolic_sizes() -> None:
    time = symbol("time", 1)
    x = Tensor(closed(3, time, 2 * H))

    def last(key: Any) -> Dim:
        made = getitem(Bench(), x, tuple_(ALL, ALL, key))
        return made.shape.left[-1]

    assert last(Slice(None, H, None)) == H
    assert last(Slice(H, None, None)) == H
    assert getitem(Bench(), x, tuple_(ALL, Slice(None, -1, None))).shape.left[1] == time - 1
    assert getitem(Bench(), x, tuple_(ALL, ALL, Slice(3, None, None))).shape.left[-1] not in (H, 2 * H)


def test_tuples_and_packs_are_no_tensors() -> None:
    wrong = [tuple_(output(), h_n()), Packed(H, 3)]
    for value, kind in zip(wrong, ("tuple", "PackedSequence")):
        for name, text in (
            ("Linear", f"linear(): argument 'input' (position 1) must be Tensor, not {kind}"),
            ("Dropout", f"dropout(): argument 'input' (position 1) must be Tensor, not {kind}"),
            ("ReLU", f"relu(): argument 'input' (position 1) must be Tensor, not {kind}"),
            ("BatchNorm1d", f"'{kind}' object has no attribute 'dim'"),
        ):
            m = Bench()
            made = {"Linear": (3, 4), "BatchNorm1d": (3,)}.get(name, ())
            layer(name, made, value, m=m)
            assert [need.raises.text for need in m.unmet if need.raises] == [text]
            assert m.unmet[0].what == "layer.type"


def test_features_of_a_following_layer() -> None:
    m = Bench()
    layer("Linear", (2 * H, 3), Tensor(closed(5, 3 * H), role=Role(LSTM, "output")), m=m)
    (need,) = m.unmet
    assert (need.what, need.subject, need.got, need.want) == ("layer.features", "Linear", 3 * H, 2 * H)
    assert need.detail["part"] == "output"


def test_a_size_that_may_be_one_is_never_accused() -> None:
    m = Bench()
    binary(m, Tensor(closed(5, H)), Tensor(closed(5, 2 * H)), "+")
    assert not m.unmet
    big = symbol("big", 2)
    binary(m, Tensor(closed(5, big)), Tensor(closed(5, 2 * big)), "+")
    assert m.unmet


def test_mse_of_a_column_and_a_vector_warns() -> None:
    m = Bench()
    batch = symbol("batch", 2)
    layer("MSELoss", (), Tensor(closed(batch, 1)), Tensor(closed(batch)), m=m)
    assert [(need.what, need.warns) for need in m.unmet] == [("loss.broadcast", True)]


def test_packing_and_padding() -> None:
    batch, time = symbol("batch", 1), symbol("time", 1)
    x = Tensor(closed(batch, time, H), "float32")
    packed = call("torch.nn.utils.rnn.pack_padded_sequence", x, Unknown("lengths"), batch_first=True)
    assert isinstance(packed, Packed)
    assert (packed.features, packed.batch) == (H, batch)
    padded, lengths = call("torch.nn.utils.rnn.pad_packed_sequence", packed, batch_first=True).head
    assert padded.shape.left[0] == batch
    assert padded.shape.left[2] == H
    assert lengths.shape == closed(batch)
    assert lengths.device == "cpu"
    unknown = call("torch.nn.utils.rnn.pad_packed_sequence", Unknown("out")).head[0]
    assert unknown.shape.min_rank == 2
    m = Bench()
    call_op(m, OPS["torch.nn.utils.rnn.pad_packed_sequence"], [Tensor(closed(2, 3, 4))], {}, False)
    assert [need.what for need in m.unmet] == ["pad.input.type"]


def test_transformer_stacks_keep_the_shape() -> None:
    m = Bench()
    inner = construct_layer(m, "torch.nn.TransformerEncoderLayer", [H, 2], {}, False)
    made = layer("TransformerEncoder", (inner, 2), Tensor(closed(5, 3, H)))
    assert made.shape == closed(5, 3, H)


def test_from_pretrained() -> None:
    table = Tensor(closed(100, 50), "float32")
    made = call("torch.nn.Embedding.from_pretrained", table)
    assert isinstance(made, Layer)
    assert call_layer(Bench(), made, [Tensor(closed(2, 3), "int64")], {}, False).shape == closed(2, 3, 50)


def test_every_path_is_torchs() -> None:
    assert not [path for path in (*OPS, *LAYERS) if resolve(path) is None]


def test_unpadding() -> None:
    made = call("torch.nn.utils.rnn.unpad_sequence", Tensor(closed(5, 3, H)), Unknown("lengths"))
    assert isinstance(made, Items)
    assert made.length == 3
    assert made.rest.shape.left[1] == H


def test_one_steps_embeddings_may_be_joined_along_their_features() -> None:
    made = call("torch.cat", Items("list", [embedded(), embedded()]), 1)
    assert isinstance(made, Tensor)
    assert made.shape.last is None
