"""Every text of torch's errors that has a page, held against torch and against the linter."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lstmcheck.findings import Finding
from lstmcheck.pages.errors import TorchError, all_errors, matching
from lstmcheck.rules import all_rules, judge


def on_this_machine(error: TorchError) -> bool:
    torch = pytest.importorskip("torch")
    return not error.cuda or torch.cuda.is_available()


each = pytest.mark.parametrize("error", all_errors(), ids=lambda error: error.slug)


@pytest.fixture(scope="module")
def observed() -> dict[str, dict[str, Any]]:
    """What torch does with every program, by source: one process for all of them."""
    pytest.importorskip("torch")
    ours = [error for error in all_errors() if on_this_machine(error)]
    programs = [program for error in ours for program in (error.example, error.mended)]
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parent.parent / "rules" / "run_examples.py")],
        input=json.dumps(programs),
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    return dict(zip(programs, json.loads(done.stdout)))


def lint(source: str) -> list[Finding]:
    from lstmcheck.infer import analyze
    from lstmcheck.source.parse import SourceFile, parse

    file = parse("example.py", source.encode())
    assert isinstance(file, SourceFile)
    return [finding for violation in analyze([file], roots=[]) if (finding := judge(violation)) is not None]


@each
def test_the_example_raises_this_text(error: TorchError, observed: dict[str, dict[str, Any]]) -> None:
    if not on_this_machine(error):
        pytest.skip("needs a GPU")
    seen = observed[error.example]
    said = seen["warnings"] if error.warns else [seen["text"]]
    assert any(error.text in text for text in said), said
    assert any(re.search(error.pattern, text) for text in said)
    assert re.search(error.pattern, error.title)


@each
def test_the_mended_example_runs(error: TorchError, observed: dict[str, dict[str, Any]]) -> None:
    if not on_this_machine(error):
        pytest.skip("needs a GPU")
    seen = observed[error.mended]
    assert (seen["text"], seen["warnings"]) == (None, [])


@each
def test_the_linter_finds_it_first(error: TorchError) -> None:
    found = {finding.code for finding in lint(error.example)}
    assert found & set(error.codes) if error.codes else not found
    assert lint(error.mended) == []


@each
def test_a_page_names_rules_that_exist(error: TorchError) -> None:
    known = {rule.code for rule in all_rules()}
    assert set(error.codes) <= known
    assert set(re.findall(r"LSTM\d{3}", error.means + error.mend)) <= known
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", error.slug)


def test_slugs_are_unique() -> None:
    slugs = [error.slug for error in all_errors()]
    assert len(slugs) == len(set(slugs)) >= 25


@each
def test_a_text_is_found_with_what_stands_around_it(error: TorchError) -> None:
    assert matching(f"Traceback (most recent call last):\n  File x\nRuntimeError: {error.title} ...\n")[0] == error
