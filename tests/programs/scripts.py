"""Scripts without a class: layers, states and data at module level or in a function."""

from __future__ import annotations

from programs.choices import Choices
from programs.module import program


def script_program(c: Choices) -> dict[str, str]:
    features, hidden, classes, batch, length = c.distinct(5, 2, 11)
    kind = c.pick("LSTM", "GRU", "RNN")
    pair = kind == "LSTM"
    layers, both, first = c.pick(1, 2, 3), c.flip(), c.flip()
    proj = c.number(1, hidden - 1) if pair and hidden > 2 and c.rarely(5) else 0
    n = {"N": str(batch), "T": str(length), "F": str(features), "H": str(hidden), "K": str(classes), "L": str(layers)}
    main: list[str] = []
    if c.flip():
        names = {"N": "batch", "T": "seq_len", "F": "n_in", "H": "n_hidden", "K": "n_out", "L": "n_layers"}
        main.append(f"{', '.join(names.values())} = {', '.join(n.values())}")
        n = names
    ways = " * 2" if both else ""
    options = [f"num_layers={n['L']}"] if layers > 1 or c.flip() else []
    options += ["batch_first=True"] if first else []
    options += ["bidirectional=True"] if both else []
    options += [f"proj_size={proj}"] if proj else []
    main.append(f"rnn = nn.{kind}({', '.join([n['F'], n['H'], *options])})")
    width = str(proj) if proj else n["H"]
    axes = f"{n['N']}, {n['T']}" if first else f"{n['T']}, {n['N']}"
    if c.rarely(6):
        axes = n["T"]  # one sequence, without a batch
    alone = axes == n["T"]
    main.append(
        c.pick(
            f"x = torch.randn({axes}, {n['F']})",
            f"x = torch.zeros(({axes}, {n['F']}))",
            f"x = torch.arange({features * length * (1 if alone else batch)}.0).view({axes}, {n['F']})",
        )
    )
    rows = f"{n['L']}{ways}"
    inner = "" if alone else f"{n['N']}, "
    start = c.pick("", "given", "stacked")
    if start and pair:
        main += [f"h0 = torch.zeros({rows}, {inner}{width})", f"c0 = torch.zeros({rows}, {inner}{n['H']})"]
        hx = ", (h0, c0)"
    elif start:
        main.append(f"h0 = torch.{c.pick('zeros', 'ones')}({rows}, {inner}{n['H']})")
        hx = ", h0"
    else:
        hx = ""
    state = "(h_n, c_n)" if pair else "h_n"
    main.append(f"out, {state} = rnn(x{hx})")
    out_axes = f"{axes}, {width}{ways}"
    checks = [
        [f"assert out.shape == ({out_axes})"],
        [f"assert h_n.shape == ({rows}, {inner}{width})"],
        [
            f"head = nn.Linear({width}{ways}, {n['K']})",
            "y = head(out)",
            f"assert y.size(-1) == {n['K']}",
            "y.sum().backward()",
        ],
        ["again, _ = rnn(x, " + state + ")", "print((out - again).abs().max())"],
        [
            f"second = nn.GRU({width}{ways}, 3{', batch_first=True' if first else ''})",
            "z, last = second(out)",
            "print(z.shape, last[-1].shape)",
        ],
    ]
    if not alone:
        checks += [
            [
                f"halves = out.view({axes}, {'2' if both else '1'}, {width})",
                "print(halves[..., 0, :].shape)",
                f"print(h_n.view({n['L']}, {'2' if both else '1'}, {n['N']}, {width})[-1].shape)",
            ],
            [
                f"frozen = torch.randint(0, {n['K']}, ({axes}))",
                f"scores = nn.Linear({width}{ways}, {n['K']})(out.detach())",
                f"loss = F.cross_entropy(scores.reshape(-1, {n['K']}), frozen.reshape(-1))",
                "loss.backward()",
            ],
        ]
        lengths = sorted((max(1, length - i) for i in range(batch)), reverse=True)
        flag = ", batch_first=True" if first else ""
        checks.append(
            [
                f"packed = pack_padded_sequence(x, torch.tensor({lengths}){flag})",
                f"y, {state} = rnn(packed)",
                f"y, lens = pad_packed_sequence(y{flag})",
                f"assert y.shape == ({out_axes})",
            ]
        )
        if not both and not proj:
            last = "out[:, -1]" if first else "out[-1]"
            checks.append([f"print(torch.allclose({last}, h_n[-1]))"])
            checks.append(
                [
                    f"cell = nn.{kind}Cell({n['F']}, {n['H']})",
                    *(["hx, cx = h_n[-1], c_n[-1]"] if pair else ["hx = h_n[-1]"]),
                    f"for step in x{'.transpose(0, 1)' if first else ''}:",
                    "    hx, cx = cell(step, (hx, cx))" if pair else "    hx = cell(step, hx)",
                ]
            )
    for _ in range(c.number(1, 3)):
        main += checks.pop(c.number(0, len(checks) - 1))
    return program(c, [], [], [], main)
