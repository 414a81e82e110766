"""Comments that silence findings: `# lstmcheck: ignore[...]`, `# lstmcheck: file-ignore[...]`, `# noqa: LSTM201`."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lstmcheck.findings import Applicability, Edit, Finding, Fix, Location
from lstmcheck.source import problems
from lstmcheck.source.marked import marked
from lstmcheck.source.parse import SourceFile, decode, parse
from lstmcheck.source.problems import Problem
from lstmcheck.source.reading import read as read_bytes

_OWN = re.compile(r"#\s*lstmcheck:\s*(file-)?ignore\b(?:\[([^\]]*)\])?")
_MISSPELLED = re.compile(r"#\s*lstmcheck:\s*([\w-]+)")
# Only codes of ours count: a bare `noqa` was written for another tool's complaint.
_NOQA = re.compile(r"#\s*noqa\s*:\s*([A-Z][A-Z0-9]*(?:[\s,]+[A-Z][A-Z0-9]*)*)", re.IGNORECASE)
_QUOTED = re.compile(r"'([\w-]+)'")
_NAME = re.compile(r"[^\s,]+")
_WORDS = ("ignore", "file-ignore")

Known = Mapping[str, str]  # name by code, of everything that can be reported
DidYouMean = Callable[[str, Iterable[str]], str]


@dataclass(eq=False)
class Comment:
    """One comment of ours, or the part of a `noqa` that names our codes. Columns are 0-based, the end exclusive."""

    line: int
    start: int
    end: int
    names: dict[str, tuple[int, int]]  # selectors as they are written, and where
    whole_file: bool = False
    alone: bool = False  # on its own line
    is_own: bool = False  # `lstmcheck: ignore`, no `noqa`
    everything: bool = False  # without brackets: it names no rule and silences all
    others: dict[str, tuple[int, int]] = field(default_factory=dict)  # codes of other tools in a `noqa`
    silenced: set[str] = field(default_factory=set)  # names of what a comment without brackets silenced
    used: set[str] = field(default_factory=set)  # those of the names that silenced something; "" for everything

    def silences(self, finding: Finding) -> bool:
        """Whether it names a finding; remembers by which names."""
        if self.everything:
            self.used.add("")
            self.silenced.add(finding.name)
            return True
        named = {name for name in self.names if names(name, finding.code, finding.name)}
        self.used |= named
        return bool(named)


def names(selector: str, code: str, name: str) -> bool:
    """Whether a selector, a code, a prefix of codes or a name, means a rule."""
    wanted = selector.lower()
    return wanted == name.lower() or (wanted != "" and code.lower().startswith(wanted))


class Suppressions:
    """What the comments of one file silence."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self.comments: list[Comment] = []
        self.misspelled: list[Comment] = []
        self._beside: dict[int, list[Comment]] = {}
        self._above: dict[int, list[Comment]] = {}
        for token in _comments(file.data):
            for comment in self._read(token):
                self._add(comment)

    def _read(self, token: tokenize.TokenInfo) -> Iterator[Comment]:
        line, column = token.start
        alone = not token.line[:column].strip()
        found = False
        for match in _OWN.finditer(token.string):
            found = True
            named = _named(match, 2, column)
            everything = match[2] is None
            start, end = column + match.start(), column + match.end()
            yield Comment(line, start, end, named, bool(match[1]), alone, is_own=True, everything=everything)
        for match in _NOQA.finditer(token.string):
            listed = _named(match, 1, column)
            ours = {name: where for name, where in listed.items() if name.lower().startswith("lstm")}
            others = {name: where for name, where in listed.items() if name not in ours}
            if ours and not alone:
                yield Comment(line, column + match.start(), column + match.end(), ours, others=others)
        other = None if found else _MISSPELLED.match(token.string)
        if other is not None:
            where = (column + other.start(1), column + other.end(1))
            self.misspelled.append(Comment(line, column, column + other.end(), {other[1]: where}))

    def _add(self, comment: Comment) -> None:
        self.comments.append(comment)
        if not comment.whole_file:
            places = self._above if comment.alone else self._beside
            places.setdefault(comment.line, []).append(comment)

    def silences(self, finding: Finding) -> bool:
        """Whether a comment of the file, on the finding's line, or on, or right above, its statement names it.

        Every comment that does is used.
        """
        return sum(comment.silences(finding) for comment in self._near(finding)) > 0

    def _accepts(self, complaint: Finding) -> bool:
        """Whether nothing silences a complaint about a comment; a name that means all rules does not."""
        near = [name for comment in self._near(complaint) for name in comment.names]
        return not any(names(name, complaint.code, complaint.name) for name in near if _is_about_comments(name))

    def _near(self, finding: Finding) -> list[Comment]:
        near = [comment for comment in self.comments if comment.whole_file]
        if not self._beside and not self._above:
            return near
        line = finding.location.line
        first, last = statement_lines(self.file.tree, line)
        for at in sorted({line, first, last}):
            near += self._beside.get(at, ())
        above = first - 1
        while above in self._above:
            near += self._above[above]
            above -= 1
        return near

    def problems(self, known: Known, is_wanted: Callable[[str], bool], did_you_mean: DidYouMean) -> Iterator[Finding]:
        """What is wrong with the comments themselves, after all findings were asked about.

        `is_wanted` tells whether the rules that a name means are reported in this run; "" means all of them.
        """
        yield from filter(self._accepts, list(self._problems(known, is_wanted, did_you_mean)))

    def _problems(self, known: Known, is_wanted: Callable[[str], bool], did_you_mean: DidYouMean) -> Iterator[Finding]:
        for comment in self.misspelled:
            ((word, where),) = comment.names.items()
            near = did_you_mean(word, _WORDS)
            if near:  # else it is prose
                yield self._finding(
                    problems.UNKNOWN_SUPPRESSION, comment.line, where, f"No such comment: {word!r}{near}"
                )
        for comment in self.comments:
            unknown = [name for name in comment.names if not any(names(name, *rule) for rule in known.items())]
            for name in unknown:
                near = did_you_mean(name, [*known, *known.values()])
                message = f"Unknown rule {name!r} in a comment{near}"
                finding = self._finding(problems.UNKNOWN_SUPPRESSION, comment.line, comment.names[name], message)
                meant = _QUOTED.search(near)
                yield finding if meant is None else _mended(finding, "unsafe", f"name {meant[1]}", meant[1])
            if comment.everything and "" in comment.used:
                message = "This comment silences every rule: name those that it is for"
                span = (comment.start, comment.end)
                finding = self._finding(problems.BLANKET_SUPPRESSION, comment.line, span, message)
                names_it_all = f"{self._text(comment)}[{', '.join(sorted(comment.silenced))}]"
                yield _mended(finding, "safe", "name what it silences", names_it_all)
            unused = [name for name in comment.names if name not in comment.used and name not in unknown]
            unused = [name for name in unused if is_wanted(name) and not _is_about_comments(name)]
            if unused or (not comment.used and not comment.names and is_wanted("")):
                yield self._unused(comment, unused)

    def _unused(self, comment: Comment, unused: list[str]) -> Finding:
        what = f" of {', '.join(unused)}" if unused else ""
        where = "in this file" if comment.whole_file else "here"
        message = f"Unused suppression{what}: nothing is found {where} that it could silence"
        span = comment.names[unused[0]] if len(unused) == 1 else (comment.start, comment.end)
        finding = self._finding(problems.UNUSED_SUPPRESSION, comment.line, span, message)
        fix = Fix("safe", "remove what is unused", (self._removal(comment, unused),))
        return replace(finding, fix=fix)

    def _removal(self, comment: Comment, unused: list[str]) -> Edit:
        """The edit that takes unused names away: one name, or the whole comment with what it says."""
        text = self.file.lines[comment.line - 1]
        listed = {**comment.names, **comment.others}
        kept = sorted((name for name in listed if name not in unused), key=listed.__getitem__)
        if kept:
            start = min(start for start, _ in listed.values())
            end = max(end for _, end in listed.values())
            return Edit(self._place(comment.line, (start, end)), ", ".join(kept))
        following = text.find("#", comment.end)
        if following >= 0:
            return Edit(self._place(comment.line, (comment.start, following)), "")
        before = text[: comment.start].rstrip()
        if not before and comment.line < len(self.file.lines):
            whole = self._place(comment.line, (0, 0))
            return Edit(Location(**{**vars(whole), "end_line": comment.line + 1}), "")
        return Edit(self._place(comment.line, (len(before), len(text))), "")

    def _text(self, comment: Comment) -> str:
        return self.file.lines[comment.line - 1][comment.start : comment.end]

    def _finding(self, problem: Problem, line: int, span: tuple[int, int], message: str) -> Finding:
        return Finding(problem.code, problem.name, problem.severity, message, self._place(line, span))

    def _place(self, line: int, span: tuple[int, int]) -> Location:
        return Location(self.file.path, line, span[0] + 1, line, span[1] + 1, self.file.cell_at(line))


def _mended(finding: Finding, safety: Applicability, title: str, text: str) -> Finding:
    """A finding with a fix that puts another text in its place."""
    return replace(finding, fix=Fix(safety, title, (Edit(finding.location, text),)))


def _named(match: re.Match[str], group: int, column: int) -> dict[str, tuple[int, int]]:
    """The names in a group and where in the line they stand."""
    if match[group] is None:
        return {}
    start = column + match.start(group)
    return {name[0]: (start + name.start(), start + name.end()) for name in _NAME.finditer(match[group])}


def _is_about_comments(selector: str) -> bool:
    own = [problem.name for problem in problems.ABOUT_COMMENTS]
    return selector.lower() in own or selector.lower().startswith("lstm9")


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


def read(file: SourceFile) -> Suppressions | None:
    """The comments of a file. Only files with a marker in their bytes are tokenized."""
    return Suppressions(file) if marked(file.data) else None


def keep(
    findings: Iterable[Finding], files: Iterable[SourceFile], known: dict[str, Suppressions | None] | None = None
) -> list[Finding]:
    """The findings that no comment silences. `known` is filled with the comments of the files, by path."""
    by_path = {file.path: file for file in files}
    comments = {} if known is None else known
    kept = []
    for finding in findings:
        path = finding.location.path
        if path not in comments:
            file = by_path.get(path) or _from_disk(path)
            comments[path] = read(file) if file is not None else None
        own = comments[path]
        if own is None or not own.silences(finding):
            kept.append(finding)
    return kept


def complaints(
    files: Sequence[SourceFile],
    comments: Mapping[str, Suppressions | None],
    known: Callable[[], Known],
    is_wanted: Callable[[str, str], bool],
    did_you_mean: DidYouMean,
) -> Iterator[Finding]:
    """What is wrong with the comments of these files; `is_wanted` takes a path and a name. See `Suppressions.problems`.

    `comments` are those that `keep` has read, which know what they silenced.
    """
    for file in files:
        own = comments[file.path] if file.path in comments else read(file)
        if own is None or not (own.comments or own.misspelled):
            continue
        path = file.path
        yield from own.problems(known(), lambda name, path=path: is_wanted(path, name), did_you_mean)  # type: ignore[misc]


def _from_disk(path: str) -> SourceFile | None:
    """A file that was not asked for: a finding can stand in a module that a checked file imports."""
    data = read_bytes(path)
    file = parse(path, data) if isinstance(data, bytes) else None
    return file if isinstance(file, SourceFile) else None
