"""The contract against what torch answered before: the same verdict, text and shapes. Needs no torch."""

from __future__ import annotations

import math

import pytest
from recorded.questions import EXPECTED, asked_of, constructed, expected, recorded

from lstmcheck.contract.versions import LATEST
from lstmcheck.contract.weights import ROLES, parameter_count, parse_name, state_dict_keys, weight_shape, weights
from lstmcheck.testing.verdicts import Observed, disagreement, expect

ANSWERS = list(recorded())


@pytest.mark.parametrize("ask", EXPECTED)
def test_what_torch_answered(ask: str) -> None:
    asked = [(question, answer) for question, answer in ANSWERS if question.ask == ask]
    assert asked
    for question, answer in asked:
        said = expected(question)
        assert not said.undefined
        assert not disagreement(said, answer), question


def test_the_weights_of_every_module_on_record() -> None:
    for question, answer in ANSWERS:
        if question.ask != "constructor" or answer.raised:
            continue
        config = expect(constructed(*question.given)).result
        shapes = dict(answer.value)
        assert state_dict_keys(config) == tuple(shapes)
        assert {name: weight_shape(config, name) for name in shapes} == shapes
        assert parameter_count(config) == sum(math.prod(shape) for shape in shapes.values())
        for weight in weights(config):
            assert parse_name(weight.name) == (weight.role, weight.layer, weight.reverse)
            assert weight.meaning == ROLES[weight.role]


def test_warnings_are_those_of_torch() -> None:
    for question, answer in ANSWERS:
        if question.ask == "constructor" and not answer.raised:
            assert expected(question).warned == answer.warned, question


def test_the_torch_that_answered_is_the_latest_that_the_contract_knows() -> None:
    major, minor, *_ = asked_of().split(".")
    assert (int(major), int(minor)) == LATEST


def test_another_answer_is_told() -> None:
    """The comparison itself: an answer that belongs to another question agrees with none that was refused."""
    refused = [question for question, answer in ANSWERS if answer.raised]
    assert refused
    for question in refused:
        assert disagreement(expected(question), Observed("accepted")), question
