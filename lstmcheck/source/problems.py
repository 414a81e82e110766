"""What can be wrong with a file before anything is known about its layers: the 9xx family."""

from __future__ import annotations

from typing import NamedTuple

from lstmcheck.findings import Applicability, Finding, Location, Severity


class Problem(NamedTuple):
    """A kind of trouble with a file, with the same face as a rule: code, name, severity, summary, doc."""

    code: str
    name: str
    summary: str
    doc: str
    severity: Severity = "error"
    fixes: tuple[Applicability, ...] = ()


SYNTAX_ERROR = Problem(
    "LSTM901",
    "syntax-error",
    "The file is not valid Python for the interpreter that runs lstmcheck.",
    "The file is not valid Python for the interpreter that runs lstmcheck.\n\n"
    "Nothing in the file is checked. A file that uses syntax of a newer Python needs lstmcheck to run under that\n"
    "Python. In a directory such a file is reported only when it mentions LSTM, GRU or RNN; a file that is named\n"
    "on the command line is always reported.",
)
UNREADABLE = Problem(
    "LSTM902",
    "unreadable-file",
    "The file cannot be read: no permission, a broken link, or not a regular file.",
    "The file cannot be read: no permission, a broken link, or not a regular file.\n\n"
    "Pipes, sockets and devices are never opened. Leave the file out with `--exclude`, or mend it.",
)
WRONG_ENCODING = Problem(
    "LSTM903",
    "wrong-encoding",
    "The bytes of the file are not text in the encoding that it declares (UTF-8 unless it says otherwise).",
    "The bytes of the file are not text in the encoding that it declares (UTF-8 unless it says otherwise).\n\n"
    "Python cannot read such a file either. Save it as UTF-8, or declare the encoding in the first two lines:\n"
    "`# -*- coding: latin-1 -*-`. A NUL byte usually means UTF-16 or a file that is not text.",
)
TOO_NESTED = Problem(
    "LSTM904",
    "too-deeply-nested",
    "The file nests expressions or blocks deeper than Python's parser allows.",
    "The file nests expressions or blocks deeper than Python's parser allows.\n\n"
    "Such files are generated. Leave them out with `--exclude`.",
)

BROKEN_NOTEBOOK = Problem(
    "LSTM905",
    "broken-notebook",
    "The notebook cannot be read: it is not JSON, or not a notebook.",
    "The notebook cannot be read: it is not JSON, or not a notebook.\n\n"
    "Often a merge left its marks in it, or the file was cut off. Jupyter cannot open it either. A notebook in\n"
    "another language, or of a format before 4, is no mistake: it is left out, with a note.",
)

UNUSED_SUPPRESSION = Problem(
    "LSTM911",
    "unused-suppression",
    "A comment silences something that is not found there.",
    "A comment silences something that is not found there.\n\n"
    "The mistake was mended, the comment stands on another statement than the finding, or it names another rule.\n"
    "Remove it (`--fix` does), so that it hides nothing new. Only rules that are reported in the run are looked at:\n"
    "with `--select LSTM2` nothing is said about a comment for LSTM301.",
    "warning",
    fixes=("safe",),
)
UNKNOWN_SUPPRESSION = Problem(
    "LSTM912",
    "unknown-suppression",
    "A comment names a rule that does not exist, so that it silences nothing.",
    "A comment names a rule that does not exist, so that it silences nothing.\n\n"
    "The message names the nearest rule. `lstmcheck rules` lists all of them.",
    "warning",
    fixes=("unsafe",),
)
BLANKET_SUPPRESSION = Problem(
    "LSTM913",
    "blanket-suppression",
    "A comment without brackets silences every rule.",
    "A comment without brackets silences every rule.\n\n"
    "It hides new mistakes too. Name the rules that it is for: `# lstmcheck: ignore[state-layers]`. This is advice,\n"
    "shown with `--show-info` or `--extend-select blanket-suppression`.",
    "info",
    fixes=("safe",),
)

ABOUT_COMMENTS = (UNUSED_SUPPRESSION, UNKNOWN_SUPPRESSION, BLANKET_SUPPRESSION)
PROBLEMS = (SYNTAX_ERROR, UNREADABLE, WRONG_ENCODING, TOO_NESTED, BROKEN_NOTEBOOK, *ABOUT_COMMENTS)


def report(
    problem: Problem, path: str, message: str, line: int = 1, column: int = 1, help: str | None = None
) -> Finding:
    """A finding about a file as such, at a point of it."""
    where = Location(path, line, column, line, column)
    return Finding(problem.code, problem.name, problem.severity, message, where, help=help)
