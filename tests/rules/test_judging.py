"""Messages, severities and tables, from needs that the contract itself states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from lstmcheck.contract import arguments, cells, packed, recurrent
from lstmcheck.contract.arguments import Argument
from lstmcheck.contract.needs import Need, Raises, Requirements
from lstmcheck.contract.values import OtherLike, PackedLike, States, TensorLike
from lstmcheck.dims import Verdict, compare, symbol
from lstmcheck.findings import Finding, Location, Violation
from lstmcheck.rules import judge
from lstmcheck.rules.judging import rule_for

HERE = Location("model.py", 3, 1, 3, 9)


def lstm(**options: Any) -> recurrent.RecurrentConfig:
    return recurrent.RecurrentConfig(**{"kind": "LSTM", "input_size": 10, "hidden_size": 20, **options})


def tensor(*shape: Any, **options: Any) -> TensorLike:
    return TensorLike(shape, **options)


def pair(*shape: Any) -> States:
    return States((tensor(*shape), tensor(*shape)))


def violated(requirements: Requirements[Any], config: Any = None, **options: Any) -> list[Violation]:
    """Every violated need, as the engine would hand it over."""
    rows = []
    for need in requirements:
        try:
            met = need.relation != "never" and _met(need)
        except TypeError:
            met = None
        rows.append((need, {True: "ok", False: "never", None: "unknown"}[met]))
    layer = None if config is None else {"kind": config.kind, "config": config, "text": f"nn.{config.kind}(...)"}
    return [Violation(need, HERE, tuple(rows), layer=layer, **options) for need, verdict in rows if verdict == "never"]


def _met(need: Need) -> bool | None:
    from lstmcheck.contract.needs import holds
    from lstmcheck.dims import Poly

    if need.got is None:
        return None
    if isinstance(need.got, Poly) or isinstance(need.want, Poly):
        verdict = compare(need.got, need.want).verdict if need.relation == "equal" else Verdict.MAYBE
        return {Verdict.EQ: True, Verdict.NE: False}.get(verdict)
    return holds(need)


def first(requirements: Requirements[Any], config: Any = None, **options: Any) -> Finding:
    finding = judge(violated(requirements, config, **options)[0])
    assert finding is not None
    return finding


def called(config: recurrent.RecurrentConfig, x: Any, hx: Any = None, **options: Any) -> Finding:
    return first(recurrent.forward(config, x, hx), config, **options)


def built(kind: str, *positional: Any, **keywords: Any) -> Finding:
    def requirements() -> Requirements[Any]:
        bound = yield from arguments.bind(kind, positional, keywords)
        yield from arguments.construct(kind, {name: Argument.of(value) for name, value in bound.items()})

    return first(requirements(), facts={"kind": kind})


B = symbol("batch", 0)
H = symbol("hidden", 1)

UNDEFINED = "; torch does not check this: it crashes, fails elsewhere, or computes with wrong numbers"

CALLS = [
    (
        called(lstm(bidirectional=1, num_layers=2), tensor(5, 3, 10), pair(2, 3, 20)),
        "LSTM201",
        "h_0 has 2 layer rows, this 2-layer bidirectional LSTM needs 4 (num_layers * num_directions = 2 * 2)",
    ),
    (
        called(lstm(kind="GRU", batch_first=1, num_layers=2), tensor(8, 15, 10), tensor(8, 2, 20)),
        "LSTM202",
        "h_0 is batch-first: it is (8, 2, 20), this 2-layer GRU needs (2, 8, 20)",
    ),
    (
        called(lstm(batch_first=1), tensor(16, 7, 10), pair(1, 7, 20)),
        "LSTM203",
        "h_0 is for a batch of 7, the input of this LSTM has a batch of 16 (axis 0, batch_first=True)",
    ),
    (
        called(lstm(kind="GRU", hidden_size=2 * H), tensor(5, B, 10), tensor(1, B, H)),
        "LSTM204",
        "h_0 has hidden features, this GRU needs 2*hidden (hidden_size)",
    ),
    (
        called(lstm(proj_size=5), tensor(7, 4, 10), pair(1, 4, 20)),
        "LSTM205",
        "h_0 has 20 features (hidden_size), this LSTM with proj_size needs 5 (proj_size)",
    ),
    (
        called(lstm(), tensor(5, 3, 10), pair(3, 20)),
        "LSTM206",
        "h_0 has 2 axes, a batched input needs 3: (layers * directions, batch, hidden)",
    ),
    (
        called(lstm(), tensor(5, 3, 10), tensor(1, 3, 20)),
        "LSTM207",
        "this LSTM needs the pair (h_0, c_0) as its state, got one tensor",
    ),
    (
        called(lstm(kind="GRU"), tensor(5, 3, 10), pair(1, 3, 20)),
        "LSTM207",
        "this GRU needs one tensor h_0 as its state, got a tuple: it has no cell state",
    ),
    (
        called(lstm(), tensor(5, 3, 10), States((tensor(1, 3, 20),))),
        "LSTM208",
        "the state has 1 element, this LSTM needs the pair (h_0, c_0)",
    ),
    (
        called(lstm(), OtherLike("tuple")),
        "LSTM221",
        "this LSTM takes a tensor or PackedSequence as its input, got a tuple",
    ),
    (
        called(lstm(), tensor(8, 1, 28, 10)),
        "LSTM222",
        "the input has 4 axes, this LSTM takes 3 (batched) or 2 (one sequence)",
    ),
    (
        called(lstm(), tensor(5, 3, 8)),
        "LSTM223",
        "the input has 8 features on its last axis, this LSTM needs 10 (input_size)",
    ),
    (
        called(lstm(dtype="torch.float32"), tensor(5, 3, 10, dtype="torch.int64")),
        "LSTM224",
        "the input is torch.int64, the weights of this LSTM are torch.float32",
    ),
    (
        called(lstm(), tensor(5, 3, 10, dtype="torch.int64")),
        "LSTM224",
        "the input is torch.int64, the weights of this LSTM are floating-point",
    ),
    (
        called(lstm(), PackedLike(10, 3), pair(1, 1, 20)),
        "LSTM203",
        "h_0 is for a batch of 1, the input of this LSTM has a batch of 3" + UNDEFINED,
    ),
    (built("LSTM", 10, 20, True), "LSTM104", "num_layers of this LSTM is a bool; every call of the layer fails"),
    (built("LSTM", 10, 20, 2, 0.5), "LSTM102", "bias of this LSTM must be a bool, got a float"),
    (built("GRU", 10, 20 / 2), "LSTM102", "hidden_size of this GRU must be an int, got a float"),
    (built("GRU", 10, 20, units=3), "LSTM101", "GRU got an unexpected keyword argument 'units'"),
    (built("LSTM", 10), "LSTM101", "LSTM is missing 1 required positional argument: 'hidden_size'"),
    (built("LSTM", 10, 0), "LSTM103", "hidden_size of this LSTM must be greater than zero, got 0"),
    (built("LSTM", 10, 20, 2, dropout=20), "LSTM103", "dropout of this LSTM must be a number from 0 to 1, got 20"),
    (
        built("GRU", 10, 20, bidirectional="False"),
        "LSTM105",
        "bidirectional of this GRU must be a bool, got 'False'; every call of the layer fails",
    ),
    (
        built("GRU", 10, 20, proj_size=5),
        "LSTM106",
        "GRU has no proj_size: only LSTM can project its hidden state",
    ),
    (built("LSTM", 10, 20, proj_size=20), "LSTM106", "proj_size is 20, it must be smaller than hidden_size = 20"),
    (built("RNN", 10, 20, 2, True), "LSTM107", "nonlinearity of this RNN must be 'tanh' or 'relu', got True"),
    (
        built("LSTM", 10, 20, dropout=0.5),
        "LSTM108",
        "dropout=0.5 has no effect: this LSTM has one layer, and dropout acts only between layers",
    ),
    (
        built("LSTMCell", 10, 20, 2),
        "LSTM110",
        "the third argument of LSTMCell is bias, a bool, got 2; torch stays silent",
    ),
    (
        first(packed.pack_padded_sequence(tensor(5, 3, 8), packed.Lengths((3, 5, 2)))),
        "LSTM403",
        "the lengths (3, 5, 2) are not in decreasing order, which enforce_sorted=True (the default) demands",
    ),
    (
        first(packed.pack_padded_sequence(tensor(3, 5, 8), packed.Lengths((5, 4, 2)))),
        "LSTM404",
        "pack_padded_sequence gets 3 lengths for a batch of 5",
    ),
    (
        first(packed.pad_packed_sequence(OtherLike("tuple"))),
        "LSTM408",
        "pad_packed_sequence needs a PackedSequence, got a tuple",
    ),
]


@pytest.mark.parametrize(
    ("finding", "code", "message"), CALLS, ids=[f"{code}-{i}" for i, (_, code, _) in enumerate(CALLS)]
)
def test_the_first_line_is_right_by_itself(finding: Finding, code: str, message: str) -> None:
    assert (finding.code, finding.message) == (code, message)


def test_the_table_shows_every_axis_of_the_value() -> None:
    finding = called(lstm(bidirectional=1, batch_first=1), tensor(B, 5, 10), pair(1, B, 20))
    assert [(axis.name, axis.expected, axis.got, axis.ok) for axis in finding.axes] == [
        ("num_layers * num_directions", "2", "1", False),
        ("batch", "batch", "batch", True),
        ("hidden_size", "20", "20", True),
    ]
    assert finding.torch_says == "Expected hidden[0] size (2, batch, 20), got [1, batch, 20]"


def test_there_is_no_table_where_no_axis_is_wrong() -> None:
    assert called(lstm(), tensor(5, 3, 10), tensor(1, 3, 20)).axes == ()


def _about_layers(**options: Any) -> Violation:
    raises = options.pop("raises", Raises("RuntimeError", "Expected hidden size"))
    need = Need("state.layers", 1, 2, subject="h_0", axis=0, raises=raises, warns=options.pop("warns", False))
    return Violation(need, HERE, **options)


def test_severity_follows_torch_and_the_condition() -> None:
    def severity(violation: Violation) -> str:
        finding = judge(violation)
        assert finding is not None
        return finding.severity

    assert severity(_about_layers()) == "error"
    assert severity(_about_layers(warns=True)) == "warning"
    assert severity(_about_layers(raises=None)) == "warning"
    assert severity(_about_layers(condition="bidirectional=True")) == "info"
    assert severity(_about_layers(condition="bidirectional=True", facts={"selected": True})) == "error"


def test_the_message_names_the_condition() -> None:
    finding = judge(_about_layers(condition="when bidirectional=True"))
    assert finding is not None
    assert finding.message.endswith(", when bidirectional=True")
    assert finding.condition == "bidirectional=True"


def test_what_the_constructor_accepts_and_every_call_refuses_is_an_error() -> None:
    finding = built("LSTM", 10, 20, True)
    assert finding.severity == "error"
    assert finding.torch_says == "TypeError (when the layer is called)"


def test_a_need_without_a_rule_is_no_finding() -> None:
    assert judge(replace(_about_layers(), need=Need("no.such.need", 1, 2))) is None


def _many() -> Iterator[Violation]:
    """Violations of every shape that the contract can state, with and without a layer."""
    inputs = [tensor(5), tensor(5, 3, 8), tensor(5, 3, 10), tensor(5, 10), tensor(0, 3, 10), OtherLike("list")]
    inputs += [PackedLike(10, 3), PackedLike(8, 3, sorted=False), tensor(B, 5, H), tensor(10, open=True)]
    states = [None, tensor(2, 3, 20), pair(2, 3, 20), pair(3, 20), pair(1, B, H), States(()), OtherLike("dict")]
    states += [States((tensor(1, 3, 20), OtherLike("NoneType"))), States((tensor(1, 3, 20),) * 3)]
    for x in inputs:
        for hx in states:
            for kind in ("LSTM", "GRU", "RNN"):
                config = lstm(kind=kind, bidirectional=1, dtype="torch.float64", call_raises=True)
                yield from violated(recurrent.forward(config, x, hx), config)
                yield from violated(recurrent.forward(config, x, hx))
            for kind in cells.CELL_KINDS:
                cell = cells.CellConfig(kind, 10, 20)
                yield from violated(cells.forward(cell, x, hx), cell)
    for kind in arguments.CONSTRUCTORS:
        for name in arguments.DEFAULTS:
            for value in (None, -1, 0, 1, 2, True, 0.5, "x", (1,), [2]):
                given = {"input_size": 4, "hidden_size": 8, name: value}
                described = {key: Argument.of(one) for key, one in given.items()}
                yield from violated(arguments.construct(kind, described))
        yield from violated(arguments.bind_forward(kind, (1, 2, 3), {"h0": 2}))
    for x in (tensor(5), tensor(5, 3, 8), tensor(0, 3, 8), OtherLike("tuple")):
        for lengths in (
            packed.Lengths((6, 2, 0)),
            packed.Lengths((1, 2)),
            packed.Lengths(count=2, rank=2, device="cuda"),
        ):
            for enforce in (True, False, None):
                yield from violated(packed.pack_padded_sequence(x, lengths, 0, enforce))
    yield from violated(packed.pad_packed_sequence(PackedLike(10, 3, seq_len=5), 0, 4))
    yield from violated(packed.pad_sequence(()))
    yield from violated(packed.pad_sequence((tensor(5, 8), tensor(3, 9), tensor())))


SAID_ELSEWHERE = {
    "call.arguments",  # the constructor's own finding says it
    "call.projection",
    "call.nonlinearity",
    "pack.lengths.dtype",  # torch casts lengths that are whole numbers without harm
}


def test_every_need_of_the_contract_has_words() -> None:
    unspoken = set()
    for violation in _many():
        finding = judge(violation)
        if finding is None:
            unspoken.add(violation.need.what)
            continue
        texts = (finding.message, finding.help or "-", finding.torch_says or "-")
        for text in texts:
            assert text.strip()
            assert "object at 0x" not in text
            assert "{" not in text
        assert "\n" not in finding.message
    assert unspoken <= SAID_ELSEWHERE


def test_the_narrower_rule_speaks() -> None:
    violation = violated(recurrent.forward(lstm(num_layers=2), tensor(5, 3, 10), pair(3, 2, 20)), lstm(num_layers=2))[0]
    chosen = rule_for(violation)
    assert chosen is not None
    assert chosen.code == "LSTM202"
