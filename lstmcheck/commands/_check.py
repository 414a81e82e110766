"""What `lstmcheck check` does, whoever read its arguments."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from typing import TYPE_CHECKING, Any

from lstmcheck.commands import FOUND, OK, CommandError
from lstmcheck.commands._console import columns, tell, tell_plain, wants_colour, write
from lstmcheck.commands._paths import listed, no_such_path, with_stdin
from lstmcheck.commands._reports import outputs, source_lines, write_reports
from lstmcheck.commands._settings import Given, scopes

if TYPE_CHECKING:
    from lstmcheck.config import Settings
    from lstmcheck.config.files import Scopes
    from lstmcheck.findings import Severity
    from lstmcheck.fixing import Fixed
    from lstmcheck.report import Output
    from lstmcheck.result import Result


def check(
    paths: Sequence[str],
    *,
    output_format: str | None = None,
    output: Sequence[Output] = (),
    files_from: str | None = None,
    stdin_filename: str | None = None,
    fail_on: Severity | None = None,
    show_info: bool = False,
    exit_zero: bool = False,
    fix: bool = False,
    unsafe_fixes: bool = False,
    diff: bool = False,
    fix_only: bool = False,
    exit_non_zero_on_fix: bool = False,
    add_ignore: str | None = None,
    baseline: str | None = None,
    update_baseline: bool = False,
    statistics: bool = False,
    show_files: bool = False,
    show_settings: bool = False,
    cache_dir: str | None = None,
    no_cache: bool = False,
    quiet: int = 0,
    verbose: bool = False,
    color: str = "auto",
    **options: Any,
) -> int:
    """Do what the options of `lstmcheck check` say, and return the exit code. Raises CommandError.

    `options` are those of `_settings.Given`.
    """
    from lstmcheck.config import ConfigError
    from lstmcheck.report import Report, fixable, summary
    from lstmcheck.result import NOTHING

    given, contents = with_stdin(listed(files_from, paths), stdin_filename)
    for path in given:
        if path not in contents and not os.path.lexists(path):
            raise CommandError(no_such_path(path))
    if add_ignore is not None and (fix or fix_only):
        raise CommandError("--add-ignore silences what --fix mends: use one after the other")
    chosen = {"fail_on": fail_on, "show_info": show_info or None, "baseline": baseline, "cache_dir": cache_dir}
    scoped = scopes(given, Given(**options), **chosen)
    settings = scoped.base
    wanted = outputs(output_format, output, settings.output_format)
    try:
        if show_settings:
            write(_settings(scoped, given))
            return OK
        if show_files:
            from lstmcheck.checker import files

            write(file.path for file in files(given, scoped))
            return OK
        with _sign_of_life(quiet):
            fixed = None
            if not given:
                result = NOTHING
            elif add_ignore is not None:
                fixed = _silenced(given, contents, scoped, add_ignore)
            elif fix or fix_only or diff:
                fixed = _mended(given, contents, scoped, unsafe_fixes, no_cache)
            else:
                result = _checked(given, contents, scoped, no_cache)
            if fixed is not None:
                result = fixed.result
    except ConfigError as error:
        raise CommandError(str(error)) from None
    lines = source_lines(result.files, result.texts)
    if update_baseline:
        from lstmcheck.commands._baseline import write_baseline

        write_baseline(result, settings.baseline, scoped, lines)
        return OK
    if settings.baseline is not None:
        from lstmcheck.commands._baseline import without_known

        result = without_known(result, settings.baseline, scoped, lines, quiet)
    if fixed is not None:
        from lstmcheck.commands._fixes import print_given, said_of, write_diff, write_files

        if diff:
            write_diff(fixed.before, fixed.after, wants_colour(color))
        else:
            write_files(fixed.before, fixed.after, contents)
            print_given(contents, fixed.after)
        if not quiet and (fixed.mended or diff or fix_only or add_ignore is not None):
            words = ("Fixed", "fix") if add_ignore is None else ("Silenced", "silence")
            tell(said_of(fixed, *words, wrote=not diff))
        if diff or fix_only:
            return FOUND if not exit_zero and fixed.after and (diff or exit_non_zero_on_fix) else OK
    looked_at = (result.with_layers, result.without_layers)
    report = Report(result.findings, *looked_at, lines, wants_colour(color), columns(sys.stdout))
    # what was read from standard input has been printed there
    with redirect_stdout(sys.stderr) if fixed is not None and contents else nullcontext():
        write_reports(wanted, report, quiet, statistics)
    if verbose:
        _say_what_was_read(result, settings)
    if not quiet:
        full = wanted[0].format == "full"
        _remarks(result, *() if full else (summary(report), fixable(report.findings)))
    changed = fixed is not None and bool(fixed.after) and exit_non_zero_on_fix
    return FOUND if not exit_zero and (changed or _fails(result, settings.fail_on)) else OK


def _checked(paths: Sequence[str], contents: Mapping[str, bytes], scoped: Settings | Scopes, no_cache: bool) -> Result:
    """A check; what came from standard input is never cached. Raises ConfigError."""
    if not contents and not no_cache:
        from lstmcheck.commands._cache import cached_check

        return cached_check(paths, scoped)
    from lstmcheck.checker import check

    return check(*paths, settings=scoped, given=contents)


def _silenced(paths: Sequence[str], contents: Mapping[str, bytes], scoped: Settings | Scopes, reason: str) -> Fixed:
    from lstmcheck.commands._fixes import silence

    return silence(paths, contents, scoped, reason)


def _mended(
    paths: Sequence[str], contents: Mapping[str, bytes], scoped: Settings | Scopes, unsafe: bool, no_cache: bool
) -> Fixed:
    """The fixes that can be made; the cache is asked first whether there may be any. Raises ConfigError."""
    from lstmcheck.commands._cache import cached_check
    from lstmcheck.commands._fixes import mend, unchanged

    known = unchanged(cached_check(paths, scoped), unsafe) if not contents and not no_cache else None
    return known or mend(paths, contents, scoped, unsafe)


def _sign_of_life(quiet: int) -> AbstractContextManager[None]:
    """What a person at a terminal sees where it takes long."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        return nullcontext()
    from lstmcheck.commands._progress import progress

    return progress(sys.stderr)


def _settings(scoped: Settings | Scopes, paths: Sequence[str]) -> Iterator[str]:
    from lstmcheck.commands._show import settings_text

    return settings_text(scoped, paths)


def _say_what_was_read(result: Result, settings: Settings) -> None:
    from lstmcheck.report._text import leading

    tell_plain(f"settings: {settings.source or 'no configuration file'}")
    interpreted = result.interpreted
    for path in sorted(result.looked_at | interpreted):
        beside = "" if path in result.looked_at else ", for the sake of others"
        what = f"interpreted{beside}" if path in interpreted else "nothing to do with a recurrent layer"
        tell_plain(f"{leading(path)}: {what}")


def _remarks(result: Result, *last: str | None) -> None:
    for note in result.notes:
        tell_plain(f"note: {note}")
    if not (result.with_layers or result.without_layers or result.findings or result.notes):
        tell("warning: no Python files found under the given paths")
    for line in last:
        if line is not None:
            tell(line)


def _fails(result: Result, fail_on: Severity) -> bool:
    if not result.findings:
        return False
    from lstmcheck.findings import SEVERITIES

    return any(SEVERITIES.index(finding.severity) >= SEVERITIES.index(fail_on) for finding in result.findings)
