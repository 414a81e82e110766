"""einops' patterns: shapes and complaints are those of einops itself."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from ops_bench import N, Reading, T, observe, resolve, run_op, symbolic, to_torch

from lstmcheck.dims import substitute
from lstmcheck.infer.values import Unknown

pytest.importorskip("einops")

CASES: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("rearrange", (T((2, 3, 4)), "b t d -> t b d"), {}),
    ("rearrange", (T((2, 3, 4)), "b t d -> (b t) d"), {}),
    ("rearrange", (T((6, 4)), "(b t) d -> b t d"), {"b": N(2)}),
    ("rearrange", (T((6, 4)), "(b t) (h d) -> t b d h"), {"t": N(3), "h": N(2)}),
    ("rearrange", (T((2, 3, 1, 4)), "b t 1 d -> b t d"), {}),
    ("rearrange", (T((2, 3)), "b t -> b () t 1"), {}),
    ("rearrange", (T((2, 3, 4, 5)), "b ... d -> d ... b"), {}),
    ("rearrange", (T((2, 3, 4, 5)), "b ... d -> b (... d)"), {}),
    ("rearrange", (T((2, 3, 4)), "... (h d) -> ... h d"), {"h": N(2)}),
    ("rearrange", (T((2, 3, 4)), "b t -> t b"), {}),
    ("rearrange", (T((2, 3, 4)), "b t (h d) -> b h t d"), {"h": N(3)}),
    ("rearrange", (T((2, 3, 4)), "b t d -> t b d"), {"t": N(5)}),
    ("rearrange", (T((2, 3, 4)), "b 1 d -> b d"), {}),
    ("rearrange", (T((2, 3, 4)), "b t (h d) -> b t h d"), {"h": N(3), "d": N(2)}),
    ("repeat", (T((1, 1, 5)), "rows 1 d -> rows b d"), {"b": N(4)}),
    ("repeat", (T((3, 4)), "b d -> b 7 d"), {}),
    ("repeat", (T((3, 4)), "b d -> (b k) d"), {"k": N(2)}),
    ("repeat", (T((3, 4, 5)), "b d -> b k d"), {"k": N(2)}),
    ("reduce", (T((2, 3, 4)), "b t d -> b d", "mean"), {}),
    ("reduce", (T((2, 3, 4)), "b t d -> b 1 d", "max"), {}),
    ("reduce", (T((2, 6, 4)), "b (t k) d -> b t d", "sum"), {"k": N(2)}),
    ("reduce", (T((2, 6)), "b t d -> b d", "sum"), {}),
    ("einsum", (T((2, 3, 4)), T((2, 5, 4)), "b one d, b two d -> b one two"), {}),
    ("einsum", (T((2, 3, 4)), T((4, 5)), "batch step wide, wide out -> batch step out"), {}),
]


@pytest.mark.parametrize("symbols", [False, True], ids=["numbers", "symbols"])
@pytest.mark.parametrize(("name", "args", "lengths"), CASES)
def test_like_einops(name: str, args: tuple[Any, ...], lengths: dict[str, Any], symbols: bool) -> None:
    sizes = {size for value in args if isinstance(value, T) for size in value.shape if size > 1}
    reading = symbolic(sizes) if symbols else Reading()
    function = resolve(f"einops.{name}")
    assert function is not None
    real = observe(lambda: function(*map(to_torch, args), **{key: to_torch(value) for key, value in lengths.items()}))
    made, m = run_op(f"einops.{name}", list(args), lengths, reading)
    if real.error is None:
        assert not m.unmet
        sizes_found = [
            size if isinstance(size, int) else substitute(size, reading.values()) for size in made.shape.left
        ]
        assert sizes_found == list(real.value.shape)
    elif not symbols:
        (need,) = m.unmet
        assert type(real.error).__name__ == need.raises.type
        assert str(real.error).startswith(need.raises.text) or name == "reduce"


# einops raises for most of these; where sizes are left open, or the pattern is not read, nothing is said
UNTOLD: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("rearrange", (T((2, 3)), "b t -> {t b}"), {}),
    ("rearrange", (T((2, 3)), "((b t)) d -> b t d"), {}),
    ("rearrange", (T((2, 3)), "b) t -> t b"), {}),
    ("rearrange", (T((2, 3)), "(b t -> t b"), {}),
    ("rearrange", (T((2, 3)), "b t"), {}),
    ("rearrange", (T((2, 3)), "... t ... -> t"), {}),
    ("rearrange", (T((2, 3)), "b t -> ... b t"), {}),
    ("rearrange", (T((2,)), "b t ... -> t ... b"), {}),
    ("rearrange", (T((6, 3)), "(b t) d -> b t d"), {}),
    ("rearrange", (T((6, 3)), "(b t) d -> b t d"), {"b": "two"}),
    ("rearrange", (T((6, 3)), "(b t) d -> b t d"), {"b": N(0)}),
    ("rearrange", (T((2, 3)), "b t -> b t k"), {}),
    ("rearrange", (T((2, 3)), 5), {}),
    ("einsum", (T((2, 3)), T((3, 4)), "(a b) c, c d -> a d"), {}),
    ("einsum", (T((1,) * 27), " ".join(f"a{i}" for i in range(27)) + " -> a0"), {}),
    ("einsum", ("a b -> b a",), {}),
]


@pytest.mark.parametrize(("name", "args", "lengths"), UNTOLD)
def test_of_these_nothing_is_said(name: str, args: tuple[Any, ...], lengths: dict[str, Any]) -> None:
    made, m = run_op(f"einops.{name}", list(args), lengths, Reading())
    assert isinstance(made, Unknown)
    assert not m.unmet
