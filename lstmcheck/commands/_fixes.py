"""What `--fix`, `--diff` and `--add-ignore` do with the files, and what is said about it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from lstmcheck.commands import CommandError
from lstmcheck.commands._console import write

if TYPE_CHECKING:
    from lstmcheck.config import Settings
    from lstmcheck.config.files import Scopes
    from lstmcheck.findings import Finding
    from lstmcheck.fixing import Choose, Fixed
    from lstmcheck.result import Result


def mend(paths: Sequence[str], given: Mapping[str, bytes], scoped: Settings | Scopes, unsafe: bool) -> Fixed:
    """Fix what the settings report and the baseline does not know; nothing is written. Raises like `checker.check`."""
    from lstmcheck import fixing

    fixed = fixing.fix(*paths, settings=scoped, given=given, unsafe=unsafe, choose=_reported(scoped))
    return _selected(fixed, scoped)


def silence(paths: Sequence[str], given: Mapping[str, bytes], scoped: Settings | Scopes, reason: str) -> Fixed:
    """Put comments to what the settings report and the baseline does not know. Raises like `checker.check`."""
    from lstmcheck import ignoring

    reason = " ".join(reason.split())
    return _selected(
        ignoring.ignore(*paths, settings=scoped, given=given, reason=reason, choose=_reported(scoped)), scoped
    )


def _reported(scoped: Settings | Scopes) -> Choose:
    """What a run reports of all that it finds."""
    from lstmcheck import checker
    from lstmcheck.commands._baseline import without_known
    from lstmcheck.commands._reports import source_lines

    file = scoped.base.baseline

    def reported(whole: Result) -> Sequence[Finding]:
        result = whole._replace(findings=checker.select(whole.findings, scoped))
        if file is not None:
            result = without_known(result, file, scoped, source_lines(result.files, result.texts), quiet=1)
        return result.findings

    return reported


def _selected(fixed: Fixed, scoped: Settings | Scopes) -> Fixed:
    from lstmcheck import checker

    selected = checker.select(fixed.result.findings, scoped)
    return fixed._replace(result=fixed.result._replace(findings=selected))


def unchanged(result: Result, unsafe: bool) -> Fixed | None:
    """What a fix of a checked tree comes to where nothing that is reported can be mended; None where something may."""
    from lstmcheck.fixing import Fixed, may_be_made

    if any(may_be_made(finding, unsafe) for finding in result.findings):
        return None
    return Fixed(result, {}, {}, [])


def write_files(before: Mapping[str, bytes], after: Mapping[str, bytes], given: Mapping[str, bytes]) -> None:
    """Write what has changed, each file as a whole; what came from standard input is printed.

    Raises CommandError where a file cannot be written, or is another one by now.
    """
    from lstmcheck.source.reading import read
    from lstmcheck.source.write import write_atomically

    for path, data in sorted(after.items()):
        if path in given:
            continue
        present = read(path)
        if present == data:  # the same file under another name
            continue
        if present != before[path]:
            raise CommandError(f"{path!r} was changed while it was checked: it is left as it is, run again")
        try:
            write_atomically(path, data)
        except OSError as error:
            raise CommandError(f"cannot write {path!r}: {error.strerror}") from None


def print_given(given: Mapping[str, bytes], after: Mapping[str, bytes]) -> None:
    """Print the text that came from standard input as it is after the fixes, unchanged where there were none."""
    if sys.stdout is None:
        return
    for path, data in given.items():
        sys.stdout.buffer.write(after.get(path, data))
    sys.stdout.flush()


def write_diff(before: Mapping[str, bytes], after: Mapping[str, bytes], colour: bool) -> None:
    """Print what would change, as a unified diff; a notebook's cell by cell."""
    write(line for path in sorted(after) for line in _diff(path, before[path], after[path], colour))


def _diff(path: str, old: bytes, new: bytes, colour: bool) -> Iterator[str]:
    import difflib

    for name, one, other in _texts(path, old, new):
        for line in difflib.unified_diff(one, other, name, name):
            text = line.removesuffix("\n")
            yield _painted(text) if colour else text
            if text == line:
                yield "\\ No newline at end of file"


def _texts(path: str, old: bytes, new: bytes) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    from lstmcheck.source import notebook
    from lstmcheck.source.parse import decode

    if not path.endswith(".ipynb"):
        yield path, _lines(decode(old)), _lines(decode(new))
        return
    books = [notebook.load(path, data) for data in (old, new)]
    cells = [book.cells if isinstance(book, notebook.Notebook) else [] for book in books]
    for one_cell, other_cell in zip(*cells):
        name = f"{path}:cell {one_cell.cell.number}"
        yield name, _lines(one_cell.text), _lines(other_cell.text)


def _lines(text: str) -> list[str]:
    """The lines with their ends, so that a patch program finds them in the file."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _painted(line: str) -> str:
    colours = {"+": "32", "-": "31", "@": "36"}
    number = "1" if line.startswith(("+++", "---")) else colours.get(line[:1])
    return f"\x1b[{number}m{line}\x1b[0m" if number else line


def said_of(fixed: Fixed, done: str, would: str, wrote: bool) -> str:
    """What was done to findings, or would be: `done` is "Fixed" or "Silenced", `would` "fix" or "silence"."""
    from lstmcheck.report import count

    number = len(fixed.mended)
    if not number:
        return f"Nothing to {would}"
    return f"{done if wrote else f'Would {would}'} {count(number, 'finding')} in {count(len(fixed.after), 'file')}"
