"""`lstmcheck run`: a script or module as `python` would run it, with its recurrent calls traced."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys
import threading
import types
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from lstmcheck.awaiting import when_imported

if TYPE_CHECKING:
    from lstmcheck.runtime.session import Session
    from lstmcheck.traced.report import Report


class CannotRun(Exception):
    """There is nothing to run under this name."""


class Program:
    """What is to be run: its code, the module that it becomes, and its place on sys.path."""

    def __init__(self, target: str, is_module: bool) -> None:
        self.package: str | None = None
        self.spec: importlib.machinery.ModuleSpec | None = None
        if is_module:
            _first_on_path(os.getcwd())
            self.spec = _main_spec(target)
            assert self.spec.origin is not None
            self.package = self.spec.parent
            self.path = self.spec.origin
        else:
            folder = os.path.isdir(target)
            self.path = os.path.abspath(os.path.join(target, "__main__.py") if folder else target)
            _first_on_path(target if folder else os.path.dirname(os.path.realpath(self.path)))
        try:
            with open(self.path, "rb") as file:
                self.source = file.read()
        except OSError as error:
            raise CannotRun(f"can't open file {target!r}: {error.strerror}") from None

    def execute(self) -> None:
        """Run it as `__main__`; whatever it raises gets out."""
        main = types.ModuleType("__main__")
        main.__file__ = self.path
        main.__builtins__ = __builtins__  # type: ignore[attr-defined]
        main.__spec__ = self.spec
        main.__package__ = self.package
        main.__loader__ = importlib.machinery.SourceFileLoader("__main__", self.path)
        sys.modules["__main__"] = main
        exec(compile(self.source, self.path, "exec", dont_inherit=True), main.__dict__)


def _first_on_path(folder: str) -> None:
    """Put a folder where Python puts that of the script: this command's own stood there."""
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = folder


def _main_spec(name: str) -> importlib.machinery.ModuleSpec:
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{name}.__main__")
    except (ImportError, ValueError) as error:
        raise CannotRun(f"no module named {name!r}: {error}") from None
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        raise CannotRun(f"no module named {name!r} that can be run")
    return spec


class Ended(NamedTuple):
    """How a program ended: the exit code that `python` would have given, and what was found.

    `report` is None where nothing was traced. `is_told` says that another process tells it.
    """

    code: int
    report: Report | None = None
    is_told: bool = False


def rank() -> int:
    """Which of the processes of a distributed run this is, as torchrun says; 0 where it is the only one."""
    size, number = (os.environ.get(name, "") for name in ("WORLD_SIZE", "RANK"))
    return int(number) if number.isdecimal() and size.isdecimal() and int(size) > 1 else 0


def run(target: str, arguments: Sequence[str], is_module: bool, told: Callable[[Report], None]) -> Ended:
    """Run a script or module.

    `told` is called with the report whenever there is a new finding, so that a program that is killed has told it.
    Raises CannotRun.
    """
    program = Program(target, is_module)
    sys.argv[:] = [program.path if is_module else target, *arguments]
    started: list[tuple[Session, Report]] = []

    def begin() -> None:
        from lstmcheck.rules import judge
        from lstmcheck.runtime.session import Session
        from lstmcheck.traced.report import Report
        from lstmcheck.tracing import disabled  # what is needed when the program dies is there then

        if not disabled():
            report = Report()
            session = Session(judge, report=report, told=lambda _: told(report), name="lstmcheck run")
            session.start()
            started.append((session, report))

    when_imported("torch", begin)
    code = _execute(program)
    for session, _ in started:
        session.stop(hasty=code != 0)
    return Ended(code, started[0][1], started[0][0].is_handed_over) if started else Ended(code)


def _execute(program: Program) -> int:
    try:
        program.execute()
        code = 0
    except SystemExit as leaving:
        code = _code(leaving)
    except BaseException as error:
        _show(error)
        code = 130 if isinstance(error, KeyboardInterrupt) else 1
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.main_thread():
            thread.join()
    return code


def _code(leaving: SystemExit) -> int:
    if leaving.code is None or isinstance(leaving.code, int):
        return leaving.code or 0
    print(leaving.code, file=sys.stderr)
    return 1


def _show(error: BaseException) -> None:
    """The traceback as Python prints it, with the explanation and without the frames that are ours."""
    if "lstmcheck.postmortem" in sys.modules:
        from lstmcheck import postmortem

        postmortem.explain(error)
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        one.__traceback__ = without_ours(one.__traceback__)
        one = one.__cause__ or one.__context__
    sys.excepthook(type(error), error, error.__traceback__)


_OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep


def without_ours(traceback: types.TracebackType | None) -> types.TracebackType | None:
    """A traceback whose frames in this package are left out."""
    while traceback is not None and traceback.tb_frame.f_code.co_filename.startswith(_OURS):
        traceback = traceback.tb_next
    at = traceback
    while at is not None:
        while at.tb_next is not None and at.tb_next.tb_frame.f_code.co_filename.startswith(_OURS):
            at.tb_next = at.tb_next.tb_next
        at = at.tb_next
    return traceback
