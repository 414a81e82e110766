"""The perturbation probe: models that are right, models whose samples mix in a recurrent layer, and no traces left."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")
nn = torch.nn

from runtime.probed import SIZES, Make  # noqa: E402
from runtime.probed.right import RIGHT  # noqa: E402
from runtime.probed.wrong import WRONG  # noqa: E402

import lstmcheck  # noqa: E402


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    random.seed(0)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize(("n", "steps"), SIZES)
@pytest.mark.parametrize("make", RIGHT.values(), ids=RIGHT)
def test_right_models_have_no_finding(make: Make, n: int, steps: int) -> None:
    case = make(n, steps)
    result = lstmcheck.probe(case.model, case.batch, **case.options)
    assert result.ok, str(result)
    if case.verdict is not None:
        assert result.verdict == case.verdict, str(result)


@pytest.mark.parametrize(("n", "steps"), SIZES)
@pytest.mark.parametrize("make", WRONG.values(), ids=WRONG)
def test_wrong_models_have_their_finding(make: Make, n: int, steps: int) -> None:
    case = make(n, steps)
    result = lstmcheck.probe(case.model, case.batch, **case.options)
    assert [finding.code for finding in result.findings] == [case.code], str(result)
    (found,) = result.findings
    assert found.location.path.endswith(".py")
    assert found.related, "the place of the construction"
    assert result._repr_html_().count("LSTM6") == 1
    with pytest.raises(AssertionError, match=found.code):
        result.assert_ok()


# No traces


def _numbers() -> list[float]:
    return [random.random(), float(np.random.rand()), float(torch.rand(()))]


def _everything(value: Any, seen: set[int], path: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """All that a model is made of, by path: attributes, hooks, tensors with their gradients."""
    if id(value) in seen or depth > 12:
        yield path, id(value)
        return
    if isinstance(value, nn.parameter.UninitializedTensorMixin):
        yield path, id(value)
        return
    if isinstance(value, torch.Tensor):
        grad = value.grad if value.is_leaf else None
        yield path, (id(value), value.detach().clone(), grad, value.grad_fn, value._version)
        return
    if isinstance(value, (int, float, str, bool, type(None))):
        yield path, value
        return
    seen.add(id(value))
    yield path, id(value)
    items: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, (list, tuple)):
        items = enumerate(value)
    elif hasattr(value, "__dict__") and not isinstance(value, type):
        items = vars(value).items()
    for key, one in items:
        yield from _everything(one, seen, f"{path}.{key}", depth + 1)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b))
    if isinstance(a, torch.Tensor):
        return a.shape == b.shape and bool(torch.equal(torch.nan_to_num(a), torch.nan_to_num(b)))
    return bool(a == b)


@pytest.mark.parametrize("make", [*RIGHT.values(), *WRONG.values()], ids=[*RIGHT, *(f"wrong_{name}" for name in WRONG)])
def test_nothing_is_left_behind(make: Make) -> None:
    case = make(5, 6)
    whole = (case.model, case.batch)
    hooked = []
    if not any(isinstance(module, torch.jit.ScriptModule) for module in case.model.modules()):
        case.model.register_forward_hook(lambda module, args, result: hooked.append(1) and None)
    before = dict(_everything(whole, set()))
    random.seed(3)
    torch.manual_seed(3)
    np.random.seed(3)
    filters, grad = list(warnings.filters), torch.is_grad_enabled()
    lstmcheck.probe(case.model, case.batch, **case.options)
    assert (warnings.filters, torch.is_grad_enabled()) == (filters, grad)
    numbers = _numbers()
    random.seed(3)
    torch.manual_seed(3)
    np.random.seed(3)
    assert numbers == _numbers()
    after = dict(_everything(whole, set()))
    assert before.keys() == after.keys()
    assert [path for path in before if not _same(before[path], after[path])] == []


# The first batch of a trace


class _Forgot(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.LSTM(3, 8)
        self.head = nn.Linear(8, 2)

    def forward(self, x: Any) -> Any:
        out, _ = self.rnn(x)
        return self.head(out[:, -1])


def test_a_trace_probes_the_first_batch_of_the_outermost_module() -> None:
    model = nn.Sequential(_Forgot(), nn.Tanh())
    x = torch.randn(5, 7, 3)
    with lstmcheck.trace(probe=True) as report:
        expected = model(x)
        assert torch.equal(model(x), expected)
    (result,) = report.probes
    assert result.verdict == "swapped"
    assert "LSTM640" in [finding.code for finding in report.findings]
    assert report.count(next(f for f in report.findings if f.code == "LSTM640")) == 1
    assert [layer.calls for layer in report.layers] == [2]


def test_a_trace_probes_the_model_that_is_named_only() -> None:
    other, model = _Forgot(), _Forgot()
    with lstmcheck.trace(model=model, probe=True) as report:
        other(torch.randn(5, 7, 3))
        assert report.probes == []
        nn.Sequential(model)(torch.randn(5, 7, 3))
    assert [result.verdict for result in report.probes] == ["swapped"]


def test_without_the_option_nothing_is_probed_and_a_probe_inside_a_trace_is_not_traced() -> None:
    model = _Forgot()
    with lstmcheck.trace() as report:
        model(torch.randn(5, 7, 3))
        before = [layer.calls for layer in report.layers]
        lstmcheck.probe(_Forgot(), torch.randn(5, 7, 3))
    assert report.probes == []
    assert [layer.calls for layer in report.layers][: len(before)] == before


def test_a_bare_layer_is_probed_too() -> None:
    with lstmcheck.trace(probe=True) as report:
        nn.GRU(3, 4, batch_first=True)(torch.randn(5, 7, 3))
    assert [result.verdict for result in report.probes] == ["ok"]


def test_a_traced_probe_leaves_random_numbers_alone() -> None:
    model = nn.Sequential(nn.Dropout(0.5), _Forgot())
    x = torch.randn(5, 7, 3)
    results = []
    for probe in (False, True):
        torch.manual_seed(1)
        with lstmcheck.trace(probe=probe):
            results.append((model(x), torch.rand(3)))
    assert all(torch.equal(a, b) for a, b in zip(*results))


def test_a_model_that_is_none() -> None:
    with pytest.raises(TypeError, match="not list"):
        lstmcheck.probe([1], torch.randn(5, 7, 3))


# Layers that are no modules of the model


class Functional(nn.Module):
    """Weights of its own, and torch's function."""

    def __init__(self, batch_first: bool) -> None:
        super().__init__()
        self.weights = nn.ParameterList(nn.LSTM(3, 8)._flat_weights)
        self.batch_first = batch_first

    def forward(self, x: Any) -> Any:
        h = torch.zeros(1, x.shape[0 if self.batch_first else 1], 8)
        weights = list(self.weights)
        return torch.lstm(x, (h, h), weights, True, 1, 0.0, self.training, False, self.batch_first)[0][:, -1]


class MadeInForward(nn.Module):
    """A layer that is made anew in every call."""

    def __init__(self, batch_first: bool) -> None:
        super().__init__()
        self.batch_first = batch_first

    def forward(self, x: Any) -> Any:
        return nn.LSTM(3, 8, batch_first=self.batch_first)(x)[0][:, -1]


@pytest.mark.parametrize(("n", "steps"), SIZES)
@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("cls", [Functional, MadeInForward])
def test_a_layer_that_is_no_module_is_told_at_its_call(cls: Any, batch_first: bool, n: int, steps: int) -> None:
    result = lstmcheck.probe(cls(batch_first), torch.randn(n, steps, 3))
    assert [finding.code for finding in result.findings] == ([] if batch_first else ["LSTM640"]), str(result)
    assert all(not finding.related for finding in result.findings)


class Chosen(nn.Module):
    """Another layer for other data."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.LSTM(3, 8, batch_first=True), nn.GRU(3, 8, batch_first=True)

    def forward(self, x: Any) -> Any:
        return (self.one if x.sum() > 0 else self.other)(x)[0][:, -1]


def test_a_layer_that_the_data_chooses_is_judged_by_nothing() -> None:
    x = torch.ones(5, 7, 3) / 100
    x[2] = -1
    result = lstmcheck.probe(Chosen(), x)
    assert result.ok
    assert [layer.verdict for layer in result.layers] == ["unknown"], str(result)
