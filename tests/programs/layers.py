"""Source text for recurrent layers: how one is built, where its state comes from, how its result is taken apart."""

from __future__ import annotations

from dataclasses import dataclass, field

from programs.choices import Choices
from programs.settings import Scope, Setting

TWO_STATES = ("LSTM",)


@dataclass
class Recurrent:
    """One recurrent layer of a class under construction. Texts are for the constructor; see `Scope`."""

    name: str
    kind: str  # LSTM, GRU or RNN
    batch_first: bool
    layers: int
    directions: int
    scope: Scope
    keys: dict[str, str] = field(default_factory=dict)  # role -> key of the setting

    @property
    def pair(self) -> bool:
        return self.kind in TWO_STATES

    def hidden(self, late: bool = True) -> str:
        return self.scope.late(self.keys["hidden"]) if late else self.scope.init(self.keys["hidden"])

    def count(self, late: bool = True) -> str:
        """num_layers."""
        if "layers" not in self.keys:
            return str(self.layers)
        return self.scope.late(self.keys["layers"]) if late else self.scope.init(self.keys["layers"])

    def ways(self, late: bool = True) -> str:
        """The number of directions."""
        if "bi" not in self.keys:
            return str(self.directions)
        get = self.scope.late if late else self.scope.init
        flag = get(self.keys["bi"])
        c = self.scope.setting.c
        form = c.pick("kept", "inline", "int", "property") if late else c.pick("inline", "int")
        if form == "property" and "num_directions" not in self.scope.stored:
            return self.scope.property("num_directions", f"2 if {flag} else 1")
        if form in ("kept", "property") and "num_directions" not in self.scope.properties:
            return self.scope.keep("num_directions", f"2 if {self.scope.init(self.keys['bi'])} else 1")
        return f"(2 if {flag} else 1)" if form == "inline" else f"(1 + int({flag}))"

    def rows(self) -> str:
        """layers * directions, outside the constructor."""
        c = self.scope.setting.c
        if c.rarely(8):
            return f"self.{self.name}.num_layers * (2 if self.{self.name}.bidirectional else 1)"
        if "bi" not in self.keys:
            if self.directions == 1:
                return self.count()
            return c.pick(f"{self.count()} * 2", f"2 * {self.count()}")
        return f"{self.count()} * {self.ways()}"

    def width(self, late: bool = False) -> str:
        """Features of the output."""
        hidden = self.hidden(late)
        c = self.scope.setting.c
        if "bi" not in self.keys:
            if self.directions == 1:
                return hidden
            return c.pick(f"{hidden} * 2", f"2 * {hidden}")
        return f"{hidden} * {self.ways(late)}"


def draw_recurrent(c: Choices, scope: Scope, name: str, setting: Setting) -> Recurrent:
    """A layer with the configuration that the setting holds."""
    keys = {"hidden": "hidden"}
    if "layers" in setting.values:
        keys["layers"] = "layers"
    if "bi" in setting.values:
        keys["bi"] = "bi"
    return Recurrent(
        name=name,
        kind=str(setting.values.get("kind", "LSTM")).upper(),
        batch_first=c.flip() or c.flip(),
        layers=int(setting.values.get("layers", 1)),
        directions=2 if setting.values.get("bi", False) else 1,
        scope=scope,
        keys=keys,
    )


def build(c: Choices, layer: Recurrent, features: str, setting: Setting) -> tuple[list[str], list[str]]:
    """(lines of the constructor, module-level lines) that make `self.<name>`; `features` is the input size's text."""
    scope = layer.scope
    named = [("input_size", features), ("hidden_size", layer.hidden(late=False))]
    if layer.layers != 1 or "layers" in layer.keys:
        named.append(("num_layers", layer.count(late=False)))
    options: list[tuple[str, str]] = []
    if layer.batch_first:
        options.append(("batch_first", "True"))
    elif c.rarely(6):
        options.append(("batch_first", "False"))
    if "bi" in layer.keys:
        options.append(("bidirectional", scope.init(layer.keys["bi"])))
    elif layer.directions == 2:
        options.append(("bidirectional", "True"))
    if layer.layers > 1 and c.rarely(4):
        options.append(("dropout", c.pick("0.1", f"0.2 if {layer.count(late=False)} > 1 else 0.0")))
    positional = c.pick(2, 0, len(named))
    given = [value for _, value in named[:positional]]
    rest = [f"{key}={value}" for key, value in named[positional:] + options]
    arguments = ", ".join(given + rest)
    target = f"self.{layer.name}"
    kind = layer.kind
    kind_text = scope.init("kind") if "kind" in setting.values else repr(kind)
    form = c.pick(
        "plain", "plain", "plain", "plain", "getattr", "table", "branches", "keywords", "partial", "factory", "alias"
    )
    if form == "plain" and "kind" in setting.values:
        form = c.pick("getattr", "table", "branches")
    if form == "getattr":
        return [f"{target} = getattr(nn, {kind_text}{'.upper()' if c.rarely(4) else ''})({arguments})"], []
    if form == "table":
        table = "{'LSTM': nn.LSTM, 'GRU': nn.GRU, 'RNN': nn.RNN}"
        if c.flip():
            return [f"{target} = RNNS[{kind_text}]({arguments})"], [f"RNNS = {table}"]
        return [f"rnn_cls = {table}[{kind_text}]", f"{target} = rnn_cls({arguments})"], []
    if form == "branches":
        if "kind" not in setting.values:
            kind_text = repr(kind)
        return [
            f"if {kind_text} == 'LSTM':",
            f"    {target} = nn.LSTM({arguments})",
            f"elif {kind_text} == 'GRU':",
            f"    {target} = nn.GRU({arguments})",
            "else:",
            f"    {target} = nn.RNN({arguments})",
        ], []
    if form == "keywords":
        everything = ", ".join(f"{key}={value}" for key, value in named + options)
        lines = [f"options = dict({everything})"]
        if c.flip() and options:
            lines = [f"options = dict({', '.join(f'{key}={value}' for key, value in named)})"]
            lines += [f"options[{key!r}] = {value}" for key, value in options]
        return [*lines, f"{target} = nn.{kind}(**options)"], []
    if form == "partial" and options:
        key, value = options[0]
        others = [text for text in rest if text != f"{key}={value}"]
        return [
            f"make = functools.partial(nn.{kind}, {key}={value})",
            f"{target} = make({', '.join(given + others)})",
        ], []
    if form == "factory":
        helper = c.pick(
            "def make_rnn(*args, **kwargs):\n    return nn.{kind}(*args, **kwargs)",
            "def make_rnn(n_in, n_hidden, *args, **kwargs):\n    return nn.{kind}(n_in, n_hidden, *args, **kwargs)",
        ).format(kind=kind)
        texts = [value for _, value in named] + [f"{key}={value}" for key, value in options]
        return [f"{target} = make_rnn({', '.join(texts)})"], [helper]
    if form == "alias":
        return [f"rnn = nn.{kind}", f"{target} = rnn({arguments})"], []
    return [f"{target} = nn.{kind}({arguments})"], []


STATES = ("none", "none", "None", "inline", "new_zeros", "method", "helper", "learned", "like", "loop", "shape")


def state(c: Choices, layer: Recurrent, batch: str, source: str) -> State:
    """The initial state that forward() hands to the layer. `batch`: a text; `source`: a tensor to take dtype from."""
    form = c.of(STATES)
    if form in ("none", "None"):
        return State("None" if form == "None" else "")
    pair = layer.pair
    rows, hidden = layer.rows(), layer.hidden()
    zeros = f"torch.zeros({rows}, {batch}, {hidden})"
    if c.rarely(5):
        zeros = f"torch.zeros(({rows}, {batch}, {hidden}))"
    if form == "inline":
        if not pair:
            return State("h0", [f"h0 = {zeros}"])
        if c.flip():
            return State("(h0, c0)", [f"h0 = {zeros}", f"c0 = {zeros}"])
        return State("hidden", [f"hidden = ({zeros}, {zeros})"])
    if form == "new_zeros":
        made = f"{source}.new_zeros({rows}, {batch}, {hidden})"
        return State("(h0, h0.clone())" if pair else "h0", [f"h0 = {made}"])
    if form == "like":
        return State("(h0, torch.zeros_like(h0))" if pair else "h0", [f"h0 = {zeros}"])
    if form == "loop":
        if not pair:
            return State("h0", [f"h0 = torch.stack([torch.zeros({batch}, {hidden}) for _ in range({rows})])"])
        return State("hidden", [f"hidden = tuple({zeros} for _ in range(2))"])
    if form == "shape":
        lines = [f"shape = ({rows}, {batch}, {hidden})"]
        return State("(torch.zeros(*shape), torch.zeros(*shape))" if pair else "torch.zeros(shape)", lines)
    if form == "learned":
        kept = [f"self.h0 = nn.Parameter(torch.zeros({_init_rows(c, layer)}, 1, {layer.hidden(late=False)}))"]
        grown = c.pick(f"self.h0.expand(-1, {batch}, -1).contiguous()", f"self.h0.repeat(1, {batch}, 1)")
        return State("(h0, torch.zeros_like(h0))" if pair else "h0", [f"h0 = {grown}"], init=kept)
    name = c.pick("init_hidden", "initial_state", "zero_state", "begin")
    if form == "helper":
        body = "    return torch.zeros(rows, batch, hidden)"
        if pair:
            body = "    h = torch.zeros(rows, batch, hidden)\n    return h, torch.zeros_like(h)"
        return State(
            "hidden",
            [f"hidden = {name}({rows}, {batch}, {hidden})"],
            module=[f"def {name}(rows, batch, hidden):\n{body}"],
        )
    made = c.pick(
        f"torch.zeros({rows}, batch_size, {hidden})",
        f"next(self.parameters()).new_zeros({rows}, batch_size, {hidden})",
        f"torch.zeros({rows}, batch_size, {hidden}, device=next(self.parameters()).device)",
    )
    if not pair:
        body = [f"return {made}"]
    else:
        body = c.pick([f"return {made}, {made}"], [f"h = {made}", f"c = {made}", "return (h, c)"])
    method = [f"def {name}(self, batch_size):", *("    " + line for line in body)]
    return State("hidden", [f"hidden = self.{name}({batch})"], methods=[method])


def _init_rows(c: Choices, layer: Recurrent) -> str:
    if "bi" in layer.keys:
        return f"{layer.count(late=False)} * {layer.ways(late=False)}"
    return layer.count(late=False) if layer.directions == 1 else f"2 * {layer.count(late=False)}"


@dataclass
class State:
    """`text`: the second argument ("" for none), and the lines that it needs."""

    text: str
    before: list[str] = field(default_factory=list)
    init: list[str] = field(default_factory=list)
    methods: list[list[str]] = field(default_factory=list)
    module: list[str] = field(default_factory=list)


def call(c: Choices, layer: Recurrent, source: str, hx: str, want: str) -> tuple[list[str], str, str]:
    """(lines, text of the output, text of h_n); `want` is "output", "state" or "both"."""
    arguments = f"{source}, {hx}" if hx else source
    run = f"self.{layer.name}({arguments})"
    if hx and c.rarely(8):
        run = f"self.{layer.name}({source}, hx={hx})"
    out = c.pick("out", "output", "y", "outputs", "x" if source == "x" else "r_out")
    h = c.pick("h_n", "hn", "h")
    if want == "output":
        form = c.pick("_", "index", "named", "whole")
        if form == "_":
            return [f"{out}, _ = {run}"], out, ""
        if form == "index":
            return [f"{out} = {run}[0]"], out, ""
        if form == "whole":
            return [f"result = {run}", f"{out} = result[0]"], out, ""
        return [f"{out}, {'(h_n, c_n)' if layer.pair else 'h_n'} = {run}"], out, "h_n"
    first = "_" if want == "state" else out
    if layer.pair:
        form = c.pick("inner", "outer", "index")
        if form == "inner":
            return [f"{first}, ({h}, {c.pick('_', 'c_n')}) = {run}"], out, h
        if form == "outer":
            return [f"{first}, state = {run}", f"{h} = state[0]"], out, h
        if want == "state":
            return [f"{h} = {run}[1][0]"], out, h
        return [f"{first}, ({h}, c_n) = {run}"], out, h
    if want == "state" and c.rarely(3):
        return [f"{h} = {run}[1]"], out, h
    return [f"{first}, {h} = {run}"], out, h
