"""What is known already: the baseline of a run, compared and written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lstmcheck.commands import CommandError
from lstmcheck.commands._console import tell_plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from lstmcheck.baseline import Baseline, Entry
    from lstmcheck.config import Settings
    from lstmcheck.config.files import Scopes
    from lstmcheck.report._identity import Lines
    from lstmcheck.result import Result

_SHOWN = 5


def without_known(result: Result, file: str, scoped: Settings | Scopes, lines: Lines, quiet: int) -> Result:
    """The result without the findings that the baseline knows; says what it knows in vain. Raises CommandError."""
    from lstmcheck.baseline import BaselineError, compare, load

    try:
        baseline = load(file)
    except BaselineError as error:
        raise CommandError(str(error)) from None
    compared = compare(baseline, result.findings, lines, _asked(baseline, result, scoped))
    if not quiet:
        if compared.known:
            known = f"{compared.known} known finding{'s are' if compared.known != 1 else ' is'}"
            tell_plain(f"note: {known} not shown ({file})")
        for entry in compared.gone[:_SHOWN]:
            tell_plain(f"note: {file}: {entry.code} in {entry.path} is gone ({entry.message})")
        if compared.gone:
            more = f"{len(compared.gone) - _SHOWN} more are gone; " if len(compared.gone) > _SHOWN else ""
            tell_plain(f"note: {more}--update-baseline removes what is gone")
    return result._replace(findings=compared.new)


def write_baseline(result: Result, file: str | None, scoped: Settings | Scopes, lines: Lines) -> None:
    """Write what was found as the baseline and say so; what it knows of other files and rules stays.

    Raises CommandError.
    """
    from lstmcheck.baseline import DEFAULT, Baseline, BaselineError, load, save, update

    if file is None:
        source = scoped.base.source
        file = os.path.relpath(os.path.join(os.path.dirname(source), DEFAULT)) if source else DEFAULT
    try:
        before = load(file) if os.path.exists(file) else Baseline(file)
        after = update(before, result.findings, lines, _asked(before, result, scoped))
        if after != before or not os.path.exists(file):
            save(after)
    except BaselineError as error:
        raise CommandError(str(error)) from None
    from lstmcheck.report import count

    number = sum(entry.number for entry in after.entries)
    tell_plain(f"{count(number, 'known finding')} in {file}")


def _asked(baseline: Baseline, result: Result, scoped: Settings | Scopes) -> Callable[[Entry], bool]:
    """Whether a run would have found an entry's mistake again: its file is gone or was looked at, its rule reported."""
    looked_at = {baseline.path_of(path) for path in result.looked_at}
    root = os.path.dirname(baseline.file)

    def asked(entry: Entry) -> bool:
        path = os.path.normpath(os.path.join(root, entry.path))
        if not os.path.lexists(path):
            return True
        return entry.path in looked_at and scoped.at(path).chooses(entry.code, entry.name, path) > 0

    return asked
