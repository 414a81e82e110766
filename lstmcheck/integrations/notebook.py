"""Notebooks: `%load_ext lstmcheck` traces every cell until `%unload_ext lstmcheck`; `%lstmcheck` shows the report."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lstmcheck.findings import Finding
    from lstmcheck.traced.report import Report
    from lstmcheck.tracing import trace


class Extension:
    """The extension in one shell: a trace that begins when torch is there, and what it has told already."""

    def __init__(self, shell: Any) -> None:
        from lstmcheck.awaiting import when_imported

        self.shell = shell
        self.report: Report | None = None
        self._told: set[Finding] = set()
        self._tracing: trace | None = None
        self._give_up: Callable[[], None] = when_imported("torch", self._begin)
        shell.events.register("post_run_cell", self._after_cell)
        shell.register_magic_function(self.magic, magic_kind="line", magic_name="lstmcheck")

    def _begin(self) -> None:
        from lstmcheck.tracing import trace

        self._tracing = trace()
        self.report = self._tracing.__enter__()

    def _after_cell(self, result: Any = None) -> None:
        """Tell what a cell has brought, once."""
        if self.report is None:
            return
        new = [one for one in self.report.findings if one.severity != "info" and one not in self._told]
        if new:
            from lstmcheck.integrations._text import text

            self._told.update(new)
            print(text(new, colour=True), file=sys.stderr)

    def magic(self, line: str) -> Any:
        """`%lstmcheck`: the report on all cells since the extension was loaded."""
        if self.report is None:
            print("lstmcheck: torch has not been imported yet, nothing was checked", file=sys.stderr)
        return self.report

    def unload(self) -> None:
        """Leave torch and the shell as they were."""
        self._give_up()
        if self._tracing is not None:
            self._tracing.__exit__(None, None, None)
            self._tracing = None
        self.shell.events.unregister("post_run_cell", self._after_cell)
        self.shell.magics_manager.magics["line"].pop("lstmcheck", None)


_loaded: dict[int, Extension] = {}


def load(shell: Any) -> None:
    """`%load_ext lstmcheck`."""
    if id(shell) not in _loaded:
        _loaded[id(shell)] = Extension(shell)


def unload(shell: Any) -> None:
    """`%unload_ext lstmcheck`."""
    extension = _loaded.pop(id(shell), None)
    if extension is not None:
        extension.unload()
