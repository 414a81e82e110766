"""Options that choose files and rules, and the settings that they make with those of the project."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from lstmcheck.commands import CommandError

if TYPE_CHECKING:
    from lstmcheck.config import Settings
    from lstmcheck.config.files import Scopes


class Given(NamedTuple):
    """The values of the options, as click hands them over."""

    select: Sequence[Sequence[str]] = ()
    extend_select: Sequence[Sequence[str]] = ()
    ignore: Sequence[Sequence[str]] = ()
    per_file_ignores: Sequence[str] = ()
    severity: Sequence[str] = ()
    exclude: Sequence[Sequence[str]] = ()
    extend_exclude: Sequence[Sequence[str]] = ()
    force_exclude: bool = False
    config: Sequence[str] = ()
    isolated: bool = False


def joined(option: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The values of a repeatable option of lists."""
    return tuple(part for given in option for part in given)


def scopes(paths: Sequence[str], given: Given, **others: Any) -> Settings | Scopes:
    """The settings of every file under the paths. Raises CommandError.

    `others` are further fields of `Settings` that the command line sets, None where it does not.
    """
    from lstmcheck.config import ConfigError

    try:
        return _scopes(paths, given, {name: value for name, value in others.items() if value is not None})
    except ConfigError as error:
        raise CommandError(str(error)) from None


def _scopes(paths: Sequence[str], given: Given, others: dict[str, Any]) -> Settings | Scopes:
    from lstmcheck.config import Settings
    from lstmcheck.config.files import Scopes, inline, read_file

    files = [text for text in given.config if text.endswith(".toml") or os.path.isfile(text)]
    texts = [text for text in given.config if text not in files]
    if len(files) > 1:
        raise CommandError(f"only one configuration file can be given, not {' and '.join(files)}")
    if files and given.isolated:
        raise CommandError("--isolated reads no configuration file, so --config cannot name one")
    changes = _changes(given)

    def layer(settings: Settings) -> Settings:
        return changes(inline(texts, settings) if texts else settings)._replace(**others)

    if files or given.isolated:
        return layer(read_file(files[0]) if files else Settings())
    return Scopes(paths, layer, repr((given, others)))


def _changes(given: Given) -> Callable[[Settings], Settings]:
    """What the options change, checked. Patterns are relative to the working directory."""
    from lstmcheck.config import Patterns

    here = os.getcwd()
    select, extend_select, ignore = joined(given.select), joined(given.extend_select), joined(given.ignore)
    exclude, extend_exclude = joined(given.exclude), joined(given.extend_exclude)
    severity = tuple(_severity(text) for text in given.severity)
    ignores = tuple(_per_file(text, here) for text in given.per_file_ignores)
    _demand_rules(*select, *extend_select, *ignore, *(rule for rule, _ in severity))
    _demand_rules(*(rule for _, rules in ignores for rule in rules))

    def changed(settings: Settings) -> Settings:
        return settings._replace(
            select=select or settings.select,
            extend_select=settings.extend_select + extend_select,
            ignore=settings.ignore + ignore,
            per_file_ignores=settings.per_file_ignores + ignores,
            severity=settings.severity + severity,
            exclude=(Patterns(here, exclude),) if exclude else settings.exclude,
            extend_exclude=(*settings.extend_exclude, *([Patterns(here, extend_exclude)] if extend_exclude else [])),
            force_exclude=settings.force_exclude or given.force_exclude,
        )

    return changed


def _demand_rules(*selectors: str) -> None:
    from lstmcheck.config import expand

    for selector in selectors:
        expand(selector)


def _severity(text: str) -> tuple[str, Any]:
    from lstmcheck.config import did_you_mean
    from lstmcheck.findings import SEVERITIES

    rule, equals, severity = text.partition("=")
    if not equals:
        raise CommandError(f"--severity {text!r} is not RULE=SEVERITY, such as LSTM201=warning")
    if severity not in SEVERITIES:
        near = did_you_mean(severity, SEVERITIES)
        raise CommandError(f"--severity {text!r}: {severity!r} is not one of {', '.join(SEVERITIES[::-1])}{near}")
    return rule, severity


def _per_file(text: str, here: str) -> tuple[Any, tuple[str, ...]]:
    from lstmcheck.config import Patterns

    pattern, colon, rules = text.rpartition(":")
    if not colon:
        raise CommandError(f"--per-file-ignores {text!r} is not PATTERN:RULES, such as tests/*:LSTM6")
    return Patterns(here, (pattern,)), tuple(rule.strip() for rule in rules.split(",") if rule.strip())
