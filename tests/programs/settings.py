"""How a program writes down its sizes, and how its classes get at them.

A `Setting` holds the numbers of one program under neutral keys ("hidden", "layers", ...) and one style of writing them:
parameters, an object, a mapping, constants, class attributes, keyword arguments, literals. A `Scope` is one class'
access to them: an expression for a key in the constructor (`init`), in other methods (`late`), and the call that builds
the class (`construct`).
"""

from __future__ import annotations

from collections.abc import Sequence

from programs.choices import Choices

Value = int | float | bool | str

NAMES = {
    "vocab": ("vocab_size", "n_words", "num_tokens", "ntoken"),
    "target": ("target_vocab", "n_out_words", "output_vocab"),
    "emb": ("embedding_dim", "emb_dim", "emsize", "d_emb"),
    "features": ("input_size", "n_features", "in_dim", "channels"),
    "hidden": ("hidden_size", "hidden_dim", "nhid", "units"),
    "layers": ("num_layers", "n_layers", "nlayers", "depth"),
    "bi": ("bidirectional", "both_ways"),
    "classes": ("num_classes", "output_size", "n_tags", "out_dim"),
    "latent": ("latent_dim", "z_dim"),
    "width": ("proj_dim", "d_model", "front"),
    "batch": ("batch_size", "bsz"),
    "kind": ("rnn_type", "cell"),
    "dropout": ("dropout", "p_drop"),
}

STYLES = ("params", "params", "params", "object", "mapping", "constants", "attributes", "kwargs", "literal")
OBJECTS = ("dataclass", "namespace", "namedtuple", "class", "instance", "parser", "frozen")


class Setting:
    """The numbers of a program and their style. `preamble` is for module level, `opening` for the start of main()."""

    def __init__(self, c: Choices, values: dict[str, Value], style: str = "") -> None:
        self.c = c
        self.values = values
        self.style = style or c.of(STYLES)
        self.names = {key: c.of(NAMES[key]) for key in values}
        self.literal = {key for key in values if self.style == "literal" or (self.style != "constants" and c.rarely(5))}
        self.preamble: list[str] = []
        self.opening: list[str] = []
        self.cfg = c.pick("cfg", "config", "args", "opt", "hp")
        self._holder()

    def text(self, key: str) -> str:
        return repr(self.values[key])

    def constant(self, key: str) -> str:
        return self.names[key].upper()

    def _shared(self) -> list[str]:
        return [key for key in self.values if key not in self.literal]

    def _holder(self) -> None:
        c, keys = self.c, self._shared()
        fields = [(self.names[key], self.values[key]) for key in keys]
        given = ", ".join(f"{name}={value!r}" for name, value in fields)
        self.main_access = "literal"
        if self.style == "constants":
            if len(keys) > 2 and c.flip():
                some = keys[:3]
                self.preamble.append(
                    f"{', '.join(map(self.constant, some))} = {', '.join(repr(self.values[key]) for key in some)}"
                )
                keys = keys[3:]
            self.preamble += [f"{self.constant(key)} = {self.values[key]!r}" for key in keys]
        elif self.style == "object":
            self._object(c.of(OBJECTS), fields, given)
        elif self.style == "mapping":
            rows = "\n".join(f"    {name!r}: {value!r}," for name, value in fields)
            form = c.pick("dict", "literal", "preset", "updated")
            if form == "preset":
                self.preamble.append(
                    "PRESETS = {\n    'tiny': {" + rows.strip().rstrip(",").replace("\n   ", "") + "},\n}"
                )
                self.opening.append(f"{self.cfg} = PRESETS['tiny']")
            elif form == "updated":
                self.preamble.append("DEFAULTS = {\n" + rows + "\n}")
                last = f"{fields[-1][0]!r}: {fields[-1][1]!r}" if fields else ""
                self.opening.append(f"{self.cfg} = {{**DEFAULTS, {last}}}")
            elif form == "dict":
                self.opening.append(f"{self.cfg} = dict({given})")
            else:
                self.opening.append(f"{self.cfg} = {{\n{rows}\n}}")
        elif self.style in ("params", "kwargs"):
            self.main_access = c.pick("literal", "local", "parser", "constants")
            if self.main_access == "local":
                self.opening += [f"{name} = {value!r}" for name, value in fields]
            elif self.main_access == "parser":
                self._parser(fields)
            elif self.main_access == "constants":
                self.preamble += [f"{self.constant(key)} = {self.values[key]!r}" for key in keys]

    def _parser(self, fields: Sequence[tuple[str, Value]]) -> None:
        lines = ["parser = argparse.ArgumentParser()"]
        for name, value in fields:
            if value is True or value is False:
                action = "store_false" if value else "store_true"
                lines.append(f"parser.add_argument('--{name}', action={action!r})")
            else:
                flag = name.replace("_", self.c.pick("_", "-"))
                lines.append(f"parser.add_argument('--{flag}', type={type(value).__name__}, default={value!r})")
        if self.c.flip():
            body = "\n".join("    " + line for line in lines)
            self.preamble.append(f"def parse_args():\n{body}\n    return parser.parse_args([])")
            self.opening.append(f"{self.cfg} = parse_args()")
        else:
            self.opening += [*lines, f"{self.cfg} = parser.parse_args([])"]

    def _object(self, form: str, fields: Sequence[tuple[str, Value]], given: str) -> None:
        body = "\n".join(f"    {name}: {type(value).__name__} = {value!r}" for name, value in fields) or "    pass"
        if form == "dataclass":
            self.preamble.append(f"@dataclass\nclass Config:\n{body}")
            self.opening.append(f"{self.cfg} = Config()")
        elif form == "frozen":
            plain = "\n".join(f"    {name}: {type(value).__name__}" for name, value in fields) or "    pass"
            self.preamble.append(f"@dataclass(frozen=True)\nclass Settings:\n{plain}")
            self.opening.append(f"{self.cfg} = Settings({given})")
        elif form == "namedtuple":
            self.preamble.append(f"class Config(NamedTuple):\n{body}")
            self.opening.append(f"{self.cfg} = Config()")
        elif form == "class":
            plain = "\n".join(f"    {name} = {value!r}" for name, value in fields) or "    pass"
            self.preamble.append(f"class Config:\n{plain}")
            self.opening.append(f"{self.cfg} = {self.c.pick('Config()', 'Config')}")
        elif form == "instance":
            params = ", ".join(f"{name}={value!r}" for name, value in fields)
            plain = "\n".join(f"        self.{name} = {name}" for name, _ in fields) or "        pass"
            self.preamble.append(f"class Config:\n    def __init__(self, {params}):\n{plain}")
            self.opening.append(f"{self.cfg} = Config()")
        elif form == "parser":
            self._parser(fields)
        else:
            self.opening.append(f"{self.cfg} = SimpleNamespace({given})")

    def main(self, key: str) -> str:
        """The key's value as main() writes it."""
        if key in self.literal:
            return self.text(key)
        if self.style == "object" or self.main_access == "parser":
            return f"{self.cfg}.{self.names[key]}"
        if self.style == "mapping":
            return f"{self.cfg}[{self.names[key]!r}]"
        if self.style == "constants" or self.main_access == "constants":
            return self.constant(key)
        if self.main_access == "local":
            return self.names[key]
        return self.text(key)

    def scope(self, keys: Sequence[str]) -> Scope:
        return Scope(self, keys)


class Scope:
    """One class' access to the setting. `keys` are what the class takes, where it takes its sizes one by one."""

    def __init__(self, setting: Setting, keys: Sequence[str]) -> None:
        c = setting.c
        self.setting = setting
        self.keys = [key for key in keys if key not in setting.literal]
        self.style = setting.style
        self.stored: dict[str, str] = {}
        self.properties: dict[str, str] = {}
        self.keeps_cfg = c.flip()
        self.late_cfg = False
        self.defaults = c.number(0, len(self.keys))
        self.get = c.flip()

    def init(self, key: str) -> str:
        s = self.setting
        name = s.names[key]
        if key in s.literal:
            return s.text(key)
        if self.style == "params":
            return name
        if self.style == "object":
            return f"{s.cfg}.{name}"
        if self.style == "mapping":
            return f"{s.cfg}[{name!r}]"
        if self.style == "constants":
            return s.constant(key)
        if self.style == "attributes":
            return f"self.{name}"
        return f"kwargs.get({name!r}, {s.text(key)})" if self.get else f"kwargs[{name!r}]"

    def late(self, key: str) -> str:
        """The key in a method that runs after the constructor."""
        s = self.setting
        if key in s.literal or self.style in ("constants", "attributes"):
            return self.init(key)
        if self.style in ("object", "mapping") and self.keeps_cfg:
            self.late_cfg = True
            return f"self.{self.init(key)}"
        return self.keep(s.names[key], self.init(key))

    def keep(self, name: str, value: str) -> str:
        """Store a value in the constructor; its expression elsewhere."""
        self.stored[name] = value
        return f"self.{name}"

    def property(self, name: str, value: str) -> str:
        """Compute a value in a property; its expression outside the constructor."""
        self.properties[name] = value
        return f"self.{name}"

    def signature(self) -> str:
        s = self.setting
        if self.style in ("object", "mapping"):
            return f"self, {s.cfg}"
        if self.style == "kwargs":
            return "self, **kwargs"
        if self.style == "params" and self.keys:
            plain = len(self.keys) - self.defaults
            texts = [
                s.names[key] if place < plain else f"{s.names[key]}={s.text(key)}"
                for place, key in enumerate(self.keys)
            ]
            return "self, " + ", ".join(texts)
        return "self"

    def class_lines(self) -> list[str]:
        if self.style != "attributes":
            return []
        return [f"{self.setting.names[key]} = {self.setting.text(key)}" for key in self.keys]

    def store_lines(self) -> list[str]:
        lines = [f"self.{self.setting.cfg} = {self.setting.cfg}"] if self.late_cfg else []
        names, values = list(self.stored), list(self.stored.values())
        if len(names) > 1 and self.setting.c.rarely(4):
            return [*lines, f"{', '.join(f'self.{name}' for name in names)} = {', '.join(values)}"]
        return [*lines, *(f"self.{name} = {value}" for name, value in self.stored.items())]

    def construct(self, cls: str) -> str:
        """The expression in main() that builds the class."""
        s, c = self.setting, self.setting.c
        if self.style in ("object", "mapping"):
            return f"{cls}({s.cfg})"
        if self.style not in ("params", "kwargs"):
            return f"{cls}()"
        by_name = self.style == "kwargs" or c.flip()
        keys = list(self.keys)
        if self.style == "params" and self.defaults and c.flip():
            keys = keys[: len(keys) - self.defaults]
        if self.style == "kwargs" and self.get and c.rarely(3):
            keys = keys[:1]
        if by_name:
            given = [f"{s.names[key]}={s.main(key)}" for key in keys]
            if keys and s.main_access == "parser" and len(keys) == len(s._shared()) and c.flip():
                return f"{cls}(**vars({s.cfg}))"
            if keys and c.rarely(5):
                return f"{cls}(**dict({', '.join(given)}))"
            if keys and c.rarely(6):
                return f"functools.partial({cls}, {given[0]})({', '.join(given[1:])})"
        else:
            given = [s.main(key) for key in keys]
            half = c.number(0, len(keys))
            given[half:] = [f"{s.names[key]}={s.main(key)}" for key in keys[half:]]
        return f"{cls}({', '.join(given)})"
