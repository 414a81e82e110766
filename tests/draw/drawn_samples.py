"""Pictures of every form, for all renderers."""

from __future__ import annotations

from lstmcheck.draw import Consumer, Link, Mistake, Picture, Place, layer


def place(line: int, text: str = "") -> Place:
    return Place("tagger.py", line, text)


SHAPES = {
    "input": (8, 20, 32),
    "h_0": (4, 8, 64),
    "c_0": (4, 8, 64),
    "output": (8, 20, 128),
    "h_n": (4, 8, 64),
    "c_n": (4, 8, 64),
}

plain = layer(
    "LSTM",
    input_size=32,
    hidden_size=64,
    num_layers=2,
    bidirectional=True,
    batch_first=True,
    name="self.lstm",
    text="nn.LSTM(emb, hidden, num_layers=2, bidirectional=True, batch_first=True)",
    shapes=SHAPES,
    expressions={"input": "x", "output": "out", "h_0": "h0", "c_0": "c0", "h_n": "hn", "c_n": "cn"},
    given=("h_0", "c_0"),
    place=place(12, "self.lstm = nn.LSTM(emb, hidden, num_layers=2, bidirectional=True, batch_first=True)"),
    consumers=[Consumer("self.head", "Linear(128, 5)", "output", "out[:, -1]", place(20, "y = self.head(out[:, -1])"))],
)
mistake = layer(
    "LSTM",
    input_size=32,
    hidden_size=64,
    num_layers=2,
    bidirectional=True,
    batch_first=True,
    name="self.lstm",
    text="nn.LSTM(emb, hidden, num_layers=layers, bidirectional=True, batch_first=True)",
    shapes={**SHAPES, "h_0": (2, 8, 64), "c_0": (2, 8, 64)},
    expressions={"input": "x", "output": "out", "h_0": "h0", "c_0": "c0"},
    given=("h_0", "c_0"),
    place=place(12),
    mistakes=[
        Mistake(
            "LSTM201",
            "state-layers",
            "h_0 has 2 layer rows, this bidirectional LSTM needs 4 (num_layers * num_directions)",
            "h_0",
            0,
            "L*D = 4",
            "2",
            place(17, "    h0 = torch.zeros(self.layers, x.size(0), self.hidden)"),
        )
    ],
    consumers=[Consumer("self.head", "Linear(128, 5)", "output", "", place(20))],
)
named = layer("GRU", input_size=10, hidden_size=30, text="nn.GRU(10, 30)", shapes={"input": ("T", "B", 10)})
deep = layer(
    "LSTM",
    input_size=300,
    hidden_size=512,
    num_layers=12,
    bidirectional=True,
    proj_size=128,
    name="encoder",
    text="nn.LSTM(300, 512, num_layers=12, bidirectional=True, proj_size=128)",
    packed=True,
    shapes={"input": (50, 16, 300), "output": (50, 16, 256), "h_n": (24, 16, 128), "c_n": (24, 16, 512)},
    notes=["dropout 0.5 between layers"],
)
symbolic = layer(
    "LSTM",
    input_size="embedding_dimension",
    hidden_size="config.hidden_dim // 2",
    num_layers="config.encoder_layers",
    bidirectional="bidirectional",
    batch_first="batch_first",
    name="self.sentence_encoder_recurrent",
    text="nn.LSTM(embedding_dimension, config.hidden_dim // 2, num_layers=config.encoder_layers, dropout=0.1)",
    shapes={"input": ("batch", "number_of_steps", "embedding_dimension"), "output": None},
    expressions={"input": "self.dropout(self.embedding(tokens))", "output": "sequence_outputs"},
    consumers=[
        Consumer("self.classification_head", "Linear(config.hidden_dim, classes)", "output", "outputs[:, -1, :]"),
        Consumer("self.attention", "MultiheadAttention", "output"),
        Consumer("self.norm", "LayerNorm", "output"),
        Consumer("self.second", "Linear", "output"),
        Consumer("return", "", "h_n", "h"),
    ],
)
cell = layer(
    "LSTMCell",
    input_size=10,
    hidden_size=20,
    name="cell",
    text="nn.LSTMCell(10, 20)",
    shapes={"input": (3, 10), "h_0": (3, 20), "c_0": (3, 20), "h_1": (3, 20), "c_1": (3, 20)},
    given=("h_0", "c_0"),
    expressions={"input": "x[t]", "h_0": "h", "c_0": "c"},
)
unbatched = layer(
    "RNN",
    input_size=4,
    hidden_size=6,
    num_layers=3,
    text="nn.RNN(4, 6, num_layers=3)",
    batched=False,
    shapes={"input": (11, 4), "h_0": (3, 6), "output": (11, 6), "h_n": (3, 6)},
    consumers=[Consumer("head", "Linear(20, 5)", "output", "out")],
    mistakes=[Mistake("LSTM301", "following-features", "`head` takes 20 features, the RNN gives 6", "head", got="6")],
)
broken = layer(
    "LSTM",
    input_size=4,
    hidden_size=6,
    text="nn.LSTM(4, 6, dropout=0.5)",
    shapes={"input": (11, 4, 3, 3)},
    mistakes=[
        Mistake(
            "LSTM222", "input-rank", "the input has 4 axes", "input", None, "2 or 3 axes", "4", place(9, "lstm(x)")
        ),
        Mistake("LSTM108", "dropout-one-layer", "dropout of one layer drops nothing", "layer", place=place(3, "x = 1")),
    ],
)
encoder = layer(
    "GRU",
    input_size=32,
    hidden_size=64,
    name="self.encoder",
    text="nn.GRU(32, 64, batch_first=True)",
    batch_first=True,
    shapes={"input": (8, 20, 32), "h_0": (1, 8, 64), "output": (8, 20, 64), "h_n": (1, 8, 64)},
    consumers=[Consumer("self.decoder", "GRU, as h_0", "h_n", "state")],
)
decoder = layer(
    "GRU",
    input_size=32,
    hidden_size=64,
    name="self.decoder",
    text="nn.GRU(32, 64, batch_first=True)",
    batch_first=True,
    shapes={"input": (8, 15, 32), "h_0": (1, 8, 64), "output": (8, 15, 64), "h_n": (1, 8, 64)},
    given=("h_0",),
    expressions={"h_0": "state"},
)
HOSTILE = "</title><script>alert(1)</script> &amp; \"'`]]>\x1b[31m\x00\x07\u202e\ud800\n#quot; %% ]:::y"
hostile = layer(
    "LSTM",
    input_size=HOSTILE,
    hidden_size=HOSTILE,
    num_layers=HOSTILE,
    bidirectional=HOSTILE,
    name=HOSTILE,
    text=HOSTILE,
    shapes={"input": (HOSTILE, HOSTILE, HOSTILE), "h_0": (HOSTILE,)},
    expressions=dict.fromkeys(("input", "h_0", "c_0", "output", "h_n", "c_n"), HOSTILE),
    given=("h_0", "c_0"),
    notes=[HOSTILE],
    place=Place(HOSTILE, 3, HOSTILE),
    consumers=[Consumer(HOSTILE, HOSTILE, "output", HOSTILE, Place(HOSTILE, 4, HOSTILE))],
    mistakes=[Mistake("LSTM201", HOSTILE, HOSTILE, "h_0", 0, HOSTILE, HOSTILE, Place(HOSTILE, 5, HOSTILE))],
)

PICTURES = {
    "plain": Picture((plain,)),
    "mistake": Picture((mistake,)),
    "named": Picture((named,)),
    "deep": Picture((deep,)),
    "symbolic": Picture((symbolic,)),
    "cell": Picture((cell,)),
    "unbatched": Picture((unbatched,)),
    "broken": Picture((broken,)),
    "chained": Picture((encoder, decoder), (Link(0, "h_n", 1, "h_0", "state"),)),
    "hostile": Picture((hostile,)),
}
