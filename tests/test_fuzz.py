"""A short run of the fuzz: programs with changes break nothing, and a program has one answer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fuzz import checking, mutations, sources

MUTANTS = 150
PROGRAMS = sources.with_layers()


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("first", range(0, MUTANTS, 25))
def test_changed_programs_break_nothing_and_have_one_answer(first: int) -> None:
    surfaces = checking.surfaces_can_be_had()
    for seed in range(first, first + 25):
        # spread over all programs: neighbours are alike
        name, source = PROGRAMS[seed * 7 % len(PROGRAMS)]
        data = mutations.mutant(source, seed)
        found = checking.examine(f"{name}.py", data, surfaces and seed % 5 == 0)
        assert checking.examine(f"{name}.py", data) == found, (name, seed)


def test_the_answer_is_the_same_with_other_hashes_and_in_another_order() -> None:
    chosen = [(f"{name}.py", source.encode()) for name, source in PROGRAMS[::4]]
    answers = []
    for seed, order in ((1, chosen), (20_261_130, chosen[::-1])):
        checker = checking.Checker(60.0, seed, Path(__file__).parent)
        try:
            outcomes = {name: checker.check(name, data) for name, data in order}
        finally:
            checker.close()
        assert {outcome.what for outcome in outcomes.values()} == {"ok"}
        answers.append({name: outcome.findings for name, outcome in outcomes.items()})
    assert answers[0] == answers[1]
    assert os.listdir() == []
