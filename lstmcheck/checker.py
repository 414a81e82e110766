"""The pipeline: paths -> files -> syntax trees -> violations -> findings that nobody silenced, in order."""

from __future__ import annotations

import _thread  # threading takes longer to import than all that is needed of it
import os
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from lstmcheck.result import Result as Result
from lstmcheck.source import discover, disk, mentions, reading, uses
from lstmcheck.source.collecting import without_collecting

if TYPE_CHECKING:
    from lstmcheck.config import Settings
    from lstmcheck.config.files import Scopes
    from lstmcheck.findings import Finding, Violation
    from lstmcheck.source.imports import Imports, Providers
    from lstmcheck.source.parse import SourceFile
    from lstmcheck.source.suppressions import Suppressions

# How far a layer is followed through files that wrap it: a layer in an encoder in a model in a training script.
_HOPS = 3
# Within a framework everything uses everything: there the layers' own files say enough.
_MAX_USERS = 100


def check(
    *paths: str | os.PathLike[str], settings: Settings | Scopes | None = None, given: Mapping[str, bytes] | None = None
) -> Result:
    """Check files and directories (the working directory by default), as the command does, and return what was found.

    `given` holds the contents of files that are not to be read from the disk, by path: what an editor has not saved.
    Nothing of the checked code is imported or run. Raises FileNotFoundError for a path that does not exist and
    `lstmcheck.config.ConfigError` for settings that cannot be used.
    """
    from lstmcheck.config import Settings

    chosen = settings if settings is not None else Settings()
    with without_collecting():
        found = examine(*paths, settings=chosen, given=given)
        return found._replace(findings=select(found.findings, chosen))


def examine(
    *paths: str | os.PathLike[str], settings: Settings | Scopes, given: Mapping[str, bytes] | None = None
) -> Result:
    """Like `check`, with the findings of all rules, whichever the settings choose."""
    read, roots = gather(*paths, settings=settings, given=given)
    return read._replace(findings=read.findings + _interpret(read, roots, settings)) if read.files else read


_one_at_a_time = _thread.allocate_lock()


def check_source(text: str | bytes, path: str = "source.py", settings: Settings | None = None) -> list[Finding]:
    """What is found in a program that is given as text; `path` is where the findings say that they stand.

    Pure: nothing is read from the disk, so that imports lead to libraries only, and equal arguments give equal
    findings. Arguments and findings can be pickled. A path that ends with ".ipynb" makes it the JSON of a notebook. As
    in a directory, a text that does not speak of recurrent layers is not parsed. Threads are served one after the
    other: use processes. Raises `lstmcheck.config.ConfigError` for settings that cannot be used.
    """
    from lstmcheck.config import Settings
    from lstmcheck.source import parse

    chosen = settings if settings is not None else Settings()
    data = parse.encode(text) if isinstance(text, str) else text
    if path.endswith(".pyi") or not mentions.said(path, data).given:
        return []
    with _one_at_a_time, disk.closed(), without_collecting():
        texts: dict[str, bytes] = {}
        file, findings, _ = _parsed(path, data, texts)
        if file is not None and file.names_layer:
            looked_at = frozenset((discover.shown(path),))
            read = Result(findings, [file], 1, 0, [], looked_at, frozenset((path,)), texts, frozenset((path,)))
            findings = findings + _interpret(read, [], chosen)
        return select(findings, chosen)


def gather(
    *paths: str | os.PathLike[str], settings: Settings | Scopes, given: Mapping[str, bytes] | None = None
) -> tuple[Result, list[str]]:
    """Read the files that matter under the paths, and the directories below which imports are followed.

    The findings are those about files that cannot be read or parsed. Raises FileNotFoundError.
    """
    asked = [os.fspath(path) for path in paths] or ["."]
    contents = {discover.shown(os.fspath(path)): data for path, data in (given or {}).items()}
    for path in asked:
        if not os.path.lexists(path) and discover.shown(path) not in contents:
            raise FileNotFoundError(path)
    roots = _roots(asked)
    return _read(files(asked, settings), roots, contents), roots


def files(paths: Iterable[str], settings: Settings | Scopes) -> Iterator[discover.Found]:
    """The files that the paths mean, but for what the settings leave out. Raises ConfigError."""
    force = settings.base.force_exclude
    return discover.discover(paths, lambda path: _levels(settings.at(path)), force)


def _levels(settings: Settings) -> list[discover.Level]:
    if not settings.excluded:
        return []
    from lstmcheck.config import ConfigError
    from lstmcheck.source.patterns import level

    try:
        return [level(base, list(lines)) for base, lines in settings.excluded if lines]
    except ValueError as error:
        raise ConfigError(f"a pattern cannot be used: {error}") from None


def _read(found: Iterable[discover.Found], roots: Sequence[str], texts: dict[str, bytes]) -> Result:
    """Read every file once and parse those that can matter."""
    findings: list[Finding] = []
    files: list[SourceFile] = []
    notes: list[str] = []
    others: list[str] = []
    named: list[str] = []
    known: dict[str, Imports] = {}  # what those of the others that were read import
    asked_for: list[SourceFile] = []  # those among `files` that name no layer
    asking: list[tuple[str, bytes]] = []  # those that make one of a name that is told elsewhere
    reaches_layer = _reach(roots)
    looked_at: set[str] = set()
    with_layers = without = 0

    def program(path: str, data: bytes) -> SourceFile | None:
        file, found_in_it, note = _parsed(path, data, texts)
        findings.extend(found_in_it)
        if note is not None:
            notes.append(f"{path}: not checked: {note}")
        return file

    for path, explicit in found:
        looked_at.add(path)
        if path.endswith(".pyi"):
            notes.append(f"{path}: not checked: a stub holds no code that runs")
            continue
        data = texts[path] if path in texts else reading.read(path, whole=explicit)
        if isinstance(data, reading.LeftOut):
            notes.append(f"{path}: not checked: {data.reason}")
            continue
        if not isinstance(data, bytes):
            findings.append(data)
            continue
        if not explicit:
            said = mentions.said(path, data)
            if not said.given:
                with_layers += said.named
                without += not said.named
                others.append(path)
                if said.asked:
                    asking.append((path, data))
                if files and not path.endswith(".ipynb"):
                    # somebody will ask, and the bytes are at hand
                    from lstmcheck.source.imports import imports_of

                    known[path] = imports_of(data)
                uses.note(path, data, known.get(path), said)
                continue
            disk.note_whole(path)
        file = program(path, data)
        if file is None:
            continue
        if file.names_layer:
            with_layers += 1
            files.append(file)
        else:
            without += 1
            if not explicit:
                others.append(path)
            elif b"torch" in file.data or reaches_layer(path, file.data):
                files.append(file)
                asked_for.append(file)
        if explicit and files[-1:] == [file]:
            named.append(path)
    for path, data in asking:
        disk.note_whole(path)
        file = program(path, data)
        if file is not None:
            files.append(file)
            asked_for.append(file)
            others.remove(path)
    if named:
        others += [path for path in discover.neighbours(named) if path not in looked_at]
    if files and others:
        files += _users(files, asked_for, others, roots, texts, known)
    interpreted = frozenset(file.path for file in files)
    return Result(
        findings, files, with_layers, without, notes, frozenset(looked_at), frozenset(named), texts, interpreted
    )


def _reach(roots: Sequence[str]) -> Callable[[str, bytes], bool]:
    """Whether a file imports what speaks of a layer, directly or through others; most runs never ask."""
    made: list[Callable[[str, bytes], bool]] = []

    def reaches_layer(path: str, data: bytes) -> bool:
        if not made:
            from lstmcheck.source.imports import Reach
            from lstmcheck.source.resolve import Resolver

            made.append(Reach(Resolver(roots), _HOPS))
        return made[0](path, data)

    return reaches_layer


def _parsed(path: str, data: bytes, texts: dict[str, bytes]) -> tuple[SourceFile | None, list[Finding], str | None]:
    """A file as a program, what keeps it or a cell of it from being one, and why it is left out if it rightly is."""
    if not path.endswith(".ipynb"):
        from lstmcheck.source import parse

        file = parse.parse(path, data)
        if not isinstance(file, parse.SourceFile):
            return None, [file], None
        return (file, [], None) if file.is_walkable else (None, [], "nested too deeply to be checked")
    from lstmcheck.source import notebook

    book = notebook.load(path, data)
    if isinstance(book, notebook.Skipped):
        return None, [], book.reason
    if not isinstance(book, notebook.Notebook):
        return None, [book], None
    texts[path] = book.text
    return *notebook.parsed(book), None


def parsed(path: str, data: bytes) -> SourceFile | None:
    """The program of a file or notebook, None where there is none that can be read whole."""
    file, found, _ = _parsed(path, data, {})
    return file if not found else None


def _users(
    files: Sequence[SourceFile],
    without: Sequence[SourceFile],
    others: Sequence[str],
    roots: Sequence[str],
    texts: dict[str, bytes],
    known: dict[str, Imports],
) -> list[SourceFile]:
    """The files that name no layer and import what has one inside: a state is often made where a model is used."""
    from lstmcheck.source.imports import Index, Providers, imports_of, provider

    users: list[SourceFile] = []
    # a file that was asked for and names no layer may be given one by whatever uses it
    fresh = [provider(file.path, file.outline, _wanted(file, file in without), roots) for file in files]
    waiting = list(others)
    index = Index(known)
    for hop in range(1, _HOPS + 1):
        providers = Providers(fresh)
        if not providers:
            break
        fresh, rest = [], []
        may_use = index.may_use(providers)
        for path in waiting:
            if path in known and (path not in may_use or not providers.may_serve(path, known[path])):
                rest.append(path)
                continue
            data = reading.read(path, whole=False)
            if isinstance(data, bytes) and path not in known and not path.endswith(".ipynb"):
                known[path] = imports_of(data)
                index.add(path, known[path])
                uses.note(path, data, known[path])
                if not providers.may_serve(path, known[path]):
                    rest.append(path)
                    continue
            disk.note_whole(path)
            file = _user(path, data, providers, known.get(path), texts) if isinstance(data, bytes) else None
            if file is None:
                rest.append(path)
                continue
            users.append(file)
            if len(users) == _MAX_USERS:
                return users
            if hop < _HOPS:
                fresh.append(provider(path, file.outline, providers.used_by(path, file.data, known.get(path)), roots))
        waiting = rest
    return users


def _wanted(file: SourceFile, without: bool) -> Iterable[str] | None:
    """The names by which a file's definitions are told that may give a layer to whoever imports them; None for all."""
    if mentions.asks(file.data):
        return mentions.NAMES | {"getattr"}
    return None if without else mentions.NAMES


def _user(
    path: str, data: bytes, providers: Providers, imports: Imports | None, texts: dict[str, bytes]
) -> SourceFile | None:
    """A file that imports what is provided. Notebooks can be large: only those that speak of torch are read."""
    if path.endswith(".ipynb"):
        file = _parsed(path, data, texts)[0] if b"torch" in data else None
        return file if file is not None and providers.used_by(path, file.data) else None
    return _parsed(path, data, texts)[0] if providers.used_by(path, data, imports) else None


def _roots(paths: Sequence[str]) -> list[str]:
    """The directories that were given, and the roots of the projects of the files that were given."""
    roots = (path if disk.is_folder(path) else discover.project_root(os.path.dirname(path) or ".") for path in paths)
    return list(dict.fromkeys(discover.shown(root) for root in roots))


def _interpret(read: Result, roots: Sequence[str], settings: Settings | Scopes) -> list[Finding]:
    from lstmcheck.infer import analyze
    from lstmcheck.source.marked import marked

    files = read.files
    skipped: set[str] = set()
    try:
        violations = analyze(files, roots, named=read.named)
    except RecursionError:  # a syntax tree that the parser takes and nothing else can walk
        violations = []
        for file in files:
            try:
                violations += analyze([file], roots)
            except RecursionError:
                read.notes.append(f"{file.path}: nested too deeply to be checked")
                skipped.add(file.path)
    placed = [(_placed(violation, read.looked_at), violation) for violation in violations]
    commented = [
        file
        for file in files
        if marked(file.data) and discover.shown(file.path) in read.looked_at and file.path not in skipped
    ]
    if not any(violation is not None for violation, _ in placed) and not commented:
        return []
    from lstmcheck.rules import judge
    from lstmcheck.source import suppressions

    found: dict[Finding, Violation] = {}
    for violation, original in placed:
        finding = judge(violation) if violation is not None else None
        if finding is not None:
            found.setdefault(finding, original)
    comments: dict[str, suppressions.Suppressions | None] = {}
    kept = suppressions.keep(found, files, comments)
    return _mended(kept, found, read) + _complaints(commented, comments, settings)


def _mended(findings: Sequence[Finding], causes: Mapping[Finding, Violation], read: Result) -> list[Finding]:
    """The findings with their fixes."""
    if not findings:
        return []
    from lstmcheck.rules.mending import Code, mended

    code = Code(read.files)
    editable = {path for path in {file.path for file in read.files} if discover.shown(path) in read.looked_at}
    return [mended(finding, causes[finding], code, editable) for finding in findings]


def _complaints(
    files: Sequence[SourceFile], comments: Mapping[str, Suppressions | None], settings: Settings | Scopes
) -> list[Finding]:
    """What is wrong with the comments that silence findings, as far as their rules are reported in this run."""
    from lstmcheck.config import did_you_mean, exactness, rule_names
    from lstmcheck.source import suppressions

    def is_wanted(path: str, selector: str) -> bool:
        own = settings.at(os.path.dirname(path) or ".")
        rules = [rule for rule in rule_names().items() if not selector or exactness(selector, *rule)]
        reported = [own.chooses(*rule, path) > 0 for rule in rules]
        return any(reported) if selector else all(reported)

    return list(suppressions.complaints(files, comments, rule_names, is_wanted, did_you_mean))


def _placed(violation: Violation, looked_at: Container[str]) -> Violation | None:
    """A violation in a file that was asked for, or at the call from one; None where nobody asked for any of it."""
    if discover.shown(violation.location.path) in looked_at:
        return violation
    from dataclasses import replace

    from lstmcheck.findings import Related

    calls = violation.facts.get("calls", ())
    call = next((call for call in calls if discover.shown(call.path) in looked_at), None)
    if call is None:
        return None
    sources = [source for source in violation.sources if source.location != call]
    return replace(violation, location=call, sources=(*sources, Related(violation.location, "it fails here")))


def select(findings: Iterable[Finding], settings: Settings | Scopes) -> list[Finding]:
    """What the settings of each file want reported, in order."""
    choosers: dict[Settings, Callable[[Finding], Finding | None]] = {}
    chosen = []
    for finding in findings:
        own = settings.at(os.path.dirname(finding.location.path) or ".")
        if own not in choosers:
            choosers[own] = own.chooser()
        kept = choosers[own](finding)
        if kept is not None:
            chosen.append(kept)
    return sorted(chosen, key=lambda finding: finding.sort_key())
