"""Calls that a trace has seen before, and what was taken out of a trace: right once is not right for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")
nn = torch.nn
from torch.nn.utils import rnn as utils  # noqa: E402

import lstmcheck  # noqa: E402
from lstmcheck.runtime import trace  # noqa: E402

X = torch.randn(5, 3, 4)
CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "by position": lambda layer, state: layer(X, state),
    "by name": lambda layer, state: layer(X, hx=state),
    "both by name": lambda layer, state: layer(input=X, hx=state),
    "packed": lambda layer, state: layer(utils.pack_padded_sequence(X, [5, 4, 2]), state),
    "packed, by name": lambda layer, state: layer(input=utils.pack_padded_sequence(X, [5, 4, 2]), hx=state),
}


class Own(nn.LSTM):
    """A layer with a `__call__` of its own."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return super().__call__(*args, **kwargs)


def _sum(out: Any) -> Any:
    return (out.data if isinstance(out, utils.PackedSequence) else out).sum()


@pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))
@pytest.mark.parametrize("make", [nn.LSTM, Own])
def test_a_state_of_before_a_backward_pass(make: Any, call: Callable[[Any, Any], Any]) -> None:
    """However it is given, a state that still hangs on an earlier batch is told where torch stops."""
    with lstmcheck.trace() as report:
        layer, state = make(4, 6), None
        for _ in range(2):
            call(layer, None)
        out, state = call(layer, state)
        _sum(out).backward()
        out, state = call(layer, state)
        with pytest.raises(RuntimeError, match="second time"):
            _sum(out).backward()
    assert [finding.code for finding in report.findings if finding.severity == "error"] == ["LSTM504"]


@pytest.mark.parametrize("call", [lambda layer: layer(X), lambda layer: layer(input=X), lambda layer: layer(X, None)])
@pytest.mark.parametrize("make", [nn.LSTM, Own, nn.GRU])
def test_a_layer_that_is_another_one_later(make: Any, call: Callable[[Any], Any]) -> None:
    with lstmcheck.trace() as report:
        layer = make(4, 6)
        for _ in range(3):
            call(layer)
        layer.double()
        with pytest.raises(ValueError, match="dtype"):
            call(layer)
    assert [finding.code for finding in report.findings if finding.severity == "error"] == ["LSTM224"]


def test_more_kinds_of_calls_than_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "_MAX_SEEN", 3)
    with lstmcheck.trace() as report:
        layer = nn.LSTM(4, 6)
        for length in (1, 2, 3, 4, 5, 1, 2, 3):
            layer(X[:length])[0].sum().backward()
        with pytest.raises(RuntimeError):
            layer(X[..., :3])
    assert [finding.code for finding in report.findings if finding.severity == "error"] == ["LSTM223"]


def test_what_was_taken_within_a_trace_works_after_it() -> None:
    with lstmcheck.trace() as report:
        script = torch.jit.script
        pack, pad = utils.pack_padded_sequence, utils.pad_packed_sequence
        build, call = nn.LSTM.__init__, nn.LSTM.__call__
        own = Own.__call__
    layer = nn.LSTM.__new__(nn.LSTM)
    build(layer, 4, 6)
    packed = pack(X, [5, 4, 2])
    padded, lengths = pad(call(layer, packed)[0])
    assert padded.shape == (5, 3, 6)
    assert lengths.tolist() == [5, 4, 2]
    assert own(Own(4, 6), X)[0].shape == (5, 3, 6)
    assert script(nn.Linear(4, 6))(X).shape == (5, 3, 6)
    assert not report.findings


def _by_halves(self: Any, x: Any) -> Any:
    """What somebody may have put in the place of a class's call: large batches by halves, one after the other."""
    if x.shape[1] > 1:
        parts = [self(part)[0] for part in x.split(1, dim=1)]
        return torch.cat(parts, 1), None
    return nn.Module.__call__(self, x)


def test_a_call_of_a_class_that_was_replaced_and_calls_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nn.GRU, "__call__", _by_halves)
    layer = nn.GRU(4, 6)
    bare = layer(X)[0]
    with lstmcheck.trace() as report:
        call = nn.GRU.__call__
        assert torch.equal(layer(X)[0], bare)
        with pytest.raises(RuntimeError):
            layer(torch.zeros(5, 1, 3))
    assert torch.equal(call(layer, X)[0], bare)
    assert [finding.code for finding in report.findings if finding.severity == "error"] == ["LSTM223"]


class Free(nn.LSTM):
    """A layer whose own forward takes anything as a state, and gives torch what it takes."""

    def forward(self, x: Any, hx: Any = None) -> Any:
        given = hx if isinstance(hx, tuple) and all(isinstance(part, torch.Tensor) for part in hx) else None
        x = x.tensor if isinstance(x, Batch) else x
        return super().forward(x.to_padded_tensor(0.0) if x.is_nested else x, given)


class Around(nn.Module):
    """A model around such a layer, which hands everything on."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, *args: Any) -> Any:
        return self.layer(*args)


class Batch:
    """What only the class above takes."""

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor


ANYTHING: dict[str, tuple[Any, ...]] = {
    "a pair of nothing": (X, (None, None)),
    "numbers": (X, (0, 1)),
    "a list": (X, [torch.zeros(1, 3, 6)] * 2),
    "a word": (X, "zeros"),
    "an object": (Batch(X),),
    "an object and a state": (Batch(X), (torch.zeros(1, 3, 6),) * 2),
    "a parameter": (nn.Parameter(X),),
    "a parameter and a state": (nn.Parameter(X), (torch.zeros(1, 3, 6),) * 2),
    "a parameter as a state": (X, (nn.Parameter(torch.zeros(1, 3, 6)),) * 2),
    "a nested tensor": (torch.nested.nested_tensor([X[0], X[1][:2]]),),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("args", ANYTHING.values(), ids=list(ANYTHING))
def test_calls_of_any_form_over_and_over(args: tuple[Any, ...]) -> None:
    """What a class takes as its input and state is its own business, in every call and beside others."""
    torch.manual_seed(0)
    layer = Free(4, 6)
    model = Around(layer)
    bare = outcome(lambda: layer(*args))
    with lstmcheck.trace() as report:
        for i in range(80):
            assert outcome(lambda: (layer, model)[i % 2](*args)) == bare  # noqa: B023
            out, _ = layer(X[: 1 + i % 2])
            if i < 4:
                out.sum().backward()
    assert not report.findings


def outcome(run: Callable[[], Any]) -> Any:
    try:
        return run()[0].tolist()
    except Exception as error:
        return str(error)


@pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))
def test_a_state_that_is_let_go_at_first_and_not_later(call: Callable[[Any, Any], Any]) -> None:
    """The looks at the first steps are over: a call that is as many before it is told all the same."""
    with lstmcheck.trace() as report:
        layer, state = nn.LSTM(4, 6), None
        for _ in range(40):
            out, state = call(layer, state)
            layer(X[:2])
            _sum(out).backward()
            state = tuple(part.detach() for part in state)
        out, state = call(layer, state)
        _sum(out).backward()
        out, state = call(layer, state)
        with pytest.raises(RuntimeError, match="second time"):
            _sum(out).backward()
    assert [finding.code for finding in report.findings if finding.severity == "error"] == ["LSTM504"]


def test_a_state_of_before_a_backward_pass_in_a_layer_nobody_saw_made() -> None:
    """Without the line that made the layer, the lines of the two calls are what is told."""
    layer = nn.GRU(4, 6)
    with lstmcheck.trace() as report:
        out, h = layer(X)
        out.sum().backward()
        out, h = layer(X, h)
        with pytest.raises(RuntimeError, match="second time"):
            out.sum().backward()
    (found,) = report.findings
    assert found.code == "LSTM504"
    assert [one.label for one in found.related] == ["the state of an earlier step goes in here"]


def test_what_was_built_in_one_trace_and_is_called_in_others() -> None:
    """Each trace tells of it anew, though nobody saw in it where the layer was made."""

    class Net(nn.Module):
        def __init__(self, bidirectional: bool) -> None:
            super().__init__()
            setattr(self, "rnn", nn.GRU(4, 6))  # noqa: B010

    with lstmcheck.trace():
        net = Net(True)
    found = []
    for _ in range(2):
        with lstmcheck.trace() as report:
            net.rnn(X)  # type: ignore[operator]
        found.append([finding.code for finding in report.findings])
    assert found == [[], []]
