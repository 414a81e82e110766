"""pytest: `--lstmcheck[=warn|error]` traces every test; the marker `no_lstmcheck` leaves one out.

Nothing but pytest is imported until a test, with the option given, has imported torch.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from lstmcheck.findings import Finding
    from lstmcheck.traced.report import Report

MODES = ("warn", "error")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("lstmcheck", "recurrent layers of torch")
    group.addoption(
        "--lstmcheck",
        nargs="?",
        const="warn",
        default=None,
        choices=MODES,
        metavar="warn|error",
        help="Check the recurrent calls of every test: warn (default), or error: what is found fails the test.",
    )
    parser.addini("lstmcheck", "warn or error: the same as the option --lstmcheck.", default="")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "no_lstmcheck: leave this test out of --lstmcheck.")
    mode = config.getoption("--lstmcheck") or config.getini("lstmcheck")
    if mode in ("", "off"):
        return
    if mode not in MODES:
        raise pytest.UsageError(f"lstmcheck = {mode!r}: expected warn or error")
    config.pluginmanager.register(Plugin(mode), "lstmcheck-tracing")


class Watch:
    """One test: the trace that sees it, from the moment torch is there."""

    def __init__(self) -> None:
        from lstmcheck.awaiting import when_imported

        self.report: Report | None = None
        self._leave: Callable[[], None] = lambda: None
        self._give_up = when_imported("torch", self._begin)

    def _begin(self) -> None:
        from lstmcheck.tracing import trace

        tracing = trace()
        self.report = tracing.__enter__()
        self._leave = lambda: tracing.__exit__(None, None, None)

    def end(self) -> None:
        self._give_up()
        self._leave()

    def found(self) -> list[Finding]:
        """What was found so far, advice left out."""
        if self.report is None:
            return []
        return [finding for finding in self.report.findings if finding.severity != "info"]


class Plugin:
    """What runs when the option is given."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self._watch: dict[str, Watch] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Trace a test with its fixtures."""
        if item.get_closest_marker("no_lstmcheck") is not None:
            return (yield)
        watch = self._watch[item.nodeid] = Watch()
        try:
            return (yield)
        finally:
            watch.end()
            del self._watch[item.nodeid]

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Warn inside pytest's own catching of warnings."""
        result = yield
        watch = self._watch.get(item.nodeid)
        if watch is not None and self.mode == "warn":
            for finding in watch.found():
                _warn(finding)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Fail the test, or explain in the report of one that failed by itself."""
        report: pytest.TestReport = yield
        watch = self._watch.get(item.nodeid)
        if watch is None or report.when != "call" or report.skipped:
            return report
        found = watch.found()
        if found and (report.failed or self.mode == "error"):
            from lstmcheck.integrations._text import text

            if report.failed or hasattr(report, "wasxfail"):
                report.sections.append(("lstmcheck", text(found)))
            else:
                report.outcome = "failed"
                report.longrepr = f"lstmcheck found mistakes in this test:\n\n{text(found)}"
        return report


def _warn(finding: Finding) -> None:
    from lstmcheck.integrations._text import one_line
    from lstmcheck.tracing import LSTMCheckWarning

    where = finding.location
    warnings.warn_explicit(one_line(finding), LSTMCheckWarning, where.path, where.line)
