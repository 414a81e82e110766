"""Every rule there is: found by walking this package, so that a new rule is one new file."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from lstmcheck import rules
from lstmcheck.rules.model import Rule


class UnknownRule(LookupError):
    """No rule has this code or name; `nearest` are the ones that look like it."""

    def __init__(self, text: str, nearest: tuple[str, ...]) -> None:
        hint = f"; did you mean {' or '.join(nearest)}?" if nearest else ""
        super().__init__(f"unknown rule {text!r}{hint}")
        self.text = text
        self.nearest = nearest


@lru_cache(maxsize=1)
def all_rules() -> tuple[Rule, ...]:
    """Every rule, ordered by code. The first call imports the rule modules."""
    return tuple(sorted(_discover(), key=lambda rule: rule.code))


def _discover() -> Iterator[Rule]:
    for found in pkgutil.walk_packages(rules.__path__, rules.__name__ + "."):
        module = importlib.import_module(found.name)
        rule = getattr(module, "RULE", None)
        if isinstance(rule, Rule):
            yield replace(rule, doc=module.__doc__ or "")


def find(text: str) -> Rule:
    """The rule with this code or name, in any case. Raises UnknownRule with the nearest ones."""
    wanted = text.strip().lower()
    for rule in all_rules():
        if wanted in (rule.code.lower(), rule.name):
            return rule
    raise UnknownRule(text, _nearest(wanted))


def matching(text: str) -> tuple[Rule, ...]:
    """The rules that a selector names: a code, a prefix of codes ("LSTM2"), or a name. Raises UnknownRule."""
    wanted = text.strip().lower()
    chosen = tuple(rule for rule in all_rules() if wanted and rule.code.lower().startswith(wanted))
    return chosen or (find(text),)


def _nearest(wanted: str) -> tuple[str, ...]:
    known = {key.lower(): key for rule in all_rules() for key in (rule.code, rule.name)}
    close = difflib.get_close_matches(wanted, known, n=3, cutoff=0.5)
    return tuple(known[key] for key in close)
