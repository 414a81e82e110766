"""The command. Only click is imported at start; everything else when it is needed."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from lstmcheck import __version__

if TYPE_CHECKING:
    from lstmcheck.checker import Result
    from lstmcheck.config import Settings
    from lstmcheck.report import Report

    _ParamType = click.ParamType[Any]
else:
    _ParamType = click.ParamType  # generic only in later versions of click

OK, FOUND, USAGE, INTERNAL, INTERRUPTED = 0, 1, 2, 101, 130

_WITHOUT_COMMAND = ("--help", "-h", "--version")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; nothing but `KeyboardInterrupt` at a bad moment gets out."""
    args = with_command(sys.argv[1:] if argv is None else argv)
    gc.set_threshold(100_000, 20, 100)  # syntax trees are many objects that live until the end
    try:
        code = cli.main(args, prog_name="lstmcheck", standalone_mode=False)
        return code if isinstance(code, int) else OK
    except click.ClickException as error:
        return _fail(error.format_message(), USAGE)
    except (click.Abort, KeyboardInterrupt):
        return _fail("interrupted", INTERRUPTED)
    except Exception as error:
        if os.environ.get("LSTMCHECK_DEBUG"):
            raise
        return _fail(
            f"internal error: {type(error).__name__}: {error} - this is a bug in lstmcheck, not in your code. "
            "Run again with LSTMCHECK_DEBUG=1 for the traceback to report; --exclude leaves a file out.",
            INTERNAL,
        )


def with_command(args: Sequence[str]) -> list[str]:
    """The arguments with `check` put before them where no command is named: both spellings are the same."""
    if args and (args[0] in cli.commands or args[0] in _WITHOUT_COMMAND):
        return list(args)
    return ["check", *args]


def _fail(message: str, code: int) -> int:
    _tell(f"lstmcheck: {_one_line(message)}")
    return code


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _tell(line: str) -> None:
    """Say something beside the report."""
    if sys.stderr is not None:
        print(line, file=sys.stderr)


def write(lines: Iterable[str]) -> None:
    """Print the report. A reader who has seen enough (`| head`) is no error."""
    out = sys.stdout
    if out is None:
        return
    if hasattr(out, "reconfigure"):
        out.reconfigure(errors="backslashreplace")
    try:
        for line in lines:
            out.write(line + "\n")
        out.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())  # so that the interpreter's own flush is quiet
        if not isinstance(error, BrokenPipeError):
            raise click.ClickException(f"cannot write the report: {error.strerror}") from None


class OneOf(_ParamType):
    """A choice that names the nearest one. The choices are asked for only when the option is used."""

    name = "choice"

    def __init__(self, choices: Callable[[], Sequence[str]]) -> None:
        self.choices = choices

    def get_metavar(self, *args: Any, **kwargs: Any) -> str:
        return "|".join(self.choices())

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        choices = self.choices()
        if value not in choices:
            from lstmcheck.config import did_you_mean

            near = did_you_mean(str(value), choices)
            self.fail(f"{value!r} is not one of {', '.join(choices)}{near}", param, ctx)
        return value


def _formats() -> list[str]:
    from lstmcheck.report import formats

    return formats()


class Listed(_ParamType):
    """Texts separated by commas."""

    name = "list"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()]


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=False)
@click.version_option(__version__, prog_name="lstmcheck", message="%(prog)s %(version)s")
def cli() -> None:
    """Find mistakes around torch's recurrent layers, without running the code.

    `lstmcheck PATH...` is the same as `lstmcheck check PATH...`.
    """


@cli.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--select", multiple=True, type=Listed(), metavar="RULES", help="Report only these codes, prefixes, names."
)
@click.option("--ignore", multiple=True, type=Listed(), metavar="RULES", help="Do not report these.")
@click.option(
    "--exclude", multiple=True, type=Listed(), metavar="PATTERNS", help="Leave out files; syntax of .gitignore."
)
@click.option("--force-exclude", is_flag=True, help="Leave out excluded files even when they are named.")
@click.option("--output-format", default="full", type=OneOf(_formats), help="How findings are printed (default: full).")
@click.option(
    "--fail-on",
    default="warning",
    type=OneOf(lambda: ("error", "warning", "info")),
    help="The lowest severity that makes the exit code 1 (default: warning).",
)
@click.option("--show-info", is_flag=True, help="Report advice too (severity info).")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even when something was found.")
@click.option("-q", "--quiet", is_flag=True, help="Print findings only.")
@click.option(
    "--color",
    default="auto",
    type=OneOf(lambda: ("auto", "always", "never")),
    help="Colour the output (default: on a terminal; NO_COLOR and FORCE_COLOR are obeyed).",
)
def check_command(
    paths: tuple[str, ...],
    select: Sequence[Sequence[str]],
    ignore: Sequence[Sequence[str]],
    exclude: Sequence[Sequence[str]],
    force_exclude: bool,
    output_format: str,
    fail_on: str,
    show_info: bool,
    exit_zero: bool,
    quiet: bool,
    color: str,
) -> int:
    """Check files and directories (default: the working directory).

    Exit codes: 0 nothing found, 1 something found, 2 wrong usage, 101 internal error.
    """
    from lstmcheck.checker import check
    from lstmcheck.report import render, summary

    given = paths or (".",)
    for path in given:
        if not os.path.lexists(path):
            raise click.UsageError(_no_such_path(path))
    settings = _settings(given, select, ignore, exclude)
    settings = settings._replace(show_info=show_info or fail_on == "info", force_exclude=force_exclude)
    result = check(*given, settings=settings)
    report = _report(result, _wants_colour(color))
    write(_until_last(render(output_format, report), summary(report), output_format == "full" and not quiet))
    if not quiet:
        _remarks(result, summary(report) if output_format != "full" else None)
    return FOUND if not exit_zero and _fails(result, fail_on) else OK


def _until_last(lines: Iterable[str], last: str, wanted: bool) -> Iterator[str]:
    yield from lines
    if wanted:
        yield last


def _remarks(result: Result, summary: str | None) -> None:
    for note in result.notes:
        _tell(f"note: {note}")
    if not (result.with_layers or result.without_layers or result.findings or result.notes):
        _tell("warning: no Python files found under the given paths")
    if summary is not None:
        _tell(summary)


def _fails(result: Result, fail_on: str) -> bool:
    if not result.findings:
        return False
    from lstmcheck.findings import SEVERITIES

    rank = {severity: at for at, severity in enumerate(SEVERITIES)}
    return any(rank[finding.severity] >= rank[fail_on] for finding in result.findings)  # type: ignore[index]


def _settings(
    paths: Sequence[str],
    select: Sequence[Sequence[str]],
    ignore: Sequence[Sequence[str]],
    exclude: Sequence[Sequence[str]],
) -> Settings:
    """The project's settings under those of the command line; patterns of both are relative to where they stand."""
    from lstmcheck.config import ConfigError, load

    def joined(option: Sequence[Sequence[str]]) -> tuple[str, ...]:
        return tuple(part for given in option for part in given)

    try:
        settings = load(paths)
        settings = settings._replace(
            select=joined(select) or settings.select,
            ignore=settings.ignore + joined(ignore),
            exclude=settings.exclude + joined(exclude),
        )
        settings.validate()
    except ConfigError as error:
        raise click.UsageError(str(error)) from None
    return settings


def _no_such_path(path: str) -> str:
    from lstmcheck.config import did_you_mean

    near = nearest_path(path)
    if near is not None:
        return f"{path!r} does not exist: did you mean {near!r}?"
    return f"{path!r} does not exist{did_you_mean(path, cli.commands)}"


def nearest_path(path: str) -> str | None:
    """The existing path that looks most like one that does not exist."""
    import difflib

    at, missing = path, list[str]()
    while at and not os.path.lexists(at):
        at, last = os.path.split(at.rstrip(os.sep))
        missing.insert(0, last)
    for name in missing:
        try:
            entries = os.listdir(at or ".")
        except OSError:
            return None
        near = [name] if name in entries else difflib.get_close_matches(name, entries, n=1)
        if not near:
            return None
        at = os.path.join(at, near[0])
    return at


def _report(result: Result, colour: bool) -> Report:
    from lstmcheck.report import Report
    from lstmcheck.source.parse import decode, read, split_lines

    texts: dict[str, Sequence[str]] = {}

    def lines(path: str) -> Sequence[str]:
        if path not in texts:
            file = next((file for file in result.files if file.path == path), None)
            data = file.data if file is not None else read(path)
            texts[path] = split_lines(decode(data)) if isinstance(data, bytes) else ()
        return texts[path]

    return Report(result.findings, result.with_layers, result.without_layers, lines, colour)


def _wants_colour(choice: str) -> bool:
    """The option decides, then NO_COLOR, then FORCE_COLOR, then whether a terminal reads."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


@cli.command("shapes")
@click.argument("targets", nargs=-1, metavar="TARGET...")
@click.option("--input", "input_shape", metavar="SIZES", help="The shape of the input of a constructor: 100,50,10.")
@click.option("--statistics", is_flag=True, help="Count how many recurrent calls are resolved, under the paths.")
@click.option(
    "--format", "output_format", default="text", type=OneOf(lambda: ("text", "json")), help="text (default) or json."
)
@click.option(
    "--color",
    default="auto",
    type=OneOf(lambda: ("auto", "always", "never")),
    help="Colour the output (default: on a terminal; NO_COLOR and FORCE_COLOR are obeyed).",
)
def shapes_command(
    targets: tuple[str, ...], input_shape: str | None, statistics: bool, output_format: str, color: str
) -> int:
    """Show shapes: of a program beside its lines, or of one layer from its constructor.

    TARGET is a file or folder, FILE:LINE, FILE:NAME (a class, function or Class.method), or a constructor in quotes:
    lstmcheck shapes "nn.LSTM(10, 30, num_layers=2)" --input 100,50,10

    Exit codes: 0 shown, 1 torch refuses the constructor or the input, 2 wrong usage, 101 internal error.
    """
    from lstmcheck.survey import command

    try:
        shown = command.run(targets, input_shape, statistics)
    except command.CannotShow as error:
        raise click.UsageError(str(error)) from None
    except FileNotFoundError as error:
        raise click.UsageError(_no_such_path(error.args[0])) from None
    write(command.as_json(shown) if output_format == "json" else command.as_text(shown, _wants_colour(color)))
    return FOUND if command.fails(shown) else OK


@cli.command("rules")
def rules_command() -> None:
    """List every rule: code, name, severity, and what it finds."""
    known = _described()
    width = max(len(rule.name) for rule in known)
    write(f"{rule.code}  {rule.name:<{width}}  {rule.severity:<7}  {rule.summary}".rstrip() for rule in known)


@cli.command("explain")
@click.argument("rule")
def explain_command(rule: str) -> None:
    """Explain a rule, by its code or name."""
    from lstmcheck.config import did_you_mean

    wanted = rule.strip().lower()
    known = _described()
    for one in known:
        if wanted in (one.code.lower(), one.name.lower()):
            write([f"{one.code} [{one.name}] ({one.severity})", "", *one.doc.strip().splitlines()])
            return
    names = [text for one in known for text in (one.code, one.name)]
    raise click.UsageError(f"unknown rule {rule!r}{did_you_mean(rule, names)} (`lstmcheck rules` lists them)")


def _described() -> list[Any]:
    from lstmcheck.rules import all_rules
    from lstmcheck.source.problems import PROBLEMS

    return [*all_rules(), *PROBLEMS]
