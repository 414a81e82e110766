"""How calls bind to the signature tables: what is told of a call that does not. Needs no torch."""

from __future__ import annotations

import pytest

from lstmcheck.contract.arguments import CONSTRUCTORS, bind, bind_forward, nearest_names
from lstmcheck.contract.needs import Raises, unmet
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


def test_the_nearest_names_are_few() -> None:
    names = CONSTRUCTORS["LSTM"].names
    assert nearest_names("in_size", names) == ("input_size", "hidden_size")
    assert nearest_names("Hidden_Dim", names) == ("hidden_size",)
    assert nearest_names("units", ("size",)) == ()


def test_what_a_call_that_does_not_bind_says() -> None:
    (need,) = expect(bind_forward("LSTM", (1, 2, 3), {})).complaints
    assert (need.got, need.want, need.detail["problem"]) == (3, 2, "too many")
    need = expect(bind_forward("LSTM", (1,), {"h0": 1})).complaints[0]
    assert need.raises is not None
    assert need.raises.matches(
        "TypeError", "LSTM.forward() got an unexpected keyword argument 'h0'. Did you mean 'hx'?"
    )
    need = expect(bind_forward("LSTM", (1, 2), {"hx": 1})).complaints[0]
    assert need.raises == Raises(
        "TypeError", "{owner}() got multiple values for argument '{name}'", {"owner": "LSTM.forward", "name": "hx"}
    )


@pytest.mark.parametrize("kind", CONSTRUCTORS)
@pytest.mark.parametrize(
    ("given", "text"),
    [
        ((), "missing 2 required positional arguments: 'input_size' and 'hidden_size'"),
        (("input_size",), "missing 1 required positional argument: 'hidden_size'"),
        (("hidden_size",), "missing 1 required positional argument: 'input_size'"),
        (("input_size", "hidden_size"), ""),
    ],
)
def test_both_sizes_are_needed(kind: str, given: tuple[str, ...], text: str) -> None:
    refused = expect(bind(kind, [], dict.fromkeys(given, 3))).refused
    if not text:
        assert refused is None
        return
    assert refused is not None
    assert refused.raises is not None
    assert refused.raises.text == f"{CONSTRUCTORS[kind].owner}() {text}"
    assert refused.detail["problem"] == "missing"


def test_only_a_name_that_is_not_known_has_names_near_it() -> None:
    (need,) = expect(bind("LSTM", [3, 4], {"bi": True})).complaints
    assert (need.subject, need.detail["problem"], need.detail["names"]) == ("bi", "unknown", ("bi",))
    assert need.detail["nearest"][0] == "bidirectional"
    (need,) = expect(bind("LSTM", [3, 4], {"hidden_size": 5})).complaints
    assert (need.subject, need.detail["problem"], need.detail["nearest"]) == ("hidden_size", "duplicate", ())
