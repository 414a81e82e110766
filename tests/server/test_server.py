"""The language server, driven by a real client with the capabilities of real editors."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pygls")
pytest_lsp = pytest.importorskip("pytest_lsp")

from lsprotocol import types  # noqa: E402 - comes with pygls
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities  # noqa: E402

BAD = """\
import torch
from torch import nn


class Tagger(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.lstm = nn.LSTM(10, 30, num_layers=2, bidirectional=True, batch_first=True)

    def forward(self, x):
        grösse = "😀"; h0 = torch.zeros(2, x.size(0), 30)
        out, (hn, cn) = self.lstm(x, (h0, h0))
        return out  # noqa: LSTM201
"""
GOOD = BAD.replace("torch.zeros(2,", "torch.zeros(4,")

Session = Callable[[LanguageClient, Path], Awaitable[Any]]


def serve(folder: Path, session: Session, editor: str = "neovim", pull: bool = True, refreshes: bool = False) -> Any:
    """Start the server for a folder and let a session talk to it."""

    async def run() -> Any:
        config = ClientServerConfig(server_command=[sys.executable, "-m", "lstmcheck", "server", "--stdio"])
        client = await config.start()
        try:
            capabilities = client_capabilities(editor)
            assert capabilities.text_document is not None
            capabilities.text_document.diagnostic = types.DiagnosticClientCapabilities() if pull else None
            if refreshes:
                assert capabilities.workspace is not None
                capabilities.workspace.diagnostics = types.DiagnosticWorkspaceClientCapabilities(True)
            await client.initialize_session(
                types.InitializeParams(capabilities=capabilities, root_uri=folder.as_uri(), workspace_folders=None)
            )
            return await asyncio.wait_for(session(client, folder), 50)
        finally:
            await client.shutdown_session()
            await client.stop()

    return asyncio.run(run())


def opened(client: LanguageClient, path: Path, text: str) -> str:
    uri = path.as_uri()
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri=uri, language_id="python", version=1, text=text))
    )
    return uri


def changed(client: LanguageClient, uri: str, text: str) -> None:
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(version=2, uri=uri),
            [types.TextDocumentContentChangeWholeDocument(text=text)],
        )
    )


async def pulled(client: LanguageClient, uri: str) -> list[types.Diagnostic]:
    report = await client.text_document_diagnostic_async(
        types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri))
    )
    return list(report.items)  # type: ignore[union-attr]


def uri_of(folder: Path) -> str:
    return (folder / "model.py").as_uri()


def codes(found: list[types.Diagnostic]) -> list[str]:
    return sorted(str(one.code) for one in found)


@pytest.mark.parametrize("editor", ["neovim", "visual_studio_code", "emacs"])
def test_findings_come_unasked_and_go_when_they_are_mended(tmp_path: Path, editor: str) -> None:
    async def session(client: LanguageClient, folder: Path) -> Any:
        uri = opened(client, folder / "model.py", BAD)
        await client.wait_for_notification("textDocument/publishDiagnostics")
        first = client.diagnostics[uri]
        changed(client, uri, GOOD)
        await client.wait_for_notification("textDocument/publishDiagnostics")
        return first, client.diagnostics[uri]

    first, second = serve(tmp_path, session, editor, pull=False)
    assert codes(first) == ["LSTM201", "LSTM911"]
    assert codes(second) == ["LSTM911"]
    one = next(diagnostic for diagnostic in first if diagnostic.code == "LSTM201")
    assert one.severity == types.DiagnosticSeverity.Error
    assert "torch would say: Expected hidden[0] size" in one.message
    assert {related.location.range.start.line for related in one.related_information} == {7, 10}
    assert one.range.start.line == 11


def test_findings_can_be_asked_for_and_places_count_as_the_client_does(tmp_path: Path) -> None:
    async def session(client: LanguageClient, folder: Path) -> Any:
        uri = opened(client, folder / "model.py", BAD)
        return await pulled(client, uri), client.diagnostics

    found, pushed = serve(tmp_path, session, "visual_studio_code")
    assert codes(found) == ["LSTM201", "LSTM911"]
    assert not pushed
    one = next(diagnostic for diagnostic in found if diagnostic.code == "LSTM201")
    made = next(related for related in one.related_information if related.location.range.start.line == 10)
    line = BAD.splitlines()[10]
    # the editor counts UTF-16: the face is two units
    assert made.location.range.start.character == line.index("torch.zeros") + 1


def test_a_file_that_is_left_out_or_is_no_python_has_no_findings(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.lstmcheck]\nexclude = ["model.py"]\n')

    async def session(client: LanguageClient, folder: Path) -> Any:
        return await pulled(client, opened(client, folder / "model.py", BAD))

    assert serve(tmp_path, session) == []


def test_settings_that_cannot_be_used_are_told_once(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.lstmcheck]\nselct = 3\n")

    async def session(client: LanguageClient, folder: Path) -> Any:
        uri = opened(client, folder / "model.py", BAD)
        found = [await pulled(client, uri), await pulled(client, uri)]
        return found, [message.message for message in client.messages]

    found, messages = serve(tmp_path, session)
    assert found == [[], []]
    assert len(messages) == 1
    assert "selct" in messages[0]


def test_actions_hover_hints_and_lenses(tmp_path: Path) -> None:
    async def session(client: LanguageClient, folder: Path) -> Any:
        uri = opened(client, folder / "model.py", BAD)
        document = types.TextDocumentIdentifier(uri)
        everything = types.Range(types.Position(0, 0), types.Position(12, 0))
        context = types.CodeActionContext(diagnostics=[])
        line = types.Range(types.Position(11, 30), types.Position(11, 30))
        return {
            "actions": await client.text_document_code_action_async(types.CodeActionParams(document, line, context)),
            "layer": await client.text_document_hover_async(types.HoverParams(document, types.Position(7, 24))),
            "value": await client.text_document_hover_async(types.HoverParams(document, types.Position(10, 24))),
            "rule": await client.text_document_hover_async(types.HoverParams(document, types.Position(12, 31))),
            "nothing": await client.text_document_hover_async(types.HoverParams(document, types.Position(0, 2))),
            "hints": await client.text_document_inlay_hint_async(types.InlayHintParams(document, everything)),
            "lenses": await client.text_document_code_lens_async(types.CodeLensParams(document)),
        }

    said = serve(tmp_path, session, "visual_studio_code")
    silencing = next(action for action in said["actions"] if "ignore state-layers" in action.title)
    ((edit,),) = silencing.edit.changes.values()
    assert edit.new_text.strip().startswith("# lstmcheck: ignore[state-layers]  ")
    (mend,) = (action for action in said["actions"] if action.kind == "quickfix" and action.is_preferred)
    assert [edit.new_text for edit in mend.edit.changes[uri_of(tmp_path)]] == ["4"]
    (everything,) = (action for action in said["actions"] if action.kind == "source.fixAll.lstmcheck")
    ((edit,),) = everything.edit.changes.values()
    assert edit.new_text == GOOD.replace("  # noqa: LSTM201", "")
    assert "| output | `(batch, seq_len, 60)` |" in said["layer"].contents.value
    assert "| h_0, h_n | `(4, batch, 30)` |" in said["layer"].contents.value
    assert said["value"].contents.value.startswith("`h0: (2, x.size(0), 30)`")
    assert said["rule"].contents.value.startswith("# LSTM201")
    assert said["nothing"] is None
    labels = {hint.position.line: hint.label for hint in said["hints"]}
    assert labels[10] == ": (2, x.size(0), 30)"
    assert [lens.command.title for lens in said["lenses"]] == ["LSTM -> (batch, seq_len, 60), 32,160 parameters"]


def test_a_notebook_is_one_program(tmp_path: Path) -> None:
    cells = [
        "%matplotlib inline\nimport torch\nfrom torch import nn",
        "rnn = nn.GRU(10, 20)",
        "x = torch.zeros(5, 3, 11)\nout, h = rnn(x)",
    ]

    async def session(client: LanguageClient, folder: Path) -> Any:
        uri = (folder / "nb.ipynb").as_uri()
        documents = [f"{uri.replace('file:', 'vscode-notebook-cell:')}#{number}" for number in range(3)]
        kind = types.NotebookCellKind.Code
        book = types.NotebookDocument(
            uri, "jupyter-notebook", 1, [types.NotebookCell(kind=kind, document=one) for one in documents]
        )
        items = [types.TextDocumentItem(one, "python", 1, text) for one, text in zip(documents, cells)]
        client.notebook_document_did_open(types.DidOpenNotebookDocumentParams(book, items))
        asked = [await pulled(client, one) for one in documents]
        lenses = await client.text_document_code_lens_async(
            types.CodeLensParams(types.TextDocumentIdentifier(documents[1]))
        )
        return asked, lenses

    (first, second, third), lenses = serve(tmp_path, session)
    assert (first, second) == ([], [])
    assert codes(third) == ["LSTM223"]
    assert third[0].range.start.line == 1
    assert [lens.range.start.line for lens in lenses] == [0]


def test_what_is_saved_is_worked_out_anew_and_what_is_closed_is_forgotten(tmp_path: Path) -> None:
    settings = tmp_path / "pyproject.toml"
    settings.write_text("[tool.lstmcheck]\n")

    async def session(client: LanguageClient, folder: Path) -> Any:
        uri = opened(client, folder / "model.py", BAD)
        document = types.TextDocumentIdentifier(uri)
        shown = []
        await client.wait_for_notification("textDocument/publishDiagnostics")
        shown.append(client.diagnostics[uri])
        settings.write_text('[tool.lstmcheck]\nignore = ["LSTM201"]\n')
        client.text_document_did_save(types.DidSaveTextDocumentParams(document))
        await client.wait_for_notification("textDocument/publishDiagnostics")
        shown.append(client.diagnostics[uri])
        settings.write_text("[tool.lstmcheck]\n")
        changed = types.FileEvent(settings.as_uri(), types.FileChangeType.Changed)
        client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([changed]))
        await client.wait_for_notification("textDocument/publishDiagnostics")
        shown.append(client.diagnostics[uri])
        client.text_document_did_close(types.DidCloseTextDocumentParams(document))
        await client.wait_for_notification("textDocument/publishDiagnostics")
        shown.append(client.diagnostics[uri])
        return [codes(found) for found in shown]

    before, ignored, again, closed = serve(tmp_path, session, pull=False)
    assert "LSTM201" in before
    assert "LSTM201" not in ignored
    assert again == before
    assert closed == []


def test_a_document_that_is_not_open_has_nothing_to_show(tmp_path: Path) -> None:
    async def session(client: LanguageClient, folder: Path) -> Any:
        document = types.TextDocumentIdentifier((folder / "other.py").as_uri())
        everything = types.Range(types.Position(0, 0), types.Position(12, 0))
        context = types.CodeActionContext(diagnostics=[])
        return [
            await pulled(client, document.uri),
            await client.text_document_code_action_async(types.CodeActionParams(document, everything, context)),
            await client.text_document_hover_async(types.HoverParams(document, types.Position(0, 0))),
            await client.text_document_inlay_hint_async(types.InlayHintParams(document, everything)),
            await client.text_document_code_lens_async(types.CodeLensParams(document)),
        ]

    assert [found or None for found in serve(tmp_path, session)] == [None] * 5


def test_what_is_made_in_another_file_is_shown_there(tmp_path: Path) -> None:
    """Findings, hover, hints and actions of a file whose layer another one makes, where they are asked for."""
    (tmp_path / "layers.py").write_text("from torch import nn\n\n\ndef made():\n    return nn.GRU(10, 20)\n")
    text = "import torch\nfrom layers import made\n\nrnn = made()\nout, h = rnn(torch.zeros(5, 3, 11))\n"

    async def session(client: LanguageClient, folder: Path) -> Any:
        uri = opened(client, folder / "model.py", text)
        document = types.TextDocumentIdentifier(uri)
        far = types.Position(99, 3)
        below = types.Range(types.Position(6, 0), types.Position(9, 0))
        line = types.Range(types.Position(4, 12), types.Position(4, 12))
        quick = types.CodeActionContext(diagnostics=[], only=["quickfix"])
        every = types.CodeActionContext(diagnostics=[], only=["source"])
        return (
            await pulled(client, uri),
            await client.text_document_hover_async(types.HoverParams(document, far)),
            await client.text_document_hover_async(types.HoverParams(document, types.Position(0, 8))),
            await client.text_document_inlay_hint_async(types.InlayHintParams(document, below)),
            await client.text_document_code_action_async(types.CodeActionParams(document, line, quick)),
            await client.text_document_code_action_async(types.CodeActionParams(document, line, every)),
        )

    found, far, torch, hints, quick, every = serve(tmp_path, session)
    assert codes(found) == ["LSTM223"]
    (made,) = (one for one in found[0].related_information if one.location.uri.endswith("layers.py"))
    assert made.location.range == types.Range(types.Position(4, 18), types.Position(4, 20))
    assert (far, torch, hints or []) == (None, None, [])
    assert {action.kind for action in quick} == {"quickfix"}
    assert not every


def test_a_notebook_that_changes_and_is_closed(tmp_path: Path) -> None:
    async def session(client: LanguageClient, folder: Path) -> Any:
        uri = (folder / "nb.ipynb").as_uri()
        cell = f"{uri.replace('file:', 'vscode-notebook-cell:')}#0"
        book = types.NotebookDocument(
            uri, "jupyter-notebook", 1, [types.NotebookCell(kind=types.NotebookCellKind.Code, document=cell)]
        )
        item = types.TextDocumentItem(cell, "python", 1, BAD)
        client.notebook_document_did_open(types.DidOpenNotebookDocumentParams(book, [item]))
        await client.wait_for_notification("textDocument/publishDiagnostics")
        shown = [codes(client.diagnostics[cell])]
        text = types.NotebookDocumentCellContentChanges(
            types.VersionedTextDocumentIdentifier(2, cell), [types.TextDocumentContentChangeWholeDocument(GOOD)]
        )
        change = types.NotebookDocumentChangeEvent(cells=types.NotebookDocumentCellChanges(text_content=[text]))
        which = types.VersionedNotebookDocumentIdentifier(version=2, uri=uri)
        for _ in range(2):  # the second comes while the first is still waited with
            client.notebook_document_did_change(types.DidChangeNotebookDocumentParams(which, change))
        await client.wait_for_notification("textDocument/publishDiagnostics")
        shown.append(codes(client.diagnostics[cell]))
        client.notebook_document_did_close(
            types.DidCloseNotebookDocumentParams(
                types.NotebookDocumentIdentifier(uri), [types.TextDocumentIdentifier(cell)]
            )
        )
        await client.wait_for_notification("textDocument/publishDiagnostics")
        return [*shown, codes(client.diagnostics[cell])]

    assert serve(tmp_path, session, pull=False) == [["LSTM201", "LSTM911"], ["LSTM911"], []]


def test_what_is_closed_before_its_findings_were_worked_out(tmp_path: Path) -> None:
    async def session(client: LanguageClient, folder: Path) -> Any:
        uri = opened(client, folder / "model.py", GOOD)
        await client.wait_for_notification("textDocument/publishDiagnostics")
        changed(client, uri, BAD)
        client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
        await client.wait_for_notification("textDocument/publishDiagnostics")
        other = opened(client, folder / "other.py", BAD)
        await client.wait_for_notification("textDocument/publishDiagnostics")
        return codes(client.diagnostics[uri]), codes(client.diagnostics[other])

    assert serve(tmp_path, session, pull=False) == ([], ["LSTM201", "LSTM911"])


@pytest.mark.parametrize("refreshes", [True, False])
def test_an_editor_that_asks_is_told_to_ask_again(tmp_path: Path, refreshes: bool) -> None:
    """After something was saved, where the editor can be told; a file that is closed then is sent nothing."""

    async def session(client: LanguageClient, folder: Path) -> Any:
        uri = opened(client, folder / "model.py", BAD)
        document = types.TextDocumentIdentifier(uri)
        first = codes(await pulled(client, uri))
        (folder / "pyproject.toml").write_text('[tool.lstmcheck]\nignore = ["LSTM201"]\n')
        client.text_document_did_save(types.DidSaveTextDocumentParams(document))
        second = codes(await pulled(client, uri))
        client.text_document_did_close(types.DidCloseTextDocumentParams(document))
        await pulled(client, uri)
        return first, second, client.diagnostic_refresh_count, client.diagnostics

    first, second, asked, pushed = serve(tmp_path, session, refreshes=refreshes)
    assert "LSTM201" in first
    assert "LSTM201" not in second
    assert asked == int(refreshes)
    assert not pushed


def test_shapes_under_settings_that_cannot_be_used_are_not_shown(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.lstmcheck]\nselct = 3\n")

    async def session(client: LanguageClient, folder: Path) -> Any:
        uri = opened(client, folder / "model.py", BAD)
        document = types.TextDocumentIdentifier(uri)
        everything = types.Range(types.Position(0, 0), types.Position(12, 0))
        lenses = await client.text_document_code_lens_async(types.CodeLensParams(document))
        hints = await client.text_document_inlay_hint_async(types.InlayHintParams(document, everything))
        return lenses or [], hints or [], [message.message for message in client.messages]

    lenses, hints, messages = serve(tmp_path, session)
    assert (lenses, hints) == ([], [])
    assert len(messages) == 1


def test_a_text_that_was_never_saved(tmp_path: Path) -> None:
    async def session(client: LanguageClient, folder: Path) -> Any:
        item = types.TextDocumentItem(uri="untitled:Untitled-1", language_id="python", version=1, text=BAD)
        client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return await pulled(client, item.uri)

    assert codes(serve(tmp_path, session)) == ["LSTM201", "LSTM911"]


def test_without_pygls_the_command_says_what_to_install(tmp_path: Path) -> None:
    import subprocess

    code = "import sys; sys.modules['pygls'] = None\nfrom lstmcheck.cli import main\nsys.exit(main(['server']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert done.stderr.strip() == "lstmcheck: the server needs pygls: pip install 'lstmcheck[lsp]'"
