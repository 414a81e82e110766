"""Comments that silence findings: `# lstmcheck: ignore[...]`, `# lstmcheck: file-ignore[...]`, `# noqa: LSTM201`."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator

from lstmcheck.findings import Finding
from lstmcheck.source.parse import SourceFile, decode, parse
from lstmcheck.source.parse import read as read_bytes

_MARKERS = (b"lstmcheck:", b"noqa", b"NOQA")
_OWN = re.compile(r"#\s*lstmcheck:\s*(file-)?ignore\b(?:\[([^\]]*)\])?")
# Only codes of ours count: a bare `noqa` was written for another tool's complaint.
_NOQA = re.compile(r"#\s*noqa\s*:\s*([A-Z][A-Z0-9]*(?:[\s,]+[A-Z][A-Z0-9]*)*)", re.IGNORECASE)


class Suppressions:
    """What the comments of one file silence."""

    def __init__(self, file: SourceFile) -> None:
        # Selectors in lower case; "" silences everything.
        self.whole_file: set[str] = set()
        self._beside: dict[int, set[str]] = {}
        self._above: dict[int, set[str]] = {}
        self._tree = file.tree
        for token in _comments(file.data):
            self._add(token)

    def _add(self, token: tokenize.TokenInfo) -> None:
        line = token.start[0]
        alone = not token.line[: token.start[1]].strip()
        for match in _OWN.finditer(token.string):
            names = _names(match[2])
            if match[1]:
                self.whole_file |= names
            else:
                (self._above if alone else self._beside).setdefault(line, set()).update(names)
        for match in _NOQA.finditer(token.string):
            ours = {name for name in _names(match[1]) if name.startswith("lstm")}
            if not alone:
                self._beside.setdefault(line, set()).update(ours)

    def silences(self, finding: Finding) -> bool:
        """Whether a comment on the finding's line, or on, or right above, its statement names the finding."""
        if _named(self.whole_file, finding):
            return True
        if not self._beside and not self._above:
            return False
        line = finding.location.line
        first, last = statement_lines(self._tree, line)
        near = [self._beside.get(at, ()) for at in {line, first, last}]
        above = first - 1
        while above in self._above:
            near.append(self._above[above])
            above -= 1
        return any(_named(names, finding) for names in near)


def _names(listed: str | None) -> set[str]:
    if listed is None:
        return {""}
    return {name.lower() for name in re.split(r"[\s,]+", listed.strip()) if name}


def _named(selectors: Iterable[str], finding: Finding) -> bool:
    code, name = finding.code.lower(), finding.name.lower()
    return any(selector == name or code.startswith(selector) for selector in selectors)


def _comments(data: bytes) -> Iterator[tokenize.TokenInfo]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(decode(data)).readline):
            if token.type == tokenize.COMMENT:
                yield token
    except (tokenize.TokenError, SyntaxError):
        # The file parses, so this is a difference between the two tokenizers: what was read until here counts.
        return


def statement_lines(tree: ast.Module, line: int) -> tuple[int, int]:
    """The first and last line of the innermost statement at a line; of a compound statement, those of its header."""
    nodes: list[ast.AST] = list(tree.body)
    while True:
        node = next((node for node in nodes if _top(node) <= line <= _bottom(node)), None)
        if node is None:
            return line, line
        blocks = [child for child in ast.iter_child_nodes(node) if isinstance(child, _BLOCKS)]
        if isinstance(node, ast.stmt):
            first, last = _top(node), _header_end(node) if blocks else _bottom(node)
            if line <= last:
                return first, last
        nodes = list(blocks)


_BLOCKS = (ast.stmt, ast.excepthandler, ast.match_case)


def _header_end(node: ast.stmt) -> int:
    parts = (child for child in ast.iter_child_nodes(node) if not isinstance(child, _BLOCKS))
    return max((_end(inner) for part in parts for inner in ast.walk(part)), default=0) or node.lineno


def _top(node: ast.AST) -> int:
    if isinstance(node, ast.match_case):  # a case has no place of its own
        return node.pattern.lineno
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([getattr(node, "lineno", 1), *(decorator.lineno for decorator in decorators)])


def _bottom(node: ast.AST) -> int:
    return _end(node.body[-1]) if isinstance(node, ast.match_case) else _end(node)


def _end(node: ast.AST) -> int:
    return getattr(node, "end_lineno", None) or 0


def keep(findings: Iterable[Finding], files: Iterable[SourceFile]) -> list[Finding]:
    """The findings that no comment silences. Only files with a marker in their bytes are tokenized."""
    by_path = {file.path: file for file in files}
    read: dict[str, Suppressions | None] = {}
    kept = []
    for finding in findings:
        path = finding.location.path
        if path not in read:
            file = by_path.get(path) or _from_disk(path)
            marked = file is not None and any(marker in file.data for marker in _MARKERS)
            read[path] = Suppressions(file) if file is not None and marked else None
        comments = read[path]
        if comments is None or not comments.silences(finding):
            kept.append(finding)
    return kept


def _from_disk(path: str) -> SourceFile | None:
    """A file that was not asked for: a finding can stand in a module that a checked file imports."""
    data = read_bytes(path)
    file = parse(path, data) if isinstance(data, bytes) else None
    return file if isinstance(file, SourceFile) else None
