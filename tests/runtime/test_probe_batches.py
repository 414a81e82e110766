"""What the probe makes of batches and results of every kind: a verdict where it can compare, else a reason."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")
nn = torch.nn

from torch.utils.data import DataLoader, IterableDataset, TensorDataset  # noqa: E402

import lstmcheck  # noqa: E402

Pair = namedtuple("Pair", "x mask")


@dataclass
class Batch:
    x: Any
    name: str = "batch"


class Plain:
    def __init__(self, x: Any) -> None:
        self.x = x


class Slotted:
    __slots__ = ("made",)

    def __init__(self, made: Any) -> None:
        self.made = made


class Net(nn.Module):
    """A right model whose batch is read by one function and whose result is wrapped by another."""

    def __init__(self, read: Callable[[Any], Any], give: Callable[[Any], Any], ids: bool) -> None:
        super().__init__()
        self.embed = nn.Embedding(9, 3) if ids else nn.Identity()
        self.rnn = nn.LSTM(3, 4, batch_first=True)
        self.read, self.give = read, give

    def identity(self, value: Any) -> Any:
        return value

    def forward(self, batch: Any) -> Any:
        return self.give(self.rnn(self.embed(self.read(batch)))[0][:, -1])


def same(value: Any) -> Any:
    return value


def of(read: Callable[[Any], Any] = same, give: Callable[[Any], Any] = same, ids: bool = False) -> Any:
    return Net(read, give, ids)


def deep(value: Any, depth: int) -> Any:
    return [deep(value, depth - 1)] if depth else value


class Endless(IterableDataset):  # type: ignore[misc]
    def __iter__(self) -> Iterator[Any]:
        while True:
            yield torch.randn(6, 3)


def holding(net: Any) -> Any:
    net.read = net.bound = net.identity
    net.slotted = Slotted.__new__(Slotted)
    return net


def refuses(value: Any) -> Any:
    if not torch.equal(value, FIXED):
        raise RuntimeError("only this one")
    return value


def chosen(value: Any) -> Any:
    return value[: int(value.abs().sum() * 1_000) % 5 + 1]


_DRAW = torch.Generator().manual_seed(0)
FIXED = torch.randn(5, 6, 3, generator=_DRAW)
X = torch.randn(5, 6, 3, generator=_DRAW)
IDS = torch.randint(1, 9, (5, 6), generator=_DRAW)
LINE = TensorDataset(X)

# A model, its batch, options, the verdict, and how its reason begins where that is "unknown".
CASES: dict[str, tuple[Callable[[], Any], Any, dict[str, Any], str]] = {
    "a tensor": (of, X, {}, "ok"),
    "the axis is told": (of, X, {"batch_dim": 0}, "ok"),
    "an axis from the right": (of, X, {"batch_dim": -3}, "ok"),
    "an axis that is not there": (of, X, {"batch_dim": 7}, "unknown"),
    "a size that is not there": (of, X, {"batch_size": 11}, "ok"),
    "the size is told": (of, X, {"batch_size": 5}, "ok"),
    "one sample": (of, X[:1], {}, "unknown"),
    "a dictionary": (lambda: of(lambda batch: batch["x"]), {"x": X, "n": 3}, {}, "ok"),
    "a named tuple": (lambda: of(lambda batch: batch.x), Pair(X, torch.ones(5, 6) > 0), {}, "ok"),
    "a dataclass": (lambda: of(lambda batch: batch.x), Batch(X), {}, "ok"),
    "an object": (lambda: of(lambda batch: batch.x), Plain(X), {}, "ok"),
    "an object with slots": (lambda: of(lambda batch: batch.made), Slotted(X), {}, "unknown"),
    "an array": (lambda: of(lambda batch: torch.as_tensor(batch)), X.numpy(), {}, "ok"),
    "ragged sequences": (
        lambda: of(lambda batch: nn.utils.rnn.pad_sequence(batch, batch_first=True)),
        [torch.randn(n, 3) for n in (4, 6, 5)],
        {},
        "ok",
    ),
    "beside a sparse tensor": (lambda: of(lambda batch: batch[0]), (X, torch.eye(5).to_sparse()), {}, "ok"),
    "beside what lies far below": (lambda: of(lambda batch: batch[0]), (X, deep(X, 9)), {}, "ok"),
    "beside an empty tensor": (lambda: of(lambda batch: batch[0]), (X, torch.zeros(5, 0, 3)), {}, "ok"),
    "ragged ids": (
        lambda: of(lambda batch: nn.utils.rnn.pad_sequence(batch, batch_first=True), ids=True),
        [torch.randint(1, 9, (n,), generator=_DRAW) for n in (4, 6, 5)],
        {},
        "ok",
    ),
    "no tensor": (lambda: of(lambda batch: X), "text", {}, "unknown"),
    "a loader": (of, DataLoader(LINE, batch_size=5), {}, "ok"),
    "a loader that draws": (of, DataLoader(LINE, batch_size=5, shuffle=True), {}, "ok"),
    "an endless loader": (of, DataLoader(Endless(), batch_size=5), {}, "ok"),
    "an empty loader": (of, DataLoader(TensorDataset(X[:0]), batch_size=5), {}, "unknown"),
    "a loader whose batches are of another size": (
        of,
        DataLoader(LINE, batch_size=5, collate_fn=lambda rows: torch.cat([rows[0][0][None]] * 4)),
        {},
        "ok",
    ),
    "ids": (lambda: of(ids=True), IDS, {}, "ok"),
    "ids of one value": (lambda: of(ids=True), torch.ones(5, 6, dtype=torch.long), {}, "unknown"),
    "padding only": (lambda: of(ids=True), torch.zeros(5, 6, dtype=torch.long), {}, "unknown"),
    "zeros": (of, torch.zeros(5, 6, 3), {}, "ok"),
    "complex numbers": (lambda: of(lambda batch: batch.real), torch.randn(5, 6, 3, dtype=torch.cfloat), {}, "ok"),
    "weights that are nowhere": (lambda: of().to("meta"), X, {}, "unknown"),
    "a result in a dictionary": (lambda: of(give=lambda y: {"y": y, "n": "x"}), X, {}, "ok"),
    "a result in a named tuple": (lambda: of(give=lambda y: Pair(y, None)), X, {}, "ok"),
    "a result in a dataclass": (lambda: of(give=Batch), X, {}, "ok"),
    "a result in an object": (lambda: of(give=Plain), X, {}, "unknown"),
    "a packed result": (
        lambda: of(give=lambda y: nn.utils.rnn.pack_padded_sequence(y[:, None], torch.ones(5), batch_first=True)),
        X,
        {},
        "ok",
    ),
    "a sparse result": (lambda: of(give=lambda y: y.to_sparse()), X, {}, "unknown"),
    "a result far below": (lambda: of(give=lambda y: deep(y, 12)), X, {}, "unknown"),
    "no result": (lambda: of(give=lambda y: None), X, {}, "unknown"),
    "one number": (lambda: of(give=lambda y: y.sum()), X, {}, "ok"),
    "a result whose size depends on the data": (lambda: of(give=chosen), X, {}, "unknown"),
    "a model that takes one batch only": (lambda: of(read=refuses), FIXED, {}, "unknown"),
    "a model that holds a method of its own and an unset slot": (lambda: holding(of()), X, {}, "ok"),
    "a model that is wrapped": (lambda: nn.DataParallel(of()), X, {}, "ok"),
    "no recurrent layer": (lambda: nn.Linear(3, 2), X, {}, "ok"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("make", "batch", "options", "verdict"), CASES.values(), ids=list(CASES))
def test_a_batch(make: Callable[[], Any], batch: Any, options: dict[str, Any], verdict: str) -> None:
    torch.manual_seed(0)
    result = lstmcheck.probe(make(), batch, **options)
    assert result.verdict == verdict, str(result)
    result.assert_ok()
    assert str(result).startswith(f"{verdict}: {result.reason}")
