"""Programs with one recurrent network over sequences: classifiers, forecasters and taggers."""

from __future__ import annotations

from programs.choices import Choices
from programs.layers import Recurrent, build, call, draw_recurrent, state
from programs.module import Module, program
from programs.settings import Setting, Value

CLASSES = ("Net", "Model", "Tagger", "Classifier", "Forecaster", "Encoder")


def sequence_program(c: Choices) -> dict[str, str]:
    ids = c.flip()
    steps = c.flip()  # a result for every step, or one for each sequence
    names = c.distinct(6, 2, 12)
    values: dict[str, Value] = {"vocab": 13 + names[0], "emb": names[1]} if ids else {"features": names[1]}
    values |= {"hidden": names[2], "classes": names[3]}
    if c.flip():
        values["layers"] = c.pick(1, 2, 3)
    if c.flip():
        values["bi"] = c.flip()
    if c.rarely(6):
        values["kind"] = c.pick("LSTM", "GRU", "RNN")
    batch, length = names[4], names[5] + 1
    if c.rarely(5):
        values["batch"] = batch
    setting = Setting(c, values)
    scope = setting.scope(list(values))
    layer = draw_recurrent(c, scope, c.pick("rnn", "lstm", "gru", "layer", "encoder"), setting)
    if "kind" not in values:
        layer.kind = c.pick("LSTM", "GRU", "LSTM", "RNN")
    data_first = layer.batch_first if c.rarely(4) is False else c.flip()
    packed = ids and data_first and c.rarely(4)
    net = Module(c.of(CLASSES), scope, "x, lengths" if packed else "x")
    size = scope.init("emb" if ids else "features")
    if ids:
        emb = c.pick("embedding", "embed", "emb", "word_embeddings")
        padding = ", padding_idx=0" if packed else ""
        net.init.append(f"self.{emb} = nn.Embedding({scope.init('vocab')}, {size}{padding})")
        if c.flip():
            net.body.append(f"x = self.{emb}(x)")
            x = "x"
        else:
            net.body.append(f"e = self.{emb}(x)")
            x = "e"
    else:
        x = "x"
    x, size, now_first = _front(c, net, scope, x, size, data_first, layer.batch_first, steps or packed)
    lines, above = build(c, layer, size, setting)
    net.init += lines
    net.above += above
    batch_text = _batch(c, net, x, now_first, "batch" in values, scope)
    start = state(c, layer, batch_text, x)
    net.init += start.init
    net.methods += start.methods
    net.above += start.module
    hx = start.text
    if hx not in ("", "None") and c.rarely(3):
        net.inputs += ", state=None"
        net.body += ["if state is None:", *("    " + line for line in [*start.before, f"state = {hx}"])]
        hx = "state"
    else:
        net.body += start.before
    width, out = _read(c, net, layer, x, hx, steps, packed, data_first, batch_text)
    _head(c, net, scope, width, out)
    returned = c.pick("logits", "logits", "dict", "tuple")
    net.body.append(
        {"logits": "return logits", "dict": "return {'logits': logits}", "tuple": "return logits, x"}[returned]
    )
    above_main, main = _use(c, setting, net, ids, steps, packed, data_first, layer.batch_first, batch, length, returned)
    return program(c, setting.preamble, [net], above_main, setting.opening + main)


def _front(
    c: Choices, net: Module, scope: object, x: str, size: str, first: bool, wanted: bool, keep_steps: bool
) -> tuple[str, str, bool]:
    """Layers before the recurrent one. Returns the tensor's name, its features, and whether the batch is axis 0."""
    forms = ["dropout", "linear", "norm", "conv", "relu", "cat", "scale", "sequential"]
    for _ in range(c.pick(0, 0, 1, 1, 2)):
        form = forms.pop(c.number(0, len(forms) - 1))
        if form == "dropout":
            net.init.append("self.drop = nn.Dropout(0.1)")
            net.body.append(f"{x} = self.drop({x})")
        elif form == "linear":
            net.init.append(f"self.proj = nn.Linear({size}, 7)")
            net.body.append(f"{x} = {c.pick('self.proj', 'F.relu(self.proj', 'torch.tanh(self.proj')}({x})")
            if "(" in net.body[-1].split("= ", 1)[1].split("self.proj")[0]:
                net.body[-1] += ")"
            size = "7"
        elif form == "sequential":
            net.init.append(f"self.front = nn.Sequential(nn.Linear({size}, 9), nn.ReLU(), nn.Linear(9, 5))")
            net.body.append(f"{x} = self.front({x})")
            size = "5"
        elif form == "norm":
            net.init.append(f"self.norm = nn.LayerNorm({size})")
            net.body.append(f"{x} = self.norm({x})")
        elif form == "relu":
            net.body.append(f"{x} = {c.pick('F.relu', 'torch.tanh', 'torch.sigmoid')}({x})")
        elif form == "scale":
            net.body.append(f"{x} = {x} * 0.5 + {x}.mean()")
        elif form == "cat":
            net.body.append(f"{x} = torch.cat([{x}, {x}], dim={c.pick('-1', '2')})")
            size = f"2 * {size}" if c.flip() else f"{size} + {size}"
        elif first:
            kernel, padding = c.pick((3, 1), (5, 2), (1, 0))
            net.init.append(
                f"self.conv = nn.Conv1d({size}, 6, {c.pick('', 'kernel_size=')}{kernel}, padding={padding})"
            )
            if c.flip():
                net.body.append(f"{x} = self.conv({x}.transpose(1, 2)).transpose(1, 2)")
            else:
                net.body += [
                    f"{x} = {x}.permute(0, 2, 1)",
                    f"{x} = F.relu(self.conv({x}))",
                    f"{x} = {x}.permute(0, 2, 1)",
                ]
            size = "6"
    if first != wanted:
        net.body.append(f"{x} = {x}.{c.pick('transpose(0, 1)', 'permute(1, 0, 2)', 'transpose(1, 0).contiguous()')}")
    return x, size, wanted


def _batch(c: Choices, net: Module, x: str, first: bool, constant: bool, scope: object) -> str:
    if constant:
        return scope.late("batch")  # type: ignore[attr-defined]
    axis = 0 if first else 1
    if c.flip():
        return f"{x}.{c.pick(f'size({axis})', f'shape[{axis}]')}"
    unpack = c.pick("batch", "b", "n", "bs")
    if c.flip():
        net.body.append(f"{unpack} = {x}.size({axis})")
    else:
        names = (unpack, "steps") if first else ("steps", unpack)
        net.body.append(f"{', '.join(names)}, _ = {x}.{c.pick('shape', 'size()')}")
    return unpack


def _read(
    c: Choices, net: Module, layer: Recurrent, x: str, hx: str, steps: bool, packed: bool, data_first: bool, batch: str
) -> tuple[str, str]:
    """Call the layer and take what the head reads: (width for the constructor, text)."""
    two = layer.directions == 2
    form = "steps" if steps else _form(c, layer, packed)
    want = "output" if form in ("steps", "last", "mean", "max", "attention", "bmm", "pool", "halves") else "state"
    source = x
    if packed:
        sorted_too = c.flip()
        first = ", batch_first=True" if layer.batch_first else ""
        net.body.append(
            f"packed = pack_padded_sequence({x}, lengths{first}{'' if sorted_too else ', enforce_sorted=False'})"
        )
        source = "packed"
    lines, out, h = call(c, layer, source, hx, want)
    net.body += lines
    if packed and want == "output":
        first = ", batch_first=True" if layer.batch_first else ""
        net.body.append(f"{out}, {c.pick('_', 'lens')} = pad_packed_sequence({out}{first})")
    time = 1 if layer.batch_first else 0
    if form == "steps":
        if layer.batch_first != data_first:
            net.body.append(f"{out} = {out}.transpose(0, 1)")
        if two and c.rarely(4):
            net.body.append(f"{out} = {out}[:, :, :{layer.hidden()}] + {out}[:, :, {layer.hidden()}:]")
            return layer.hidden(late=False), out
        return layer.width(), out
    if form == "last":
        return layer.width(), f"{out}[:, -1{c.pick('', ', :')}]" if layer.batch_first else f"{out}[-1]"
    if form == "mean":
        return layer.width(), c.pick(f"{out}.mean({time})", f"torch.mean({out}, dim={time})", f"{out}.sum(dim={time})")
    if form == "max":
        return layer.width(), c.pick(
            f"{out}.max({time})[0]", f"torch.max({out}, dim={time}).values", f"{out}.amax(dim={time})"
        )
    if form == "pool":
        permuted = f"{out}.transpose(1, 2)" if layer.batch_first else f"{out}.permute(1, 2, 0)"
        pool = c.pick("F.adaptive_max_pool1d", "F.adaptive_avg_pool1d")
        return layer.width(), f"{pool}({permuted}, 1).squeeze({c.pick('-1', '2')})"
    if form == "halves":
        hidden = layer.hidden()
        step = (f"{out}[:, -1, :{hidden}]", f"{out}[:, 0, {hidden}:]")
        if not layer.batch_first:
            step = (f"{out}[-1, :, :{hidden}]", f"{out}[0, :, {hidden}:]")
        return layer.width(), f"torch.cat(({step[0]}, {step[1]}), dim=1)"
    if form == "attention":
        net.init.append(f"self.score = nn.Linear({layer.width()}, 1)")
        net.body.append(f"weights = torch.softmax(self.score({out}), dim={time})")
        return layer.width(), c.pick(f"(weights * {out}).sum({time})", f"torch.sum({out} * weights, dim={time})")
    if form == "bmm":
        net.init.append(f"self.score = nn.Linear({layer.width()}, 1, bias=False)")
        if not layer.batch_first:
            net.body.append(f"{out} = {out}.transpose(0, 1)")
        net.body.append(f"weights = F.softmax(self.score({out}).squeeze(-1), dim=1)")
        return layer.width(), c.pick(
            f"torch.bmm(weights.unsqueeze(1), {out}).squeeze(1)",
            f"torch.bmm({out}.transpose(1, 2), weights.unsqueeze(2)).squeeze(2)",
            f"torch.einsum('nt,ntf->nf', weights, {out})",
        )
    if form == "h_last":
        return layer.hidden(late=False), c.pick(f"{h}[-1]", f"{h}[-1, :, :]", f"{h}[{layer.count()} - 1]")
    if form == "h_squeeze":
        return layer.hidden(late=False), f"{h}.squeeze(0)"
    if form == "h_sum":
        return layer.hidden(late=False), c.pick(f"{h}[-2] + {h}[-1]", f"({h}[-2, :, :] + {h}[-1, :, :]) / 2")
    if form == "h_view":
        net.body.append(f"{h} = {h}.view({layer.count()}, {layer.ways()}, -1, {layer.hidden()})[-1]")
        if c.flip():
            return layer.width(), f"{h}.transpose(0, 1).reshape(-1, {layer.width(late=True)})"
        return layer.width(), f"torch.cat([{h}[i] for i in range({layer.ways()})], dim=-1)"
    return layer.width(), c.pick(
        f"torch.cat(({h}[-2], {h}[-1]), dim=1)",
        f"torch.cat([{h}[-2, :, :], {h}[-1, :, :]], -1)",
        f"torch.cat((*{h}[-2:],), dim=1)",
        f"torch.hstack(({h}[-2], {h}[-1]))",
    )


def _form(c: Choices, layer: Recurrent, packed: bool) -> str:
    if layer.directions == 1:
        forms = ["h_last", "h_last", "h_view"]
        if layer.layers == 1:
            forms.append("h_squeeze")
        if not packed:
            forms += ["last", "last"]
    else:
        forms = ["h_cat", "h_cat", "h_sum", "h_view"]
        if not packed:
            forms.append("halves")
    if not packed:
        forms += ["mean", "max", "attention", "bmm", "pool"]
    return c.of(forms)


def _head(c: Choices, net: Module, scope: object, width: str, out: str) -> None:
    classes = scope.init("classes")  # type: ignore[attr-defined]
    name = c.pick("fc", "head", "linear", "out_proj", "classifier")
    form = c.pick("linear", "linear", "sequential", "two", "dropout", "norm")
    if form == "sequential":
        net.init.append(f"self.{name} = nn.Sequential(nn.Linear({width}, 8), nn.ReLU(), nn.Linear(8, {classes}))")
        net.body.append(f"logits = self.{name}({out})")
    elif form == "two":
        net.init += [f"self.{name} = nn.Linear({width}, 11)", f"self.last = nn.Linear(11, {classes})"]
        net.body += [f"z = F.relu(self.{name}({out}))", "logits = self.last(z)"]
    elif form == "dropout":
        net.init += ["self.dropout = nn.Dropout(0.5)", f"self.{name} = nn.Linear({width}, {classes})"]
        net.body.append(f"logits = self.{name}(self.dropout({out}))")
    elif form == "norm":
        net.init += [f"self.norm2 = nn.LayerNorm({width})", f"self.{name} = nn.Linear({width}, {classes})"]
        net.body.append(f"logits = self.{name}(self.norm2({out}))")
    else:
        net.init.append(f"self.{name} = nn.Linear({width}, {classes})")
        if c.flip():
            net.body += [f"last = {out}", f"logits = self.{name}(last)"]
        else:
            net.body.append(f"logits = self.{name}({out})")


def _use(
    c: Choices,
    setting: Setting,
    net: Module,
    ids: bool,
    steps: bool,
    packed: bool,
    first: bool,
    layer_first: bool,
    batch: int,
    length: int,
    returned: str,
) -> tuple[list[str], list[str]]:
    """(functions, lines of main): data, the model, and one of several ways to run it."""
    classes = setting.main("classes")
    batch_text = setting.main("batch") if "batch" in setting.values else str(batch)
    constant = "batch" in setting.values
    model = c.pick("model", "net", "m")
    main = [f"{model} = {net.scope.construct(net.name)}"]
    pick = {"logits": "", "dict": "['logits']", "tuple": "[0]"}[returned]
    regression = c.rarely(3)
    use = c.pick("call", "step", "loader", "dataset", "collate", "batches")
    if packed or not first:
        use = c.pick("call", "step", "batches") if not packed else c.pick("call", "step", "collate")
    if use == "collate" and not (ids and first and (packed or not steps)):
        use = "loader" if first else "step"
    lengths = [max(1, length - i * (length - 1) // max(1, batch - 1)) for i in range(batch)]
    lengths[0] = length
    lens = c.pick(f"torch.tensor({lengths})", str(lengths))
    axes = f"{batch_text}, {length}" if first else f"{length}, {batch_text}"
    width = setting.main("emb" if ids else "features")
    x = f"torch.randint(0, {setting.main('vocab')}, ({axes}))" if ids else f"torch.randn({axes}, {width})"
    whole = x
    if not ids and c.rarely(4):
        sizes = f"{axes}, {width}"
        x = c.pick(
            f"torch.zeros({sizes})",
            f"torch.rand({sizes})",
            f"torch.from_numpy(np.random.rand({sizes})).float()",
            f"torch.tensor(np.zeros(({sizes})), dtype=torch.float32)",
            f"torch.stack([torch.randn({sizes.partition(', ')[2]}) for _ in range({sizes.partition(', ')[0]})])",
            f"torch.randn({sizes}).requires_grad_()",
            f"torch.randn({sizes})[:, :, :]",
        )
    y_axes = axes if steps else f"{batch_text},"
    y = f"torch.randint({classes}, ({y_axes}))"
    if regression:
        y = f"torch.randn({axes}, {classes})" if steps else f"torch.randn({batch_text}, {classes})"
    loss, criterion = _loss(c, classes, steps, regression)
    k = setting.text("classes")
    train = [*criterion, f"optimizer = optim.{c.pick('Adam', 'SGD', 'AdamW')}({model}.parameters(), lr=0.01)"]
    body = [
        "optimizer.zero_grad()",
        f"pred = {model}({{args}}){pick}",
        f"loss = {loss}",
        "loss.backward()",
        *(["nn.utils.clip_grad_norm_(" + model + ".parameters(), 1.0)"] if c.rarely(3) else []),
        "optimizer.step()",
    ]
    names = ("x", "y", "lengths") if packed else ("x", "y")
    args = "x, lengths" if packed else "x"
    body = [line.replace("{args}", args) for line in body]
    if use == "call":
        main.append(f"x = {x}")
        if packed:
            main.append(f"lengths = {lens}")
        main.append(f"out = {model}({args}){pick}")
        shape = f"({axes}, {classes})" if steps else f"({batch_text}, {classes})"
        main.append(
            c.pick(f"assert out.shape == {shape}", "print(out.shape)", "print(out.argmax(-1).shape, out.sum().item())")
        )
        main += _afterwards(c, net, model, f"{model}({args}){pick}")
        return [], main
    if use == "step":
        main += [f"x = {x}", f"y = {y}", *([f"lengths = {lens}"] if packed else []), *train]
        if c.flip():
            main += ["for epoch in range(2):", *("    " + line for line in body)]
            main += _afterwards(c, net, model, f"{model}({args}){pick}")
            return [], main
        function = [
            f"def train_step({model}, criterion, optimizer, {', '.join(names)}):",
            *("    " + _literal(line, setting) for line in body),
        ]
        function.append("    return loss.item()")
        if "criterion" not in loss:
            train.insert(0, "criterion = None")
            main.insert(1, "criterion = None")
        main.append(f"print(train_step({model}, criterion, optimizer, {', '.join(names)}))")
        return ["\n".join(function)], main
    if use == "batches":
        function = ["def batches(n):", "    for _ in range(n):"]
        extra = f", {lens}" if packed else ""
        x_there, y_there = _literal(x, setting), _literal(y, setting)
        function.append(f"        yield {x_there}, {y_there}{extra}")
        main += [*train, f"for {', '.join(names)} in batches(2):", *("    " + line for line in body)]
        return ["\n".join(function)], main
    many = batch * 2 if c.flip() else batch * 2 + 1
    drop = (
        f", drop_last={c.pick('True', 'True')}"
        if constant and many % batch
        else (", drop_last=True" if c.rarely(4) else "")
    )
    loader = f"batch_size={batch_text}, shuffle={c.pick('True', 'False')}{drop}"
    if use == "loader":
        x_all, y_all = (
            whole.replace(axes, f"{many}, {length}"),
            y.replace(y_axes, f"{many}, {length}" if steps else f"{many},"),
        )
        if regression and not steps:
            y_all = f"torch.randn({many}, {classes})"
        main += [f"data = TensorDataset({x_all}, {y_all})", f"loader = DataLoader(data, {loader})"]
        main += [*train, "for epoch in range(2):", "    for x, y in loader:", *("        " + line for line in body)]
        return [], main
    item_x = (
        f"torch.randint(0, {setting.text('vocab')}, ({length},))"
        if ids
        else f"torch.randn({length}, {setting.text('features')})"
    )
    item_y = f"torch.randint({k}, ({length},))" if steps else f"torch.tensor(index % {k})"
    if regression:
        item_y = f"torch.randn({length}, {k})" if steps else f"torch.randn({k})"
    if use == "dataset":
        function = [
            "class Items(Dataset):",
            "    def __len__(self):",
            f"        return {many}",
            "",
            "    def __getitem__(self, index):",
            f"        return {item_x}, {item_y}",
        ]
        main += [f"loader = DataLoader(Items(), {loader})", *train]
        main += ["for x, y in loader:", *("    " + line for line in body)]
        return ["\n".join(function)], main
    pairs = f"[(torch.randint(0, {setting.text('vocab')}, (2 + i % {length},)), i % {k}) for i in range({many})]"
    target = f"torch.randint({k}, x.shape)" if steps else "torch.tensor([label for _, label in batch])"
    if regression:
        target = f"torch.randn(*x.shape, {k})" if steps else f"torch.randn(len(batch), {k})"
    function = ["def collate(batch):"]
    if packed:
        function += [
            "    batch = sorted(batch, key=lambda pair: len(pair[0]), reverse=True)",
            "    lengths = torch.tensor([len(ids) for ids, _ in batch])",
        ]
    function += [
        "    x = pad_sequence([ids for ids, _ in batch], batch_first=True)",
        f"    y = {target}",
        f"    return x, y{', lengths' if packed else ''}",
    ]
    main += [f"data = {pairs}", f"loader = DataLoader(data, {loader}, collate_fn=collate)", *train]
    main += [f"for {', '.join(names)} in loader:", *("    " + line for line in body)]
    return ["\n".join(function)], main


def _afterwards(c: Choices, net: Module, model: str, call: str) -> list[str]:
    """What a script does with a model and data that it has used."""
    form = c.pick("nothing", "nothing", "eval", "weights", "copy", "device", "count", "several")
    if form == "eval":
        return [f"{model}.eval()", "with torch.no_grad():", f"    print({call}.shape)", f"{model}.train()"]
    if form == "weights":
        return [f"other = {net.scope.construct(net.name)}", f"other.load_state_dict({model}.state_dict())"]
    if form == "copy":
        return [f"twin = copy.deepcopy({model})", call.replace(model, "twin", 1)]
    if form == "device":
        return [
            "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
            f"{model} = {model}.to(device)",
            "x = x.to(device)",
            call,
        ]
    if form == "count":
        return [f"print({model}, sum(p.numel() for p in {model}.parameters()))"]
    if form == "several":
        return [f"results = [{call} for _ in range(3)]", "print(torch.stack(results).mean(0).shape)"]
    return []


def _literal(text: str, setting: Setting) -> str:
    """The text with numbers, where it stands in a function that does not see main()'s names."""
    if setting.style == "constants" or setting.main_access == "constants":
        return text
    for key in setting.values:
        if setting.main(key) != setting.text(key):
            text = text.replace(setting.main(key), setting.text(key))
    return text


def _loss(c: Choices, classes: str, steps: bool, regression: bool) -> tuple[str, list[str]]:
    """(the loss' expression of pred and y, lines that make the criterion)."""
    if regression:
        form = c.pick("criterion", "F", "hand")
        if form == "criterion":
            return "criterion(pred, y)", [f"criterion = nn.{c.pick('MSELoss', 'L1Loss', 'SmoothL1Loss')}()"]
        return ("F.mse_loss(pred, y)" if form == "F" else "((pred - y) ** 2).mean()"), []
    pred, y = "pred", "y"
    if steps:
        pred, y = c.pick(
            (f"pred.reshape(-1, {classes})", "y.reshape(-1)"),
            ("pred.flatten(0, 1)", "y.flatten()"),
            ("pred.transpose(1, 2)", "y"),
            ("pred.permute(0, 2, 1)", "y"),
            ("pred.reshape(-1, pred.size(-1))", "y.reshape(-1)"),
        )
    if c.flip():
        return f"F.cross_entropy({pred}, {y})", []
    if c.rarely(3):
        log = f"torch.log_softmax({pred}, dim=1)"
        return f"criterion({log}, {y})", ["criterion = nn.NLLLoss()"]
    return f"criterion({pred}, {y})", ["criterion = nn.CrossEntropyLoss()"]
