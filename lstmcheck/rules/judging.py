"""From a violated need to a finding: which rule speaks, how loud, and with which table."""

from __future__ import annotations

from functools import lru_cache

from lstmcheck.contract.needs import Need, Raises
from lstmcheck.findings import SEVERITIES, Axis, Finding, Severity, Violation
from lstmcheck.rules.catalogue import all_rules
from lstmcheck.rules.model import Rule
from lstmcheck.rules.wording import condition_words, is_undefined, show_value

_OK: dict[str, bool | None] = {"ok": True, "never": False}


def judge(violation: Violation) -> Finding | None:
    """The finding for a violated need, or None where no rule speaks about it."""
    rule = rule_for(violation)
    if rule is None or rule.message is None:
        return None
    need: Need = violation.need
    message = rule.message(violation)
    condition = condition_words(violation)
    return Finding(
        code=rule.code,
        name=rule.name,
        severity=severity_of(rule, violation),
        message=f"{message}, when {condition}" if condition else message,
        location=violation.location,
        related=violation.sources,
        axes=axes_of(violation),
        torch_says=_torch_says(need) or (rule.says(violation) if rule.says is not None else None),
        help=rule.help(violation) if rule.help is not None else None,
        condition=condition,
    )


def rule_for(violation: Violation) -> Rule | None:
    """The most specific rule for a violation: those with a predicate are asked first, in order of code."""
    for rule in _rules_by_need().get(violation.need.what, ()):
        if rule.when is None or rule.when(violation):
            return rule
    return None


@lru_cache(maxsize=1)
def _rules_by_need() -> dict[str, tuple[Rule, ...]]:
    by_need: dict[str, tuple[Rule, ...]] = {}
    for rule in sorted(all_rules(), key=lambda rule: (rule.when is None, rule.code)):
        for what in rule.needs:
            by_need[what] = (*by_need.get(what, ()), rule)
    return by_need


def severity_of(rule: Rule, violation: Violation) -> Severity:
    """Error where torch raises, warning where it warns or stays silent, info where nobody selects the condition."""
    need: Need = violation.need
    severity: Severity = "error" if _fails(need) and not need.warns else "warning"
    if violation.condition is not None and violation.facts.get("selected") is not True:
        severity = "info"
    return min(severity, rule.severity, key=SEVERITIES.index)


def _fails(need: Need) -> bool:
    # a dtype that torch does not check is promoted; a shape that it does not check is read past its end
    return raised(need) is not None or (is_undefined(need) and not need.what.endswith("dtype"))


def raised(need: Need) -> Raises | None:
    """What torch raises or warns: here, or at every call of the layer that the constructor accepted."""
    later = need.detail.get("call")
    return need.raises if need.raises is not None or not isinstance(later, Raises) else later


def _torch_says(need: Need) -> str | None:
    says = raised(need)
    if says is None:
        return None
    text = says.text.strip() or says.type
    if not says.exact and says.text.strip() and not text.endswith("."):
        text += " ..."
    return text if need.raises is not None else f"{text} (when the layer is called)"


def _expected(row: Need) -> str:
    """What an axis must be: a size, or the bound that it must keep."""
    bound = {"at least": "at least ", "at most": "at most ", "below": "below "}.get(row.relation, "")
    return f"{bound}{show_value(row.want)}"


def axes_of(violation: Violation) -> tuple[Axis, ...]:
    """The per-axis table of the value concerned; empty unless one of its axes, with a meaning, is what is wrong."""
    need: Need = violation.need
    if need.axis is None or not need.axis_name:
        return ()
    table: dict[int, Axis] = {}
    for row, verdict in ((need, "never"), *violation.rows):
        if row.subject == need.subject and row.axis is not None and row.axis not in table:
            table[row.axis] = Axis(
                axis=row.axis,
                name=row.axis_name,
                expected=_expected(row),
                got=show_value(row.got),
                ok=_OK.get(verdict),
            )
    return tuple(table[axis] for axis in sorted(table))
