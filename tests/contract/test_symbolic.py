"""The same contract functions on sizes with names: nothing is compared, and correlated conditions cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmcheck import dims
from lstmcheck.contract import cells, packed, recurrent
from lstmcheck.contract.arguments import Argument, construct
from lstmcheck.contract.cells import CellConfig
from lstmcheck.contract.needs import Need, holds, unmet
from lstmcheck.contract.packed import Lengths
from lstmcheck.contract.recurrent import RecurrentConfig
from lstmcheck.contract.values import OtherLike, PackedLike, State, States, TensorLike
from lstmcheck.dims import Dim, Poly, Verdict
from lstmcheck.testing import strategies
from lstmcheck.testing.verdicts import drive, expect_call, nested

KINDS = ["LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell"]


def named(what: str, needs: list[Need]) -> list[Need]:
    return [need for need in needs if need.what == what]


features, hidden, layers, batch, seq_len = (
    dims.symbol(name, 1) for name in ("features", "hidden", "layers", "batch", "seq_len")
)
both, first = dims.guard("bidirectional"), dims.guard("batch_first")
CONFIG = RecurrentConfig("LSTM", features, hidden, num_layers=layers, bidirectional=both, batch_first=first)


def test_shapes_of_an_open_lstm() -> None:
    needs, result = drive(recurrent.forward(CONFIG, TensorLike((batch, seq_len, features))))
    assert result.output == (batch, seq_len, hidden + both * hidden)
    assert result.h_n == (layers + both * layers, dims.select(first, batch, seq_len), hidden)
    assert result.c_n == result.h_n
    (need,) = named("input.features", needs)
    assert dims.compare(need.got, need.want).verdict is Verdict.EQ


def test_a_right_state_cancels() -> None:
    rows = layers * dims.select(both, 2, 1)
    middle = dims.select(first, batch, seq_len)
    state = TensorLike((rows, middle, hidden))
    needs, _ = drive(recurrent.forward(CONFIG, TensorLike((batch, seq_len, features)), States((state, state))))
    checked = [need for need in needs if need.what in ("state.layers", "state.batch", "state.hidden")]
    assert len(checked) == 6
    assert {dims.compare(need.got, need.want).verdict for need in checked} == {Verdict.EQ}


def test_forgotten_directions_are_wrong_only_when_bidirectional() -> None:
    state = TensorLike((layers, dims.select(first, batch, seq_len), hidden))
    needs, _ = drive(recurrent.forward(CONFIG, TensorLike((batch, seq_len, features)), States((state, state))))
    need = named("state.layers", needs)[0]
    found = dims.compare(need.got, need.want)
    assert found.verdict is Verdict.SOMETIMES
    assert found.when == ({dims.single_atom(both): 1},)


def test_open_prefix() -> None:
    needs, result = drive(recurrent.forward(CONFIG, TensorLike((features,), open=True)))
    assert result.open
    assert result.output == (hidden + both * hidden,)
    (rank,) = named("input.rank", needs)
    assert rank.got is None
    (need,) = named("input.features", needs)
    assert need.axis == -1


def test_projection() -> None:
    size = dims.symbol("proj", 1)
    config = RecurrentConfig("LSTM", 3, hidden, proj_size=size)
    state = TensorLike((1, batch, size))
    needs, result = drive(recurrent.forward(config, TensorLike((5, batch, 3)), States((state, state))))
    last = [(need.subject, need.axis_name, need.want) for need in named("state.hidden", needs)]
    assert last == [("h_0", "proj_size or hidden_size", size), ("c_0", "hidden_size", hidden)]
    assert result.output == (5, batch, size)
    assert result.h_n == (1, batch, size)
    assert result.c_n == (1, batch, hidden)


def test_unknown_arguments_become_symbols() -> None:
    needs, config = drive(construct("LSTM", {"input_size": Argument(), "hidden_size": Argument("int")}))
    assert isinstance(config.input_size, Poly)
    assert isinstance(config.hidden_size, Poly)
    assert all(need.got is None for need in needs if need.subject == "input_size")
    assert dims.compare(config.hidden_size, 0).verdict is Verdict.NE


def test_a_symbol_of_the_caller_is_kept() -> None:
    given_arguments = {"input_size": Argument("int", features), "hidden_size": Argument(None, hidden)}
    _, config = drive(construct("GRU", given_arguments | {"bidirectional": Argument("bool", both)}))
    assert (config.input_size, config.hidden_size, config.bidirectional) == (features, hidden, both)


def test_dropout_on_a_symbolic_number_of_layers() -> None:
    given_arguments = {
        "input_size": Argument("int", 2),
        "hidden_size": Argument("int", 3),
        "num_layers": Argument("int", layers),
        "dropout": Argument("float", 0.5),
    }
    needs, _ = drive(construct("LSTM", given_arguments))
    (need,) = named("construct.dropout_unused", needs)
    assert (need.got, need.want, need.relation, need.warns) == (layers, 2, "at least", True)


def test_cell() -> None:
    _, result = drive(cells.forward(CellConfig("LSTMCell", features, hidden), TensorLike((batch, features))))
    assert (result.h, result.c) == ((batch, hidden), (batch, hidden))


def test_pack_and_pad() -> None:
    padded = TensorLike((batch, seq_len, features))
    _, sequence = drive(packed.pack_padded_sequence(padded, Lengths(count=batch), first, None))
    assert sequence.features == features
    _, result = drive(recurrent.forward(CONFIG, sequence))
    assert result.packed is not None
    assert result.packed.rows == sequence.rows
    _, back = drive(packed.pad_packed_sequence(result.packed, first, total_length=seq_len))
    assert back.output.shape[2] == CONFIG.output_size


def changed(value: Any, change: Callable[[TensorLike], TensorLike]) -> Any:
    """The same description with every tensor changed."""
    if isinstance(value, TensorLike):
        return change(value)
    if isinstance(value, States):
        return States(tuple(changed(item, change) for item in value.items), value.container)
    return value


def lifted(value: Any, lift: Callable[[int], Dim]) -> Any:
    """The same description with every size replaced."""

    def change(tensor: TensorLike) -> TensorLike:
        return TensorLike(tuple(lift(dim) for dim in tensor.shape if isinstance(dim, int)), tensor.dtype, tensor.device)

    return changed(value, change)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=min(300, settings().max_examples))
@given(data=st.data())
def test_symbols_and_ints_agree(kind: str, data: st.DataObject) -> None:
    """Run on symbols, then put the sizes in: the needs and shapes of the run on ints, for calls that torch accepts."""
    config, input, hx = data.draw(strategies.calls(kind))
    expected = expect_call(config, input, hx)
    if expected.refused is not None or not isinstance(input, TensorLike):
        return
    values: dict[dims.Atom, Dim] = {}

    def lift(size: int) -> Poly:
        symbol = dims.symbol(f"s{size}", 0)
        atom = dims.single_atom(symbol)
        assert atom is not None
        values[atom] = size
        return symbol

    state: State = lifted(hx, lift)
    run = recurrent.forward if isinstance(config, RecurrentConfig) else cells.forward
    _, result = drive(run(config, lifted(input, lift), state))  # type: ignore[arg-type]
    assert substituted(nested(result), values) == expected.result


def substituted(shape: Any, values: dict[dims.Atom, Dim]) -> Any:
    if isinstance(shape, tuple):
        return tuple(substituted(item, values) for item in shape)
    return dims.substitute(shape, values)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("hx", [None, OtherLike(None), OtherLike("tuple"), TensorLike((), open=True)])
def test_what_is_unknown_is_no_obstacle(kind: str, hx: State) -> None:
    config = RecurrentConfig(kind, features, hidden, num_layers=layers)
    for input in (OtherLike(None), TensorLike((), open=True), PackedLike(features, batch)):
        _, result = drive(recurrent.forward(config, input, hx))
        assert dims.compare(result.output[-1], hidden).verdict is Verdict.EQ


def refused(config: Any, input: Any, hx: State) -> list[tuple[str, str]]:
    """What is not met and raises, told by sizes that are known."""
    run = recurrent.forward if isinstance(config, RecurrentConfig) else cells.forward
    needs, _ = drive(run(config, input, hx))
    return [
        (need.what, need.subject)
        for need in needs
        if need.raises is not None and not any(map(dims.atoms_of, (need.got, need.want))) and not holds(need)
    ]


def opened(value: Any, kept: int) -> Any:
    """A value of which only the last axes are seen."""

    def change(tensor: TensorLike) -> TensorLike:
        return TensorLike(tensor.shape[max(0, len(tensor.shape) - kept) :], tensor.dtype, tensor.device, open=True)

    return changed(value, change)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=min(300, settings().max_examples))
@given(data=st.data())
def test_what_is_refused_of_a_part_is_refused_of_the_whole(kind: str, data: st.DataObject) -> None:
    config, input, hx = data.draw(strategies.calls(kind))
    kept = data.draw(st.integers(0, 2), label="axes of the input, or all")
    kept_of_state = data.draw(st.integers(0, 2), label="axes of the state")
    expected = expect_call(config, input, hx)
    for seen, state in (
        (opened(input, kept), hx),
        (input, opened(hx, kept_of_state)),
        (opened(input, 1), opened(hx, 1)),
    ):
        if refused(config, seen, state):
            assert expected.refused is not None or expected.unmet


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rank", [1, 2, 3, None])
@pytest.mark.parametrize("index", [0, 1])
def test_the_last_axis_of_a_state_is_judged_where_its_rank_is_not_known(
    kind: str, rank: int | None, index: int
) -> None:
    cell = kind.endswith("Cell")
    if (cell and rank == 3) or (not cell and rank == 1):
        return
    config = CellConfig(kind, 3, 4) if cell else RecurrentConfig(kind, 3, 4)
    input = TensorLike((3,), open=True) if rank is None else TensorLike((*(5, 6, 3)[3 - rank :],))
    right, wrong = TensorLike((4,), open=True), TensorLike((5,), open=True)
    pair = [right, right]
    pair[index] = wrong
    hx = States(tuple(pair)) if kind.startswith("LSTM") else pair[0]
    expected = [("state.hidden", ("h_0", "c_0")[index])] if index == 0 or kind.startswith("LSTM") else []
    assert refused(config, input, hx) == expected
    assert refused(config, input, States((right, right)) if kind.startswith("LSTM") else right) == []


@pytest.mark.parametrize(("enforce_sorted", "raised"), [(True, True), (False, False), (None, False)])
def test_fewer_lengths_than_samples_raise_only_where_order_is_enforced(
    enforce_sorted: bool | None, raised: bool
) -> None:
    one = Lengths((2,))
    found = unmet(packed.pack_padded_sequence(TensorLike((2, 3, 4)), one, enforce_sorted=enforce_sorted))
    assert any(need.raises is not None for need in found) is raised


def test_more_lengths_than_samples_raise_either_way() -> None:
    found = unmet(packed.pack_padded_sequence(TensorLike((2, 1, 4)), Lengths((2, 2)), enforce_sorted=None))
    assert [need.what for need in found if need.raises is not None] == ["pack.lengths.count"]
