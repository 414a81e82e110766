"""Finding rules by code, prefix and name; what every rule must have."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from lstmcheck import rules
from lstmcheck.rules import all_rules, find, matching
from lstmcheck.rules.catalogue import UnknownRule


def test_codes_and_names_are_unique_and_ordered() -> None:
    codes = [rule.code for rule in all_rules()]
    names = [rule.name for rule in all_rules()]
    assert codes == sorted(set(codes))
    assert len(names) == len(set(names))
    assert not set(map(str.lower, codes)) & set(names)


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_a_rule_has_a_page(rule: rules.model.Rule) -> None:
    assert re.fullmatch(r"LSTM[1-9]\d\d", rule.code)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert rule.summary.endswith(".")
    if rule.needs:
        assert rule.message is not None
        assert "**Mend it**" in rule.doc
        assert "Reference: [" in rule.doc


def test_find_by_code_and_name() -> None:
    assert find("lstm201").name == "state-layers"
    assert find("State-Layers").code == "LSTM201"


def test_matching_by_prefix() -> None:
    assert {rule.code[:5] for rule in matching("LSTM2")} == {"LSTM2"}
    assert matching("state-layers") == (find("LSTM201"),)
    assert matching("LSTM") == all_rules()


@pytest.mark.parametrize(
    ("text", "near"), [("LSTM21", "LSTM201"), ("state-layer", "state-layers"), ("LSTM2O1", "LSTM201")]
)
def test_an_unknown_rule_names_the_nearest(text: str, near: str) -> None:
    with pytest.raises(UnknownRule) as caught:
        find(text)
    assert near in caught.value.nearest


def test_nothing_near_is_no_hint() -> None:
    with pytest.raises(UnknownRule, match=r"unknown rule 'zzzzzzzz'$"):
        find("zzzzzzzz")


def test_nothing_is_loaded_before_a_rule_is_asked_for() -> None:
    program = "import lstmcheck.rules, sys; print([m for m in sys.modules if m.startswith('lstmcheck.rules.')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_rule_modules_stay_small() -> None:
    folder = Path(rules.__file__).parent
    long = {path.name: len(path.read_text().splitlines()) for path in folder.rglob("*.py")}
    assert {name: lines for name, lines in long.items() if lines > 180} == {}
