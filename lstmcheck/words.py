"""What names say: the few words that people use for a hidden state, a cell state, a size of the data."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from itertools import pairwise

_HIDDEN = frozenset({"h", "hn", "ht", "hx", "h0", "hid", "hidden", "hiddens", "hstate"})
_CELL = frozenset({"c", "cn", "ct", "cx", "c0", "cell", "cells", "cstate"})
_STATE = frozenset({"state", "states", "rnnstate", "hidden_state", "hc"})
_FORGET = frozenset({"forget", "fgate", "remember"})
_LAYERS = frozenset(
    {"levels", "level", "blocks", "block", "deep", "cells", "lstms", "grus", "rnns", "rnn", "lstm", "gru"}
)
_NOISE = frozenset({"noise", "z", "zs", "eps", "epsilon", "latent", "latents", "prior", "sample", "samples"})

# whole names, as people write them
_LENGTH = frozenset(
    {
        *("seq_len", "seq_length", "sequence_length", "sequence_len", "seqlen", "seq_size", "max_len", "maxlen"),
        *("max_length", "max_seq_len", "max_seq_length", "max_sequence_length", "n_timesteps", "num_timesteps"),
        *("time_steps", "timesteps", "n_time_steps", "num_time_steps", "window", "window_size", "window_len"),
        *(
            "window_length",
            "lookback",
            "look_back",
            "sentence_length",
            "sent_len",
            "input_length",
            "src_len",
            "tgt_len",
        ),
    }
)
_BATCH = frozenset(
    {
        "batch",
        "batch_size",
        "batchsize",
        "bs",
        "bsz",
        "n_batch",
        "minibatch_size",
        "train_batch_size",
        "n_envs",
        "num_envs",
    }
)
_VOCABULARY = frozenset(
    {
        *("vocab", "vocab_size", "vocabulary_size", "n_vocab", "num_vocab", "vocab_len", "ntoken"),
        *("num_embeddings", "vocab_dim"),
    }
)
# of a vocabulary or of a sentence
_COUNT = frozenset({"n_tokens", "num_tokens", "n_words", "num_words"})
_DATA_SIZES = (
    ("a sequence length", _LENGTH),
    ("a batch size", _BATCH),
    ("a vocabulary's size", _VOCABULARY),
    ("a number of words", _COUNT),
)


@lru_cache(maxsize=4096)
def words(name: str) -> frozenset[str]:
    """The words of a name, in lower case: `dec_hidden`, `decHidden2` and `h_n` are dec/hidden, dec/hidden, h/n/hn."""
    parts = [part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]
    joined = {a + b for a, b in pairwise(parts) if len(a) == 1 and len(b) == 1}
    return frozenset(parts) | joined


def is_hidden(name: str) -> bool:
    """Whether a name says "hidden state" and nothing of a cell."""
    said = words(name)
    return bool(said & _HIDDEN) and not said & _CELL


def is_cell(name: str) -> bool:
    """Whether a name says "cell state" and nothing of a hidden state."""
    said = words(name)
    return bool(said & _CELL) and not said & _HIDDEN


def is_state(name: str) -> bool:
    """Whether a name says that it is a recurrent state of any kind."""
    return bool(words(name) & (_HIDDEN | _CELL | _STATE))


def is_noise(name: str) -> bool:
    """Whether a name says that what it holds is meant to be random."""
    return bool(words(name) & _NOISE)


def says_forget(text: str) -> bool:
    """Whether a piece of source speaks of the forget gate."""
    return bool(words(text) & _FORGET)


# what a program calls the number of layers, in full
_LAYER_COUNTS = frozenset(
    {"layers", "num_layers", "num_layer", "n_layers", "n_layer", "nlayers", "number_of_layers", "nb_layers"}
)


def counts_layers(name: str) -> bool:
    """Whether a name says that it is a number of layers: `num_layers`, `nlayers`."""
    return name.lower() in _LAYER_COUNTS


def says_layers(name: str) -> bool:
    """Whether a name says, or may well say, that it counts layers: `depth`, `n_blocks`, `n`."""
    said = words(name)
    return len(name) < 3 or bool(said & _LAYERS) or any(word in name.lower() for word in ("layer", "depth", "stack"))


def says_lengths(name: str) -> bool:
    """Whether a name says that it holds the lengths of several sequences."""
    return bool(words(name) & {"len", "lens", "lengths", "length"})


def data_size(name: str) -> str | None:
    """Which size of the data a name means, in words; None where it means none."""
    lowered = name.lower()
    return next((text for text, names in _DATA_SIZES if lowered in names), None)


_OPTIONS = {
    "batch_first": "batch_first",
    "bidirectional": "bidirectional",
    "bidir": "bidirectional",
    "dropout": "dropout",
    "dropout_rate": "dropout",
    "dropout_p": "dropout",
    "num_layers": "num_layers",
    "n_layers": "num_layers",
    "nlayers": "num_layers",
    "hidden_size": "hidden_size",
    "hidden_dim": "hidden_size",
    "hidden": "hidden_size",
    "n_hidden": "hidden_size",
    "hidden_units": "hidden_size",
    "input_size": "input_size",
    "bias": "bias",
}


def option(name: str) -> str | None:
    """The constructor parameter of a recurrent layer that a name says; None where it says none."""
    return _OPTIONS.get(name.lower())


# which sizes of the data are never meant for which parameter of a recurrent layer
NEVER = {
    "num_layers": (
        *("a sequence length", "a batch size", "a vocabulary's size", "a number of words"),
        *("hidden_size", "input_size", "bias", "batch_first", "dropout", "bidirectional"),
    ),
    "hidden_size": ("a batch size", "num_layers", "dropout", "bidirectional", "batch_first"),
    "input_size": ("a batch size", "num_layers", "dropout", "bidirectional", "batch_first"),
    "bias": ("batch_first", "dropout", "bidirectional", "num_layers", "hidden_size"),
    "batch_first": ("dropout", "bidirectional", "bias", "num_layers"),
    "dropout": ("bidirectional", "batch_first", "num_layers", "bias"),
    "bidirectional": ("batch_first", "dropout", "num_layers", "bias"),
}


def misplaced(name: str, parameter: str) -> str | None:
    """What a name means, where that is never meant for a parameter of a recurrent layer; None where it may be."""
    size = option(name) if option(name) != parameter else None
    size = size or data_size(name)
    return size if size in NEVER.get(parameter, ()) else None


def last_name(node: ast.AST | None) -> str:
    """The name that an expression ends in: `h`, `self.h`, `args.h`, `cfg["h"]`; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return node.slice.value
    return ""


# what runs beside each other and is as good as a batch
_PARALLEL = frozenset({"n_envs", "num_envs", "n_agents", "num_agents"})
_BATCH_AXIS = (
    _BATCH
    | _PARALLEL
    | {"b", "n", "nbatch", "batches", "num_samples", "n_samples", "nsamples", "n_sequences", "n_seqs"}
)
_TIME_AXIS = _LENGTH | {
    *("t", "l", "s", "length", "len", "steps", "n_steps", "num_steps", "nsteps", "time", "seq", "sequence", "slen"),
    *("text_len", "trg_len", "question_len", "utterance_length", "time_step"),
    *("num_frames", "n_frames", "frames", "ticks", "horizon", "src_length", "tgt_length", "hist_len", "t_len"),
}


def axis_kind(name: str) -> tuple[str, bool] | None:
    """Which axis a size's name means, "batch" or "time", and whether the name says so by itself; None for others."""
    lowered = name.lower()
    if lowered in _BATCH_AXIS:
        return "batch", lowered in _BATCH or lowered in _PARALLEL
    if lowered in _TIME_AXIS:
        return "time", lowered in _LENGTH
    return None
