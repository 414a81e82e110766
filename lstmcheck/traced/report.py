"""The report of a trace in every form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lstmcheck import report as formats
from lstmcheck.runtime import sites
from lstmcheck.runtime.collected import Collected

if TYPE_CHECKING:
    from rich.console import RenderableType


class Report(Collected):
    """The result of `lstmcheck.trace()`; it grows while the trace runs and stays readable afterwards.

    `findings` are like the linter's; `count(finding)` says how often one was made, `ranks(finding)` by which processes
    of a distributed run. `layers` are the recurrent layers that were built or called, `probes` what `probe=True` gave.
    `print(report)` shows it all, a notebook shows it as a page, rich as tables.
    """

    def to_text(self, colour: bool = False) -> str:
        """Findings with their source, the layers with the shapes they were called with, and a summary."""
        from lstmcheck.traced import text

        return "\n".join(text.lines(self, colour))

    def to_json(self) -> str:
        """One object: findings (as `--output-format json` has them, with `count` and `ranks`), layers, verdict."""
        from lstmcheck.traced import data

        return data.text(self)

    def to_html(self) -> str:
        """A page that needs nothing else: findings with their source, the picture and the calls of each layer."""
        from lstmcheck.traced import page

        return page.page(self)

    def to_svg(self) -> str:
        """The pictures of the layers in one SVG file, with what is wrong about them."""
        from lstmcheck import draw
        from lstmcheck.traced import pictures

        return draw.layers_svg(pictures.layers(self), title="lstmcheck")

    def to_markdown(self) -> str:
        """Two tables, for a pull request or a log that shows Markdown."""
        from lstmcheck.traced import markdown

        return "\n".join(markdown.lines(self))

    def to_sarif(self) -> str:
        """The findings in SARIF 2.1.0, for GitHub's code scanning."""
        return "\n".join(formats.render("sarif", formats.Report(self.findings, 0, 0, sites.lines_of)))

    def assert_ok(self) -> None:
        """Raise AssertionError that says what was found, when there is an error or a warning."""
        if not self.ok:
            found = [finding for finding in self.findings if finding.severity != "info"]
            shown = formats.render("full", formats.Report(found, 0, 0, sites.lines_of))
            raise AssertionError("\n".join(shown).rstrip())

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"<lstmcheck report: {len(self.findings)} findings, {len(self.layers)} layers>"

    def _repr_html_(self) -> str:
        from lstmcheck.traced import page

        return page.fragment(self)

    def __rich__(self) -> RenderableType:
        from lstmcheck.traced import tables

        return tables.renderable(self)
