"""Programs in time: states carried over batches, cells in loops, stacks of layers, modules that keep their state."""

from __future__ import annotations

from programs.choices import Choices
from programs.layers import build, draw_recurrent
from programs.module import Module, program
from programs.settings import Setting, Value


def language_model(c: Choices) -> dict[str, str]:
    """Truncated backpropagation through time: the state goes from chunk to chunk, detached."""
    emb, hidden, batch, chunk = c.distinct(4, 2, 11)
    values: dict[str, Value] = {"vocab": c.number(12, 20), "emb": emb, "hidden": hidden, "batch": batch}
    if c.flip():
        values["layers"] = c.pick(1, 2, 3)
    setting = Setting(c, values)
    scope = setting.scope([key for key in values if key != "batch"])
    layer = draw_recurrent(c, scope, c.pick("rnn", "lstm", "gru"), setting)
    layer.kind = c.pick("LSTM", "GRU", "RNN")
    net = Module(c.pick("RNNModel", "LanguageModel", "CharRNN"), scope, c.pick("x, hidden", "x, hidden=None"))
    vocab = scope.init("vocab")
    net.init += [f"self.{c.pick('drop', 'dropout')} = nn.Dropout(0.2)"] if c.flip() else []
    net.init.append(f"self.encoder = nn.Embedding({vocab}, {scope.init('emb')})")
    lines, net.above = build(c, layer, scope.init("emb"), setting)
    net.init += lines
    net.init.append(f"self.decoder = nn.Linear({layer.hidden(late=False)}, {vocab})")
    net.body = c.pick(
        ["emb = self.encoder(x)", f"out, hidden = self.{layer.name}(emb, hidden)"],
        [f"out, hidden = self.{layer.name}(self.encoder(x), hidden)"],
    )
    flat = c.flip()
    if flat:
        net.body.append(
            c.pick(
                f"decoded = self.decoder(out.reshape(-1, {layer.hidden()}))",
                "decoded = self.decoder(out.reshape(out.size(0) * out.size(1), out.size(2)))",
                "decoded = self.decoder(out.flatten(0, 1))",
                f"decoded = self.decoder(out).view(-1, {scope.late('vocab')})",
            )
        )
    else:
        net.body.append("decoded = self.decoder(out)")
    net.body.append("return decoded, hidden")
    zeros = c.pick(
        f"torch.zeros({layer.rows()}, bsz, {layer.hidden()})",
        f"next(self.parameters()).new_zeros({layer.rows()}, bsz, {layer.hidden()})",
    )
    init_hidden = ["def init_hidden(self, bsz):"]
    if layer.pair:
        init_hidden.append(f"    return ({zeros}, {zeros})")
    elif c.flip():
        init_hidden.append(f"    return {zeros}")
    else:
        init_hidden += [
            "    weight = next(self.parameters())",
            f"    return weight.new_zeros({layer.rows()}, bsz, {layer.hidden()})",
        ]
    net.methods.append(init_hidden)

    vocab_main, batch_main = setting.main("vocab"), setting.main("batch")
    first = layer.batch_first
    length = chunk + 1
    whole = f"{batch_main}, {3 * length + 1}" if first else f"{3 * length + 1}, {batch_main}"
    stream = f"torch.randint(0, {vocab_main}, ({whole}))"
    take = "data[:, {a}:{b}]" if first else "data[{a}:{b}]"
    main = [f"model = {scope.construct(net.name)}", f"data = {stream}"]
    criterion = c.pick("F.cross_entropy", "criterion")
    if criterion == "criterion":
        main.append("criterion = nn.CrossEntropyLoss()")
    main.append("optimizer = optim.SGD(model.parameters(), lr=0.1)")
    functions = []
    detach, helper = _detached(c, layer.pair)
    functions += helper
    start = c.pick(f"model.init_hidden({batch_main})", f"model.init_hidden({batch_main})", "None")
    if start == "None" and "model" not in detach and net.inputs:
        detach = "if hidden is not None:\n    " + detach.replace("\n", "\n    ")
    pred = (
        "logits"
        if flat
        else c.pick(f"logits.reshape(-1, {vocab_main})", "logits.flatten(0, 1)", "logits.view(-1, logits.size(-1))")
    )
    form = c.pick("start", "end", "index")
    steps = [
        "optimizer.zero_grad()",
        "logits, hidden = model(x, hidden)",
        f"loss = {criterion}({pred}, y.reshape(-1))",
        "loss.backward()",
    ]
    if c.flip():
        steps.append("torch.nn.utils.clip_grad_norm_(model.parameters(), 0.25)")
    steps.append("optimizer.step()")
    span = f"range(0, data.size({1 if first else 0}) - 1, {length})" if form != "index" else "range(3)"
    begin, stop = ("i", f"i + {length}") if form != "index" else (f"i * {length}", f"(i + 1) * {length}")
    both = "source[:, i:i + n], source[:, i + 1:i + 1 + n]" if first else "source[i:i + n], source[i + 1:i + 1 + n]"
    if form != "index" and c.flip():
        functions.append(
            "\n".join(
                [
                    "def get_batch(source, i):",
                    f"    n = min({length}, source.size({1 if first else 0}) - 1 - i)",
                    f"    return {both}",
                ]
            )
        )
        fetch = ["x, y = get_batch(data, i)"]
    else:
        fetch = [f"x = {take.format(a=begin, b=stop)}", f"y = {take.format(a=f'{begin} + 1', b=f'{stop} + 1')}"]
    carried = detach.split("\n")
    loop = [*carried, *fetch, *steps] if form != "end" or start == "None" else [*fetch, *steps, *carried]
    main += [
        "for epoch in range(2):",
        f"    hidden = {start}",
        f"    for i in {span}:",
        *("        " + line for line in loop),
    ]
    return program(c, setting.preamble, [net], functions, setting.opening + main)


def _detached(c: Choices, pair: bool) -> tuple[str, list[str]]:
    """(statement that cuts `hidden` from its graph, functions that it needs)."""
    if c.rarely(3):
        text = (
            "def repackage(h):\n    if isinstance(h, torch.Tensor):\n        return h.detach()\n"
            "    return tuple(repackage(v) for v in h)"
        )
        return "hidden = repackage(hidden)", [text]
    if not pair:
        return c.pick("hidden = hidden.detach()", "hidden = hidden.data", "hidden = hidden.detach().clone()"), []
    return c.pick(
        "hidden = tuple(h.detach() for h in hidden)",
        "hidden = (hidden[0].detach(), hidden[1].detach())",
        "hidden = tuple([each.data for each in hidden])",
        "h, c = hidden\nhidden = (h.detach(), c.detach())",
    ), []


def cell_program(c: Choices) -> dict[str, str]:
    """Cells in a loop over the steps, one or several on top of each other."""
    features, hidden, classes, batch, length = c.distinct(5, 2, 11)
    values: dict[str, Value] = {"features": features, "hidden": hidden, "classes": classes}
    many = c.flip()
    if many:
        values["layers"] = c.pick(1, 2, 3)
    setting = Setting(c, values)
    scope = setting.scope(list(values))
    kind = c.pick("LSTMCell", "GRUCell", "RNNCell")
    pair = kind == "LSTMCell"
    first = c.flip()
    net = Module(c.pick("Unrolled", "CellNet", "Decoder"), scope, "x")
    size, width, late = scope.init("features"), scope.init("hidden"), scope.late("hidden")
    axis = 1 if first else 0
    batch_text = f"x.size({1 - axis})"
    zeros = c.pick(f"torch.zeros({batch_text}, {late})", f"x.new_zeros({batch_text}, {late})")
    step = "x[:, t]" if first else "x[t]"
    if c.flip():
        step = "x[:, t, :]" if first else "x[t, :, :]"
    body: list[str] = []
    if many:
        layers = scope.init("layers")
        sizes = f"{size} if i == 0 else {width}"
        net.init.append(
            c.pick(
                f"self.cells = nn.ModuleList([nn.{kind}({sizes}, {width}) for i in range({layers})])",
                f"self.cells = nn.ModuleList(nn.{kind}({sizes}, {width}) for i in range({layers}))",
                f"self.cells = nn.ModuleList([nn.{kind}({size}, {width})] + "
                f"[nn.{kind}({width}, {width}) for _ in range({layers} - 1)])",
            )
        )
        late_layers = c.pick(scope.late("layers"), "len(self.cells)")
        if pair:
            body += [f"h = [{zeros} for _ in range({late_layers})]", f"c = [{zeros} for _ in range({late_layers})]"]
            inner = ["h[i], c[i] = cell(inp, (h[i], c[i]))", "inp = h[i]"]
        else:
            body.append(f"h = [{zeros} for _ in range({late_layers})]")
            inner = ["h[i] = cell(inp, h[i])", "inp = h[i]"]
        loop = [f"inp = {step}", "for i, cell in enumerate(self.cells):", *("    " + line for line in inner)]
        top = "inp"
    else:
        net.init.append(f"self.cell = nn.{kind}({size}, {c.pick('', 'hidden_size=')}{width})")
        if pair:
            body += c.pick([f"h = {zeros}", f"c = {zeros}"], [f"h = c = {zeros}"], [f"state = ({zeros}, {zeros})"])
            loop = (
                ["h, c = self.cell({step}, (h, c))"]
                if "state" not in body[-1]
                else ["state = self.cell({step}, state)"]
            )
            top = "h" if "state" not in body[-1] else "state[0]"
        else:
            body.append(c.pick(f"h = {zeros}", "h = None"))
            loop, top = ["h = self.cell({step}, h)"], "h"
        loop = [line.replace("{step}", step) for line in loop]
    over = c.pick(f"for t in range(x.size({axis})):", f"for t in range(x.shape[{axis}]):", "unbind", "steps")
    if over == "unbind":
        plain = "x.transpose(0, 1)" if first else "x"
        over = f"for x_t in {c.pick(f'x.unbind({axis})', f'torch.unbind(x, dim={axis})', plain)}:"
        loop = [line.replace(step, "x_t") for line in loop]
    elif over == "steps":
        over = f"for t in range({length}):"
    steps = c.flip()
    if steps:
        body.append("outputs = []")
        loop.append(f"outputs.append({top})" if c.flip() else f"outputs += [{top}]")
    body += [over, *("    " + line for line in loop)]
    net.init.append(f"self.head = nn.Linear({width}, {scope.init('classes')})")
    if steps:
        body.append(f"return self.head(torch.stack(outputs, {c.pick('', 'dim=')}{axis}))")
    else:
        body.append(f"return self.head({top})")
    net.body = body
    axes = f"{batch}, {length}" if first else f"{length}, {batch}"
    k = setting.main("classes")
    main = [
        f"net = {scope.construct(net.name)}",
        f"x = torch.randn({axes}, {setting.main('features')})",
        "out = net(x)",
    ]
    shape = f"({axes}, {k})" if steps else f"({batch}, {k})"
    main += c.pick(
        [f"assert out.shape == {shape}"],
        ["loss = out.pow(2).mean()", "loss.backward()", "print(loss.item())"],
        [
            f"y = torch.randint(0, {k}, ({f'{batch} * {length}' if steps else batch},))",
            f"loss = F.cross_entropy(out.reshape(-1, {k}), y)",
            "loss.backward()",
        ],
        [
            f"target = torch.randn({axes if steps else batch}, {k})",
            "loss = nn.MSELoss()(out, target)",
            "loss.backward()",
        ],
    )
    return program(c, setting.preamble, [net], [], setting.opening + main)


def stacked_program(c: Choices) -> dict[str, str]:
    """Several recurrent layers one after the other: by name, in a ModuleList, in a Sequential, with residuals."""
    features, hidden, classes, batch, length = c.distinct(5, 2, 11)
    values: dict[str, Value] = {"features": features, "hidden": hidden, "classes": classes}
    both = c.flip()
    setting = Setting(c, values)
    scope = setting.scope(list(values))
    net = Module(c.pick("Stack", "DeepRNN", "ResidualRNN"), scope, "x")
    kind = c.pick("LSTM", "GRU", "RNN")
    size, width = scope.init("features"), scope.init("hidden")
    out = f"2 * {width}" if both else width
    more = ", batch_first=True" + (", bidirectional=True" if both else "")
    form = c.pick("named", "list", "sequential", "pyramid", "residual", "append")
    above: list[str] = []
    if form == "named":
        net.init += [f"self.rnn1 = nn.{kind}({size}, {width}{more})", f"self.rnn2 = nn.{kind}({out}, {width}{more})"]
        net.body += ["x, _ = self.rnn1(x)", *(["x = torch.relu(x)"] if c.flip() else []), "x, _ = self.rnn2(x)"]
    elif form == "list":
        net.init += [
            f"sizes = [{size}, {out}, {out}]",
            f"self.rnns = nn.ModuleList([nn.{kind}(n, {width}{more}) for n in sizes])",
        ]
        net.body += c.pick(
            ["for rnn in self.rnns:", "    x, _ = rnn(x)"],
            ["for i in range(len(self.rnns)):", "    x = self.rnns[i](x)[0]"],
            ["for i, rnn in enumerate(self.rnns):", "    y, _ = rnn(x)", "    x = y if i == 0 else x + y"],
        )
    elif form == "append":
        net.init += [
            "self.rnns = nn.ModuleList()",
            "for i in range(3):",
            f"    self.rnns.append(nn.{kind}({size} if i == 0 else {out}, {width}{more}))",
        ]
        net.body += ["for rnn in self.rnns:", "    x, _ = rnn(x)"]
    elif form == "pyramid":
        net.init += [
            f"self.bottom = nn.{kind}({size}, {width}{more})",
            f"self.top = nn.{kind}({out} * 2, {width}{more})",
        ]
        net.body += ["x, _ = self.bottom(x)", "b, t, f = x.shape"]
        net.body += c.pick(
            ["x = x[:, : t // 2 * 2].reshape(b, t // 2, 2 * f)"],
            ["if t % 2:", "    x = x[:, :-1]", "x = x.contiguous().view(b, x.size(1) // 2, f * 2)"],
            ["x = torch.cat([x[:, 0::2][:, : t // 2], x[:, 1::2]], dim=-1)"],
        )
        net.body.append("x, _ = self.top(x)")
    elif form == "residual":
        net.init += [
            f"self.enter = nn.Linear({size}, {out})",
            f"self.rnn = nn.{kind}({out}, {width}{more})",
            f"self.norm = nn.LayerNorm({out})",
        ]
        net.body += ["x = self.enter(x)", "y, _ = self.rnn(x)", c.pick("x = self.norm(x + y)", "x = x + self.norm(y)")]
    else:
        above.append(
            c.pick(
                "class Output(nn.Module):\n    def forward(self, result):\n        return result[0]",
                "class Output(nn.Module):\n    def forward(self, result):\n        out, _ = result\n        return out",
            )
        )
        net.init.append(
            f"self.rnns = nn.Sequential(nn.{kind}({size}, {width}{more}), Output(), "
            f"nn.{kind}({out}, {width}{more}), Output())"
        )
        net.body.append("x = self.rnns(x)")
    net.above = above
    net.init.append(f"self.head = nn.Linear({out}, {scope.init('classes')})")
    net.body.append("return self.head(x)")
    k = setting.main("classes")
    main = [f"net = {scope.construct(net.name)}"]
    if form == "pyramid":
        main += [
            f"out = net(torch.randn({batch}, {length}, {setting.main('features')}))",
            f"assert out.shape == ({batch}, {length // 2}, {k})",
        ]
        return program(c, setting.preamble, [net], [], setting.opening + main)
    x = f"torch.randn({batch}, {length}, {setting.main('features')})"
    main += c.pick(
        [f"out = net({x})", f"assert out.shape == ({batch}, {length}, {k})"],
        [
            f"x = {x}",
            f"loss = F.cross_entropy(net(x).transpose(1, 2), torch.randint(0, {k}, x.shape[:2]))",
            "loss.backward()",
        ],
        [
            f"loader = DataLoader(TensorDataset({x}, torch.randn({batch}, {length}, {k})), batch_size=2)",
            "criterion = nn.MSELoss()",
            "for x, y in loader:",
            "    loss = criterion(net(x), y)",
            "    loss.backward()",
        ],
    )
    return program(c, setting.preamble, [net], [], setting.opening + main)


def stateful_program(c: Choices) -> dict[str, str]:
    """A module that keeps its state in itself, with a reset and a detach."""
    features, hidden, classes, batch, length = c.distinct(5, 2, 11)
    values: dict[str, Value] = {"features": features, "hidden": hidden, "classes": classes, "batch": batch}
    if c.flip():
        values["layers"] = c.pick(1, 2, 3)
    setting = Setting(c, values)
    scope = setting.scope([key for key in values if key != "batch" or setting.style not in ("attributes",)])
    layer = draw_recurrent(c, scope, c.pick("rnn", "lstm", "gru"), setting)
    layer.kind = c.pick("LSTM", "GRU", "RNN")
    name = c.pick("Stateful", "Controller", "StreamRNN")
    net = Module(name, scope, "x")
    lines, net.above = build(c, layer, scope.init("features"), setting)
    net.init += lines
    net.init += [f"self.head = nn.Linear({layer.hidden(late=False)}, {scope.init('classes')})"]
    reset = c.pick("reset", "reset_state", "init_hidden")
    zeros = f"torch.zeros({layer.rows()}, batch_size, {layer.hidden()})"
    made = f"({zeros}, {zeros})" if layer.pair else zeros
    form = c.pick("reset", "lazy", "optional")
    attribute = c.pick("hidden", "state")
    if form == "reset":
        net.methods.append([f"def {reset}(self, batch_size):", f"    self.{attribute} = {made}"])
        if c.flip():
            net.init.append(f"self.{attribute} = None")
    elif form == "lazy":
        net.init.append(f"self.{attribute} = None")
        net.methods.append([f"def {reset}(self, batch_size):", f"    self.{attribute} = None"])
        net.body += [
            f"if self.{attribute} is None:",
            f"    batch_size = x.size({0 if layer.batch_first else 1})",
            f"    self.{attribute} = {made}",
        ]
    else:
        net.init.append(f"self.{attribute} = None")
        net.methods.append([f"def {reset}(self, batch_size):", f"    self.{attribute} = None"])
    keep = "detach" if c.flip() else "outside"
    if layer.pair:
        cut = c.pick(
            f"self.{attribute} = tuple(s.detach() for s in self.{attribute})",
            f"self.{attribute} = (self.{attribute}[0].detach(), self.{attribute}[1].detach())",
        )
    else:
        cut = f"self.{attribute} = self.{attribute}.detach()"
    run = f"out, self.{attribute} = self.{layer.name}(x, self.{attribute})"
    if layer.pair and keep == "detach" and c.flip():
        run, cut = (
            f"out, (h, c) = self.{layer.name}(x, self.{attribute})",
            f"self.{attribute} = (h.detach(), c.detach())",
        )
    net.body.append(run)
    if keep == "detach":
        net.body.append(cut)
    else:
        net.methods.append(["def detach(self):", f"    {cut}"])
    net.body.append("return self.head(out)")
    first = layer.batch_first
    batch_main = setting.main("batch")
    axes = f"{batch_main}, {length}" if first else f"{length}, {batch_main}"
    k = setting.main("classes")
    step = [
        f"x = torch.randn({axes}, {setting.main('features')})",
        f"y = torch.randn({axes}, {k})",
        "loss = F.mse_loss(net(x), y)",
        "optimizer.zero_grad()",
        "loss.backward()",
        "optimizer.step()",
        *(["net.detach()"] if keep == "outside" else []),
    ]
    main = [f"net = {scope.construct(net.name)}", "optimizer = optim.Adam(net.parameters())"]
    main += [
        "for epoch in range(2):",
        f"    net.{reset}({batch_main})",
        "    for _ in range(2):",
        *("        " + line for line in step),
    ]
    return program(c, setting.preamble, [net], [], setting.opening + main)
