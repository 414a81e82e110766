"""The engine's answers about one open program, each worked out once for a version of it."""

from __future__ import annotations

from functools import cached_property

from lstmcheck.checker import check
from lstmcheck.config import Settings
from lstmcheck.config.files import Scopes
from lstmcheck.findings import Finding
from lstmcheck.fixing import fix, may_be_made
from lstmcheck.server.documents import Program
from lstmcheck.source import discover
from lstmcheck.survey.model import FileShapes
from lstmcheck.survey.program import NotFound, program_shapes


class Analysis:
    """What is known about a program. Reading a property may raise `lstmcheck.config.ConfigError`."""

    def __init__(self, program: Program) -> None:
        self.program = program

    @cached_property
    def findings(self) -> list[Finding]:
        """What is wrong in the program itself, as its project's settings want it reported."""
        own = discover.shown(self.program.path)
        result = check(self.program.path, settings=self._settings, given=self._given)
        return [finding for finding in result.findings if discover.shown(finding.location.path) == own]

    @cached_property
    def mended(self) -> bytes | None:
        """The bytes of the program after all fixes that are safe; None where there is none."""
        own = discover.shown(self.program.path)
        if not any(may_be_made(finding) for finding in self.findings):
            return None
        fixed = fix(self.program.path, settings=self._settings, given=self._given)
        return next((data for path, data in fixed.after.items() if discover.shown(path) == own), None)

    @cached_property
    def shapes(self) -> FileShapes | None:
        """The shapes of the program; None where it has nothing to do with a recurrent layer."""
        try:
            shown = program_shapes(self.program.path, settings=self._settings, given=self._given)
        except NotFound:
            return None
        return shown.files[0] if shown.files else None

    @cached_property
    def _settings(self) -> Scopes:
        return Scopes([self.program.path], _for_an_editor)

    @property
    def _given(self) -> dict[str, bytes]:
        return {self.program.path: self.program.data}


def _for_an_editor(settings: Settings) -> Settings:
    """An editor names every file that is open: one that the project leaves out stays so."""
    return settings._replace(force_exclude=True)


class Analyses:
    """The analyses of what is open."""

    def __init__(self) -> None:
        self._known: dict[str, Analysis] = {}

    def of(self, program: Program) -> Analysis:
        """The analysis of a program as it stands."""
        known = self._known.get(program.uri)
        if known is None or known.program != program:
            known = self._known[program.uri] = Analysis(program)
        return known

    def forget(self) -> None:
        """Work everything out anew: a file that others depend on was saved, or the settings were."""
        self._known.clear()

    def close(self, uri: str) -> None:
        """A program is no longer open."""
        self._known.pop(uri, None)
