"""Options of a command line: what `argparse` makes of them, with and without the arguments of a run.

The value of an option is one symbol, condition or unknown, so that equal options cancel. Its default is remembered
where the program reads the command line as it stands: what then fails is reported with the options that it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lstmcheck.dims import Atom, Poly, atoms_of, guard, symbol
from lstmcheck.infer.joins import join, settle
from lstmcheck.infer.limits import kind_of_large
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.values import NOTHING, Builtin, External, Instance, Items, Partial, Truth, Unknown, Value

PARSER = "argparse.ArgumentParser()"
FLAGS = {"store_true": False, "store_false": True}
MISSING: Any = NOTHING


class Option:
    """One `add_argument(...)`: its names, what it stores, and the value that stands for it."""

    __slots__ = ("action", "command", "default", "dest", "flags", "kind", "nargs", "required", "value")

    def __init__(self, flags: tuple[str, ...], given: dict[str, Value]) -> None:
        self.flags = flags
        self.action = given.get("action")
        self.nargs = given.get("nargs")
        self.kind = given.get("type")
        self.dest = given["dest"] if isinstance(given.get("dest"), str) else _destination(flags)
        self.required = not flags[0].startswith("-") or given.get("required") not in (None, False)
        otherwise = None if not _is_flag(self.action) else FLAGS.get(str(self.action))
        self.default = given.get("default", otherwise)
        # the name of the command that was chosen
        self.command = "command" in given
        self.value: Value = MISSING


def _is_flag(action: Value) -> bool:
    return (isinstance(action, str) and action in FLAGS) or (
        isinstance(action, External) and action.path == "argparse.BooleanOptionalAction"
    )


def _destination(flags: Sequence[str]) -> str:
    long = next((flag for flag in flags if flag.startswith("--")), flags[0])
    return long.lstrip("-").replace("-", "_") if long.startswith("-") else long


class Parser:
    """An `ArgumentParser`, or a group of one. `plain` says that every option is known, and none is required."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        self.state: dict[str, Any] = {"options": (), "defaults": {}, "plain": True, "commands": ()}

    @property
    def options(self) -> tuple[Option, ...] | None:
        """Its options; None where branches added different ones."""
        options = self.state["options"]
        return options if isinstance(options, tuple) else None

    @property
    def defaults(self) -> dict[str, Value] | None:
        """What `set_defaults` fixed; None where branches fixed different values."""
        defaults = self.state["defaults"]
        return defaults if isinstance(defaults, dict) else None


class Options(Instance):
    """What `parse_args` returns."""

    __slots__ = ("parser",)

    def __init__(self, parser: Parser) -> None:
        super().__init__(None, "args")
        self.parser = parser


def read(m: Machine, parser: Parser, name: str) -> Value:
    """`parser.name`: a method with the parser as its first argument."""
    return Partial(External(f"{PARSER}.{name}"), (parser,), {})


def leave(m: Machine, value: Value) -> None:
    """A parser or its result goes into code that is not seen: the defaults count no longer."""
    if isinstance(value, Parser):
        m.put(value.state, "plain", False)
    parser = value.parser if isinstance(value, Options) else value
    if isinstance(parser, Parser):
        for option in parser.options or ():
            for atom in _atoms(option.value):
                m.defaults.pop(atom, None)
            if isinstance(option.value, Unknown):
                option.value.facts.pop("default", None)
            if isinstance(value, Parser):
                option.value = MISSING


def _make(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Parser:
    parser = Parser()
    parents = settle(keywords.get("parents"), m.facts)
    if isinstance(parents, Items):
        found = [one for one in parents.head if isinstance(one, Parser) and one.options is not None]
        parser.state["options"] = tuple(option for one in found for option in one.options or ())
        parser.state["plain"] = parents.whole and len(found) == len(parents.head)
    elif parents is not None:
        parser.state["plain"] = False
    if "argument_default" in keywords:
        # SUPPRESS: an option that is not given is no attribute at all
        parser.state.update(plain=False, options=None)
    return parser


def _add(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    parser, *names = args
    assert isinstance(parser, Parser)
    flags = tuple(name for name in names if isinstance(name, str))
    if not flags or len(flags) < len(names) or parser.options is None:
        m.put(parser.state, "plain", False)
        return m.fresh("action")
    option = Option(flags, {name: settle(value, m.facts) for name, value in keywords.items()})
    m.put(parser.state, "options", (*parser.options, option))
    return m.fresh("action")


def _group(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    return args[0]


def _subparsers(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`parser.add_subparsers(dest=...)`: the parser itself stands for what `add_parser` is asked of."""
    parser, dest = args[0], keywords.get("dest")
    assert isinstance(parser, Parser)
    if isinstance(dest, str) and parser.options is not None:
        m.put(parser.state, "options", (*parser.options, Option((dest,), {"required": True, "command": True})))
    return parser


def _add_command(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`subparsers.add_parser(name)`."""
    command, parser = _make(m, [], keywords), args[0]
    assert isinstance(parser, Parser)
    known = parser.state["commands"]
    name = settle(args[1], m.facts) if len(args) > 1 else None
    m.put(parser.state, "commands", (*known, (name, command)) if isinstance(known, tuple) else None)
    return command


def _with_commands(m: Machine, parser: Parser) -> tuple[tuple[Option, ...], dict[str, Value]] | None:
    """The options and fixed values of a parser and of all its commands: one of them is chosen in a run."""
    options, defaults, commands = parser.options, parser.defaults, parser.state["commands"]
    if options is None or defaults is None or not isinstance(commands, tuple):
        return None
    if not commands:
        return options, defaults
    found = {option.dest: option for option in options}
    defaults = dict(defaults)
    for i, (_, command) in enumerate(commands):
        inner = _with_commands(m, command)
        if inner is None or command.state["plain"] is not True:
            return None
        for option in inner[0]:
            if option.dest not in found:
                found[option.dest] = option
            elif found[option.dest].default != option.default or found[option.dest].kind is not option.kind:
                return None
        for name, value in inner[1].items():
            defaults[name] = join(guard(f"command {i}"), value, defaults[name]) if name in defaults else value
    return tuple(found.values()), defaults


def _set_defaults(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    parser = args[0]
    assert isinstance(parser, Parser)
    if parser.defaults is not None:
        m.put(parser.state, "defaults", {**parser.defaults, **keywords})
        for option in parser.options or ():
            if option.dest in keywords:
                option.value = MISSING
    return None


def _parse(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    parser = args[0]
    assert isinstance(parser, Parser)
    line = settle(args[1] if len(args) > 1 else keywords.get("args"), m.facts)
    given = settle(args[2] if len(args) > 2 else keywords.get("namespace"), m.facts)
    result = given if isinstance(given, Instance) else Options(parser)
    chosen = _chosen(m, parser, line)
    known = chosen[1] if chosen is not None else _with_commands(m, parser)
    if known is None or (given is not None and not isinstance(given, Instance)):
        return m.fresh("args", free=True)
    options, defaults = known
    before = dict(result.fields)
    if chosen is not None:
        line = chosen[0]
    plain = chosen is not None or not parser.state["commands"]
    values = _concrete(m, options, line, defaults) if isinstance(line, Items) and plain else None
    as_it_stands = line is None or (isinstance(line, External) and line.path == "sys.argv")
    trusted = as_it_stands and _runs_as_it_stands(m, parser, options)
    for option in options:
        name = option.dest
        if values is not None:
            value = values[0][name]
            if name in before and name not in values[1]:
                value = before[name]
        elif isinstance(line, Items):
            value = m.fresh(name, "given by a command line that is not followed", free=True)
        else:
            value = _open_value(m, option, defaults.get(name, option.default), trusted)
        m.put(result.fields, name, value)
    for name, value in defaults.items():
        if all(option.dest != name for option in options):
            m.put(result.fields, name, value)
    return result


def _chosen(
    m: Machine, parser: Parser, line: Value
) -> tuple[Items, tuple[tuple[Option, ...], dict[str, Value]]] | None:
    """A command line that names a command: the line without the name, and the options of both."""
    commands = parser.state["commands"]
    if not isinstance(line, Items) or not line.whole or not isinstance(commands, tuple) or parser.options is None:
        return None
    for name, command in commands:
        if isinstance(name, str) and name in line.head and command.options is not None:
            rest = Items("list", [word for word in line.head if word != name])
            dest = [option.dest for option in parser.options if option.command]
            options = [option for option in (*parser.options, *command.options) if not option.command]
            if parser.defaults is None or command.defaults is None or command.state["commands"]:
                return None
            defaults = {**parser.defaults, **command.defaults, **dict.fromkeys(dest, name)}
            return rest, (tuple(options), defaults)
    return None


def _runs_as_it_stands(m: Machine, parser: Parser, options: Sequence[Option]) -> bool:
    """Whether the program runs without arguments, as far as it shows."""
    plain = parser.state["plain"] is True and not any(option.required and not option.command for option in options)
    return plain and m.concrete and not m.project.is_replaced("sys.argv")


def _parse_known(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    return Items("tuple", [_parse(m, args, keywords), m.fresh("rest", free=True)])


# The value of an option when the command line is not known

_MAX_NARGS = 64


def _open_value(m: Machine, option: Option, default: Value, trusted: bool) -> Value:
    if option.value is MISSING:
        option.value = _new_value(option, default)
    if trusted and not option.command:
        _note_default(m, option.value, _converted(option, default))
    return option.value


def _new_value(option: Option, default: Value) -> Value:
    name = f"args.{option.dest}"
    if _is_flag(option.action):
        return Truth(guard(name)) if isinstance(default, bool) else Unknown(name, "an option", free=True)
    if option.action not in (None, "store"):
        return Unknown(name, "an option", free=True)
    if isinstance(option.nargs, int) and option.nargs <= _MAX_NARGS and _named(option.kind) == "int":
        return Items("list", [symbol(f"{name}[{i}]") for i in range(option.nargs)])
    if option.nargs is not None:
        return Unknown(name, "an option", free=True)
    kind = _named(option.kind)
    value = _converted(option, default)
    if kind == "bool" and isinstance(value, bool):
        return Truth(guard(name))
    if kind == "int" and isinstance(value, int):
        return symbol(name)
    return Unknown(name, "an option", _kind(option, kind, value), True)


def _kind(option: Option, kind: str | None, default: Value) -> str | None:
    """The type that an option has whether or not it is given."""
    if kind == "float" and isinstance(default, float):
        return "float"
    if (kind == "str" or option.kind is None) and (default is None or isinstance(default, str)):
        return "str"
    return None


def _named(kind: Value) -> str | None:
    return kind.name if isinstance(kind, Builtin) else None


def _converted(option: Option, default: Value) -> Value:
    """A default as argparse gives it: a text goes through `type`, anything else stays."""
    convert: Any = {"int": int, "float": float, "bool": bool}.get(_named(option.kind) or "")
    if isinstance(default, str) and convert is not None:
        try:
            value = convert(default)
        except ValueError:
            return default
        return value if kind_of_large(value) is None else Unknown(f"args.{option.dest}", "too large", "int")
    return default


def _note_default(m: Machine, value: Value, default: Value) -> None:
    if isinstance(value, Items):
        known = default.head if isinstance(default, Items) and default.whole else ()
        for part, one in zip(value.head, known):
            _note_default(m, part, one)
    elif isinstance(value, Truth) and isinstance(default, bool):
        _note(m, value.dim, int(default))
    elif isinstance(value, Poly) and isinstance(default, int) and not isinstance(default, bool):
        _note(m, value, default)
    elif isinstance(value, Unknown) and (default is None or isinstance(default, str)):
        value.facts["default"] = default
    elif isinstance(value, Unknown) and isinstance(default, bool):
        _note(m, value.as_truth(), int(default))
    elif isinstance(value, Unknown) and isinstance(default, float):
        value.facts["default number"] = default
    elif isinstance(value, Unknown) and isinstance(default, int) and value.kind is None:
        _note(m, value.as_dim(), default)


def _note(m: Machine, dim: Any, default: int) -> None:
    for atom in atoms_of(dim):
        m.defaults[atom] = default


def _atoms(value: Value) -> frozenset[Atom]:
    if isinstance(value, Items):
        return frozenset().union(*(_atoms(part) for part in value.head))
    if isinstance(value, Unknown):
        known = [value.facts[key] for key in ("dim", "truth", "none") if key in value.facts]
        return frozenset().union(*map(atoms_of, known))
    return atoms_of(value.dim if isinstance(value, Truth) else value if isinstance(value, Poly) else 0)


# A command line that the program writes itself: parse_args(["--size", "8"])


def _concrete(
    m: Machine, options: Sequence[Option], line: Items, defaults: dict[str, Value]
) -> tuple[dict[str, Value], set[str]] | None:
    """Every option's value and which of them the line gives; None where it is not followed."""
    if not line.whole or not all(isinstance(word, str) for word in line.head):
        return None
    values = {option.dest: _converted(option, defaults.get(option.dest, option.default)) for option in options}
    flags = {flag: option for option in options for flag in option.flags if flag.startswith("-")}
    places = [option for option in options if not option.flags[0].startswith("-")]
    seen: set[str] = set()
    words = list(line.head)
    while words:
        word = words.pop(0)
        name, equals, text = word.partition("=")
        option = flags.get(name) if word.startswith("-") else places.pop(0) if places else None
        if option is None or option.nargs is not None:
            return None
        if _is_flag(option.action):
            values[option.dest] = not FLAGS[option.action] if isinstance(option.action, str) else True
        elif option.action not in (None, "store"):
            return None
        else:
            if word.startswith("-") and not equals:
                if not words:
                    return None
                text = words.pop(0)
            values[option.dest] = _read(m, option, text if word.startswith("-") else word)
        seen.add(option.dest)
    return None if any(option.nargs is not None for option in places) else (values, seen)


def _read(m: Machine, option: Option, text: str) -> Value:
    if option.kind is None:
        return text
    from lstmcheck.infer.calls import call_value

    return call_value(m, option.kind, [text], {})


CALLS: dict[str, Callable[[Machine, list[Value], dict[str, Value]], Value]] = {
    "argparse.ArgumentParser": _make,
    f"{PARSER}.add_argument": _add,
    f"{PARSER}.add_argument_group": _group,
    f"{PARSER}.add_mutually_exclusive_group": _group,
    f"{PARSER}.add_subparsers": _subparsers,
    f"{PARSER}.add_parser": _add_command,
    f"{PARSER}.set_defaults": _set_defaults,
    f"{PARSER}.parse_args": _parse,
    f"{PARSER}.parse_known_args": _parse_known,
}

__all__ = ["CALLS", "Options", "Parser", "leave", "read"]
