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
