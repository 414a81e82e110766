"""How calls bind to the signature tables: what is told of a call that does not. Needs no torch."""

from __future__ import annotations

import pytest

from lstmcheck.contract.arguments import CONSTRUCTORS, bind, nearest_names
from lstmcheck.contract.needs import unmet
from lstmcheck.testing.verdicts import expect


def test_values_stay_the_callers_own() -> None:
    node = object()
    assert expect(bind("LSTM", [node], {"hidden_size": node})).result == {"input_size": node, "hidden_size": node}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("bi", "bidirectional"),
        ("n_layers", "num_layers"),
        ("hidden", "hidden_size"),
        ("batchfirst", "batch_first"),
        ("num_layer", "num_layers"),
        ("dropout_rate", "dropout"),
    ],
)
def test_nearest_names(name: str, meant: str) -> None:
    assert nearest_names(name, CONSTRUCTORS["LSTM"].names)[0] == meant


def test_nothing_is_near_nonsense() -> None:
    assert nearest_names("zzz", CONSTRUCTORS["LSTM"].names) == ()


def test_every_complaint_about_a_signature_is_stated_in_order() -> None:
    (first,) = unmet(bind("LSTM", [], {"bi": 1}))
    assert first.detail["problem"] == "unknown"
    found = list(bind("LSTM", [], {"bi": 1}))
    assert [need.detail["problem"] for need in found] == ["unknown", "missing"]
