"""What a program says: abstract interpretation of Python syntax trees, without importing or running user code."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import TYPE_CHECKING

from lstmcheck import dims
from lstmcheck.findings import Violation
from lstmcheck.source.collecting import without_collecting
from lstmcheck.source.parse import SourceFile

if TYPE_CHECKING:
    from lstmcheck.infer.observe import Observer


class WhileReading(Exception):
    """The engine failed, which is its own mistake; the text names the file that it was reading."""


def analyze(
    files: Sequence[SourceFile],
    roots: Sequence[str],
    observer: Observer | None = None,
    named: Container[str] | None = None,
) -> list[Violation]:
    """Everything that the given files provably do wrong.

    Imports are followed below `roots` and beside each file, by path only; nothing is imported or run. An `observer` is
    told of every value on the way. Where `named` is given, a file whose path is not in it is run only if it can have to
    do with a recurrent layer, or is imported. Raises WhileReading for a mistake of the engine's own.
    """
    import sys

    from lstmcheck import causes
    from lstmcheck.infer.machine import Machine
    from lstmcheck.infer.passes import analyze_file, run_file
    from lstmcheck.infer.project import Project
    from lstmcheck.infer.remembering import forget

    dims.forget()
    project = Project(files, roots)
    machine = Machine(project)
    project.machine = machine
    machine.observer = observer
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 6_000))
    try:
        with without_collecting():
            # first what the modules do as they run: a symbolic pass gives up what functions may change
            concerned = [
                file for file in files if named is None or file.path in named or file.path in project.relevance.files
            ]
            for file in concerned:
                run_file(machine, file)
            project.give_up_changed()
            for file in concerned:
                analyze_file(machine, file)
    except RecursionError:
        raise
    except Exception as error:
        at = machine.frame.file.path if machine.frame is not None else files[0].path
        raise WhileReading(f"{at}: {type(error).__name__}: {error}") from error
    finally:
        forget()
        sys.setrecursionlimit(limit)
    return causes.first(machine.violations())
