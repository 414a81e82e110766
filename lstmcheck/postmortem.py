"""Why a traced program died: what the tracer knows of the exception, else what the linter says about its line."""

from __future__ import annotations

import os
from types import TracebackType

from lstmcheck.findings import Finding
from lstmcheck.runtime import session, sites, trace
from lstmcheck.runtime.guard import guarded

_MAX_FILES = 8
_TOLD = (RuntimeError, ValueError, TypeError, IndexError, AttributeError, AssertionError)


def explain(error: BaseException) -> None:
    """Report the mistake behind an exception that leaves the program, and note it on the exception itself."""
    if not isinstance(error, _TOLD) or guarded(trace.died, error) or not session.saw_layers():
        return
    found = guarded(_read, error)
    if found is not None:
        session.hand_in(found)
        session.note(error, [found])


def _read(error: BaseException) -> Finding | None:
    """The linter's finding, proved and on a line of the traceback: the innermost such line counts."""
    lines = [
        (os.path.abspath(code.co_filename), at.tb_lineno)
        for at in _steps(error.__traceback__)
        if sites.origin((code := at.tb_frame.f_code).co_filename) == "user" and os.path.isfile(code.co_filename)
    ]
    files = list(dict.fromkeys(path for path, _ in reversed(lines)))[:_MAX_FILES]
    if not files:
        return None
    from lstmcheck.checker import check
    from lstmcheck.source.problems import PROBLEMS

    unread = {problem.code for problem in PROBLEMS}  # of a file that holds another text than what ran
    errors = [finding for finding in check(*files).findings if finding.severity == "error"]
    findings = [finding for finding in errors if finding.code not in unread]
    for path, line in reversed(lines):
        for finding in findings:
            where = finding.location
            if os.path.abspath(where.path) == path and where.line <= line <= where.end_line:
                return finding
    return None


def _steps(at: TracebackType | None) -> list[TracebackType]:
    steps = []
    while at is not None:
        steps.append(at)
        at = at.tb_next
    return steps
