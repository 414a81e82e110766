"""Programs with two recurrent networks: an encoder and a decoder, with and without a bridge, and autoencoders."""

from __future__ import annotations

from programs.choices import Choices
from programs.module import Module, program
from programs.settings import Setting, Value


def translation_program(c: Choices) -> dict[str, str]:
    emb, hidden, batch, length, target = c.distinct(5, 2, 11)
    values: dict[str, Value] = {"vocab": c.number(12, 16), "target": c.number(17, 20), "emb": emb, "hidden": hidden}
    if c.flip():
        values["layers"] = c.pick(1, 2, 3)
    setting = Setting(c, values)
    kind = c.pick("LSTM", "GRU")
    pair = kind == "LSTM"
    layers = int(values.get("layers", 1))
    both = c.flip()
    first = c.flip()
    more = ", batch_first=True" if first else ""
    bridge = c.pick("linear", "sum", "wide", "cat") if both else c.pick("none", "none", "linear")
    if both and bridge == "wide" and layers == 1:
        bridge = "cat"

    scope = setting.scope(["vocab", "emb", "hidden", *(["layers"] if "layers" in values else [])])
    encoder = Module(c.pick("Encoder", "EncoderRNN"), scope, "src")
    count = f", {scope.init('layers')}" if "layers" in values else ""
    width = scope.init("hidden")
    encoder.init.append(f"self.embedding = nn.Embedding({scope.init('vocab')}, {scope.init('emb')})")
    flag = ", bidirectional=True" if both else ""
    encoder.init.append(f"self.rnn = nn.{kind}({scope.init('emb')}, {width}{count}{more}{flag})")
    state = "(h, c)" if pair else "h"
    encoder.body.append(f"outputs, {state} = self.rnn(self.embedding(src))")
    wide = False
    for part in ("h", "c") if pair else ("h",):
        if bridge == "linear":
            source = f"torch.cat(({part}[0::2], {part}[1::2]), dim=2)" if both else part
            encoder.init.append(f"self.bridge_{part} = nn.Linear({f'{width} * 2' if both else width}, {width})")
            encoder.body.append(f"{part} = torch.tanh(self.bridge_{part}({source}))")
        elif bridge == "sum":
            encoder.body.append(f"{part} = {part}[0::2] + {part}[1::2]")
        elif bridge == "wide":
            late, number = scope.late("hidden"), scope.late("layers")
            encoder.body.append(f"{part} = {part}.view({number}, 2, -1, {late})")
            encoder.body.append(f"{part} = torch.cat([{part}[:, 0], {part}[:, 1]], dim=2)")
            wide = True
        elif bridge == "cat":
            encoder.body.append(f"{part} = torch.cat([{part}[0:{part}.size(0):2], {part}[1:{part}.size(0):2]], 2)")
            wide = True
    encoder.body.append(f"return outputs, {state}")

    dscope = setting.scope(["target", "emb", "hidden", *(["layers"] if "layers" in values else [])])
    attention = c.rarely(3)
    decoder = Module(c.pick("Decoder", "DecoderRNN"), dscope, "token, state, memory" if attention else "token, state")
    dcount = f", {dscope.init('layers')}" if "layers" in values else ""
    dwidth = dscope.init("hidden") + (" * 2" if wide else "")
    memory = dscope.init("hidden") + (" * 2" if both else "")
    decoder.init.append(f"self.embedding = nn.Embedding({dscope.init('target')}, {dscope.init('emb')})")
    entering = f"{dscope.init('emb')} + {memory}" if attention else dscope.init("emb")
    decoder.init.append(f"self.rnn = nn.{kind}({entering}, {dwidth}{dcount}{more})")
    decoder.init.append(f"self.out = nn.Linear({dwidth}, {dscope.init('target')})")
    axis = 1 if first else 0
    whole = not attention and c.flip()  # teacher forcing in one call, or a loop over the steps
    if whole:
        decoder.body += ["x = self.embedding(token)", "out, state = self.rnn(x, state)", "return self.out(out), state"]
    else:
        decoder.body.append(f"x = self.embedding(token).unsqueeze({axis})")
        if attention:
            top = c.pick(
                "state[0][-1]" if pair else "state[-1]", "(state[0] if isinstance(state, tuple) else state)[-1]"
            )
            decoder.init.append(f"self.attn = nn.Linear({dwidth} + {memory}, 1)")
            time = "memory.size(1)" if first else "memory.size(0)"
            if first:
                decoder.body += [
                    f"query = {top}.unsqueeze(1).expand(-1, {time}, -1)",
                    "weights = torch.softmax(self.attn(torch.cat((query, memory), dim=2)), dim=1)",
                    "context = (weights * memory).sum(1, keepdim=True)",
                ]
            else:
                decoder.body += [
                    f"query = {top}.unsqueeze(0).repeat({time}, 1, 1)",
                    "weights = F.softmax(self.attn(torch.cat([query, memory], dim=-1)), dim=0)",
                    "context = torch.bmm(weights.permute(1, 2, 0), memory.transpose(0, 1)).transpose(0, 1)",
                ]
            decoder.body.append("x = torch.cat((x, context), dim=2)")
        decoder.body += ["out, state = self.rnn(x, state)", f"return self.out(out.squeeze({axis})), state"]

    length_text = f"{batch}, {length}" if first else f"{length}, {batch}"
    target_text = f"{batch}, {target}" if first else f"{target}, {batch}"
    src = f"torch.randint(0, {setting.main('vocab')}, ({length_text}))"
    trg = f"torch.randint(0, {setting.main('target')}, ({target_text}))"
    k = setting.main("target")
    main = [f"src, trg = {src}, {trg}"]
    made = (scope.construct(encoder.name), dscope.construct(decoder.name))
    more_arguments = ", memory" if attention else ""
    step = "trg[:, t]" if first else "trg[t]"
    if whole:
        lines = ["memory, state = {e}(src)", "logits, _ = {d}(trg, state)"]
    else:
        lines = ["memory, state = {e}(src)", "outputs = []"]
        if c.flip():
            lines += [
                f"for t in range(trg.size({axis})):",
                f"    step, state = {{d}}({step}, state{more_arguments})",
                "    outputs.append(step)",
            ]
        else:
            lines += [
                f"token = {step.replace('t]', '0]')}",
                f"for t in range({target}):",
                f"    step, state = {{d}}(token, state{more_arguments})",
                "    outputs.append(step)",
                "    token = step.argmax(dim=-1)" if c.flip() else "    token = step.max(1)[1]",
            ]
        lines.append(f"logits = torch.stack(outputs, dim={axis})")
    modules, functions = [encoder, decoder], []
    if c.flip():
        body = [line.format(e="self.encoder", d="self.decoder") for line in lines]
        functions.append(
            "\n".join(
                [
                    "class Seq2Seq(nn.Module):",
                    "    def __init__(self, encoder, decoder):",
                    "        super().__init__()",
                    *c.pick(
                        ["        self.encoder = encoder", "        self.decoder = decoder"],
                        ["        self.encoder, self.decoder = encoder, decoder"],
                    ),
                    "",
                    "    def forward(self, src, trg):",
                    *("        " + line for line in body),
                    "        return logits",
                ]
            )
        )
        main += [f"model = Seq2Seq({made[0]}, {made[1]})", "logits = model(src, trg)"]
    else:
        main += [f"encoder = {made[0]}", f"decoder = {made[1]}"]
        main += [line.format(e="encoder", d="decoder") for line in lines]
    main += c.pick(
        [f"assert logits.shape == ({target_text}, {k})"],
        [f"loss = F.cross_entropy(logits.reshape(-1, {k}), trg.reshape(-1))", "loss.backward()"],
        ["loss = nn.CrossEntropyLoss()(logits.flatten(0, 1), trg.flatten())", "loss.backward()"],
    )
    return program(c, setting.preamble, modules, functions, setting.opening + main)


def latent_program(c: Choices) -> dict[str, str]:
    """A sequence autoencoder: the last state goes through a latent vector and becomes the decoder's state."""
    features, hidden, latent, batch, length = c.distinct(5, 2, 11)
    values: dict[str, Value] = {"features": features, "hidden": hidden, "latent": latent}
    if c.flip():
        values["layers"] = c.pick(1, 2)
    setting = Setting(c, values)
    scope = setting.scope(list(values))
    kind = c.pick("LSTM", "GRU")
    pair = kind == "LSTM"
    net = Module(c.pick("SeqVAE", "AutoEncoder", "VAE"), scope, "x")
    size, width, code = scope.init("features"), scope.init("hidden"), scope.init("latent")
    count = f", num_layers={scope.init('layers')}" if "layers" in values else ""
    rows = scope.late("layers") if "layers" in values else "1"
    net.init += [
        f"self.encoder = nn.{kind}({size}, {width}{count}, batch_first=True)",
        f"self.to_latent = nn.Linear({width}, {code})",
    ]
    vae = c.flip()
    if vae:
        net.init.append(f"self.to_logvar = nn.Linear({width}, {code})")
    up = c.pick("repeat", "rows", "steps")
    if up == "rows":
        init_rows = scope.init("layers") if "layers" in values else "1"
        net.init.append(f"self.up = nn.Linear({code}, {init_rows} * {width})")
    elif up == "repeat":
        net.init.append(f"self.up = nn.Linear({code}, {width})")
    entering = code if up == "steps" else size
    net.init += [
        f"self.decoder = nn.{kind}({entering}, {width}{count}, batch_first=True)",
        f"self.out = nn.Linear({width}, {size})",
    ]
    encode = ["def encode(self, x):", f"    _, {'(h, _)' if pair else 'h'} = self.encoder(x)"]
    encode.append(
        "    return self.to_latent(h[-1]), self.to_logvar(h[-1])" if vae else "    return self.to_latent(h[-1])"
    )
    late = scope.late("hidden")
    decode = ["def decode(self, z, x):"]
    if up == "repeat":
        decode.append(
            c.pick(
                f"    h = torch.tanh(self.up(z)).unsqueeze(0).repeat({rows}, 1, 1)",
                f"    h = self.up(z).unsqueeze(0).expand({rows}, -1, -1).contiguous()",
            )
        )
    elif up == "rows":
        decode.append(
            c.pick(
                f"    h = self.up(z).view(z.size(0), {rows}, {late}).transpose(0, 1).contiguous()",
                f"    h = self.up(z).reshape(-1, {rows}, {late}).permute(1, 0, 2).contiguous()",
                f"    h = torch.stack(self.up(z).chunk({rows}, dim=1))",
            )
        )
    if up == "steps":
        decode += [
            f"    steps = z.unsqueeze(1).{c.pick('repeat(1, x.size(1), 1)', 'expand(-1, x.size(1), -1)')}",
            "    y, _ = self.decoder(steps)",
        ]
    else:
        decode.append(f"    y, _ = self.decoder(x, {'(h, torch.zeros_like(h))' if pair else 'h'})")
    decode.append("    return self.out(y)")
    net.methods += [encode, decode]
    if vae:
        net.body += [
            "mu, logvar = self.encode(x)",
            "z = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)",
            "return self.decode(z, x), mu, logvar",
        ]
        main = [
            "recon, mu, logvar = model(x)",
            "kl = -0.5 * torch.mean(1 + logvar - mu.pow(2) - logvar.exp())",
            "loss = F.mse_loss(recon, x) + kl",
        ]
    else:
        net.body += ["z = self.encode(x)", "return self.decode(z, x)"]
        main = [
            "recon = model(x)",
            c.pick("loss = F.mse_loss(recon, x)", "loss = ((recon - x) ** 2).sum(dim=(1, 2)).mean()"),
        ]
    main = [
        f"model = {scope.construct(net.name)}",
        f"x = torch.randn({batch}, {length}, {setting.main('features')})",
        *main,
        "loss.backward()",
    ]
    return program(c, setting.preamble, [net], [], setting.opening + main)
