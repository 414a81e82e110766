"""The server: which request is answered by what."""

from __future__ import annotations

import asyncio

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from lstmcheck import __version__
from lstmcheck.config import ConfigError
from lstmcheck.findings import Finding
from lstmcheck.server import actions, diagnostics, hover, notes
from lstmcheck.server.analysis import Analyses
from lstmcheck.server.documents import Part, Program, program_of
from lstmcheck.server.positions import Positions
from lstmcheck.survey.model import FileShapes

QUIET = 0.25
"""Seconds without a change before what an editor has not asked for is worked out."""

# The notebook is named as well as its cells: without it, clients that read lsprotocol's types refuse the selector.
_NOTEBOOKS = types.NotebookDocumentSyncOptions(
    notebook_selector=[
        types.NotebookDocumentFilterWithNotebook(
            notebook=types.NotebookDocumentFilterNotebookType(notebook_type="jupyter-notebook"),
            cells=[types.NotebookCellLanguage(language="python")],
        )
    ]
)


class Server(LanguageServer):
    """A language server and what it knows of the open programs."""

    def __init__(self) -> None:
        super().__init__("lstmcheck", __version__, notebook_document_sync=_NOTEBOOKS)
        self.analyses = Analyses()
        self.waiting: dict[str, asyncio.TimerHandle] = {}
        self.troubles: set[str] = set()

    @property
    def positions(self) -> Positions:
        """How the client counts."""
        return Positions(self.workspace.position_codec)

    @property
    def pulls(self) -> bool:
        """Whether the client asks for findings by itself: sent unasked as well, they would be shown twice."""
        text = self.client_capabilities.text_document
        return text is not None and text.diagnostic is not None

    def program(self, uri: str) -> tuple[Program, Part] | None:
        """The program that an open document belongs to, and the document in it."""
        program = program_of(self.workspace, uri)
        part = next((part for part in program.parts if part.uri == uri), None) if program is not None else None
        return (program, part) if program is not None and part is not None else None

    def findings(self, program: Program) -> list[Finding]:
        """What is wrong in a program; nothing, and a line to the user, while its settings cannot be used."""
        try:
            return self.analyses.of(program).findings
        except ConfigError as error:
            self.tell(str(error))
            return []

    def shapes(self, program: Program) -> FileShapes | None:
        """The shapes of a program; None, and a line to the user, while its settings cannot be used."""
        try:
            return self.analyses.of(program).shapes
        except ConfigError as error:
            self.tell(str(error))
            return None

    def tell(self, text: str) -> None:
        """Show a line to the user, once."""
        if text not in self.troubles:
            self.troubles.add(text)
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"lstmcheck: {text}"))

    def publish(self, uri: str) -> None:
        """Send the findings of a program, where it is still open."""
        self.waiting.pop(uri, None)
        program = program_of(self.workspace, uri)
        if program is None:
            return
        findings = self.findings(program)
        found = diagnostics.diagnostics(program, findings, self.positions)
        for part in program.parts:
            self.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(uri=part.uri, version=part.version, diagnostics=found[part.uri])
            )

    def publish_soon(self, uri: str, after: float = QUIET) -> None:
        """Send the findings of a program when its text has rested."""
        if self.pulls:
            return
        pending = self.waiting.pop(uri, None)
        if pending is not None:
            pending.cancel()
        self.waiting[uri] = asyncio.get_running_loop().call_later(after, self.publish, uri)

    def renew(self) -> None:
        """Work out everything that is open anew."""
        self.analyses.forget()
        self.troubles.clear()
        if self.pulls:
            capabilities = self.client_capabilities.workspace
            if capabilities is not None and capabilities.diagnostics is not None:
                self.workspace_diagnostic_refresh(None)
            return
        books = list(self.workspace.notebook_documents)
        cells = {cell.document for book in self.workspace.notebook_documents.values() for cell in book.cells}
        for uri in [*books, *(uri for uri in self.workspace.text_documents if uri not in cells)]:
            self.publish_soon(uri)


def server() -> Server:
    """A server with all its features, ready to be started."""
    ls = Server()
    _follow_documents(ls)
    _answer_requests(ls)
    return ls


def serve() -> None:
    """Serve one client over standard input and output, until it leaves."""
    server().start_io()


def _follow_documents(ls: Server) -> None:
    @ls.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
        ls.publish_soon(params.text_document.uri, 0)

    @ls.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
        ls.publish_soon(params.text_document.uri)

    @ls.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
        _forget(ls, params.text_document.uri, [params.text_document.uri])

    @ls.feature(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def book_opened(ls: Server, params: types.DidOpenNotebookDocumentParams) -> None:
        ls.publish_soon(params.notebook_document.uri, 0)

    @ls.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def book_changed(ls: Server, params: types.DidChangeNotebookDocumentParams) -> None:
        ls.publish_soon(params.notebook_document.uri)

    @ls.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def book_closed(ls: Server, params: types.DidCloseNotebookDocumentParams) -> None:
        _forget(ls, params.notebook_document.uri, [cell.uri for cell in params.cell_text_documents])

    # what is saved may be what another open file imports, or the settings
    @ls.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
        ls.renew()

    @ls.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def watched(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
        ls.renew()


def _forget(ls: Server, uri: str, documents: list[str]) -> None:
    ls.analyses.close(uri)
    pending = ls.waiting.pop(uri, None)
    if pending is not None:
        pending.cancel()
    if not ls.pulls:
        for document in documents:
            ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri=document, diagnostics=[]))


def _answer_requests(ls: Server) -> None:
    @ls.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, types.DiagnosticOptions(True, False, identifier="lstmcheck"))
    def pull(ls: Server, params: types.DocumentDiagnosticParams) -> types.RelatedFullDocumentDiagnosticReport:
        items: list[types.Diagnostic] = []
        found = ls.program(params.text_document.uri)
        if found is not None:
            program, part = found
            findings = ls.findings(program)
            items = diagnostics.diagnostics(program, findings, ls.positions)[part.uri]
        return types.RelatedFullDocumentDiagnosticReport(items=items)

    @ls.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=list(actions.KINDS)))
    def offer(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
        found = ls.program(params.text_document.uri)
        findings = ls.findings(found[0]) if found is not None else []
        if found is None or not findings:
            return []
        mended = ls.analyses.of(found[0]).mended
        offered = actions.actions(*found, findings, mended, params.range, ls.positions)
        wanted = params.context.only
        return [one for one in offered if wanted is None or any(_within(one.kind, kind) for kind in wanted)]

    @ls.feature(types.TEXT_DOCUMENT_HOVER)
    def explain(ls: Server, params: types.HoverParams) -> types.Hover | None:
        found = ls.program(params.text_document.uri)
        if found is None:
            return None
        program, part = found
        row, column = ls.positions.of(part, params.position)
        shapes = ls.shapes(program)
        lines = part.lines
        text = lines[row - 1] if row <= len(lines) else ""
        said = hover.text_at(text, program.line(part, row), column, shapes)
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, said)) if said is not None else None

    @ls.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    def hints(ls: Server, params: types.InlayHintParams) -> list[types.InlayHint]:
        found = ls.program(params.text_document.uri)
        shapes = ls.shapes(found[0]) if found is not None else None
        if found is None or shapes is None:
            return []
        return list(notes.inlay_hints(*found, shapes, params.range, ls.positions))

    @ls.feature(types.TEXT_DOCUMENT_CODE_LENS)
    def lenses(ls: Server, params: types.CodeLensParams) -> list[types.CodeLens]:
        found = ls.program(params.text_document.uri)
        shapes = ls.shapes(found[0]) if found is not None else None
        if found is None or shapes is None:
            return []
        return list(notes.lenses(*found, shapes, ls.positions))


def _within(kind: types.CodeActionKind | str | None, wanted: types.CodeActionKind | str) -> bool:
    """Whether a kind is the wanted one or below it: `source.fixAll.lstmcheck` is a `source.fixAll` and a `source`."""
    own, above = (str(getattr(one, "value", one)) for one in (kind, wanted))
    return own == above or own.startswith(f"{above}.") or above == ""
