"""Every example of every rule, held against torch itself, and against the linter."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lstmcheck import checker, fixing
from lstmcheck.config import Settings
from lstmcheck.findings import Finding
from lstmcheck.rules import all_rules, judge
from lstmcheck.rules.model import Bad, Good, Rule

EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.code}-{type(example).__name__.lower()}{number}")
    for rule in all_rules()
    for number, example in enumerate(rule.examples, 1)
]


@pytest.fixture(scope="module")
def observed() -> dict[str, dict[str, Any]]:
    """What torch does with every example, by source: one process for all of them."""
    pytest.importorskip("torch")
    programs = [program(example) for rule in all_rules() for example in rule.examples]
    programs += [mended_program(example) for _, example in MENDED]
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("run_examples.py"))],
        input=json.dumps(programs),
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    return dict(zip(programs, json.loads(done.stdout)))


MENDED = [
    (rule, example) for rule in all_rules() for example in rule.examples if isinstance(example, Bad) and example.fixed
]
MENDED_IDS = [f"{rule.code}-{rule.examples.index(example) + 1}" for rule, example in MENDED]


def mended_program(example: Bad) -> str:
    """What torch runs of an example that its fix has mended."""
    return f"{example.mended}\n{example.run}\n"


def program(example: Bad | Good) -> str:
    """What torch runs: the source and the code that only torch sees."""
    return f"{example.source}\n{example.run}\n" if example.run else example.source


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_torch_does_what_the_example_says(rule: Rule, example: Bad | Good, observed: dict[str, dict[str, Any]]) -> None:
    seen = observed[program(example)]
    assert "signal" not in seen, f"the interpreter died: {seen}"
    if isinstance(example, Good) or example.raises is None:
        assert seen["type"] is None, f"{seen['type']}: {seen['text']}"
    else:
        assert seen["text"] is not None, "torch raises nothing"
        assert example.raises in seen["text"]
        assert seen["line"] == (example.raises_line or example.line)
    if isinstance(example, Good):
        assert not [text for text in seen["warnings"] if "oneDNN" not in text]
    elif example.warns is not None:
        assert any(example.warns in text for text in seen["warnings"]), seen["warnings"]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_the_linter_says_exactly_this(rule: Rule, example: Bad | Good) -> None:
    found = lint(example.source)
    said = [(finding.code, finding.location.line) for finding in found]
    if isinstance(example, Good):
        assert said == [], [finding.message for finding in found]
        return
    assert said == [(rule.code, example.line)], [finding.message for finding in found]
    assert found[0].severity == rule.severity or rule.code in WEAKER
    assert found[0].message.strip()
    assert "\n" not in found[0].message


WEAKER = {
    "LSTM104",  # a size that is True counts as 1; as num_layers it makes every call fail
    "LSTM404",  # with enforce_sorted=False torch is silent
    "LSTM641",  # as long as nothing shows that the batch and the steps differ, torch may be silent
    "LSTM648",  # likewise
    "LSTM652",  # likewise
}


def lint(source: str) -> list[Finding]:
    """The findings of one program, without the suppressions and the configuration of a real run."""
    from lstmcheck.infer import analyze
    from lstmcheck.source.parse import SourceFile, parse

    file = parse("example.py", source.encode())
    assert isinstance(file, SourceFile)
    findings = [judge(violation) for violation in analyze([file], roots=[])]
    return sorted((finding for finding in findings if finding is not None), key=Finding.sort_key)


def mended(source: str, path: str = "example.py") -> str:
    """What all fixes make of a program."""
    fixed = fixing.fix(
        path,
        settings=Settings(),
        given={path: source.encode()},
        unsafe=True,
        choose=lambda whole: whole.findings,
    )
    return fixed.after.get(path, source.encode()).decode()


@pytest.mark.parametrize(("rule", "example"), MENDED, ids=MENDED_IDS)
def test_the_fix_mends_the_example(rule: Rule, example: Bad, observed: dict[str, dict[str, Any]]) -> None:
    after = mended(example.source)
    assert after == example.mended
    assert [finding.message for finding in lint(after)] == []
    assert mended(after) == after
    seen = observed[mended_program(example)]
    assert seen.get("type", "signal") is None, f"{seen}"


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_a_rule_says_how_safe_its_fixes_are(rule: Rule) -> None:
    made = set()
    for example in rule.examples:
        if isinstance(example, Bad):
            whole = examined(example.source)
            fixes = [finding.fix for finding in whole if finding.fix is not None]
            assert bool(fixes) == bool(example.fixed), fixes
            made |= {fix.applicability for fix in fixes}
    assert made <= set(rule.fixes)
    assert bool(made) == bool(rule.fixes) or rule.code in ON_A_GPU
    assert (rule.fix is None) == (not rule.fixes)


# fixes that nothing without a GPU can show
ON_A_GPU = {"LSTM407"}


def examined(source: str) -> list[Finding]:
    """The findings of one program with their fixes."""
    whole = checker.examine("example.py", settings=Settings(), given={"example.py": source.encode()})
    return whole.findings


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_a_rule_shows_what_it_means(rule: Rule) -> None:
    if not rule.needs:
        return
    bad = [example for example in rule.examples if isinstance(example, Bad)]
    assert len(bad) >= 2
    assert any(isinstance(example, Good) for example in rule.examples)
    for example in bad:
        assert (example.raises is not None) + (example.warns is not None) + example.silent == 1
        assert example.line is not None
        assert example.source.splitlines()[example.line - 1].strip()
    places = {in_a_definition(example.source) for example in bad}
    assert places == {True} if rule.code in OF_CLASSES else places == {True, False}, (
        "one program in plain statements and one inside a class or function"
    )


# what only a class can do
OF_CLASSES = {
    "LSTM604",
    "LSTM605",
    "LSTM607",
    "LSTM608",
    "LSTM611",
    "LSTM613",
    "LSTM614",
    "LSTM641",
}


def in_a_definition(source: str) -> bool:
    """Whether a program is written inside a class or function."""
    return any(isinstance(node, (ast.ClassDef, ast.FunctionDef)) for node in ast.walk(ast.parse(source)))
