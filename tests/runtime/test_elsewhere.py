"""What else is done with modules that train: compiled, scripted, exported, copied, spread, run in other ways."""

from __future__ import annotations

import copy
import io
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.utils.parametrize
import torch.nn.utils.prune
from runtime.scripts.tagger import Model
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader, Dataset

import lstmcheck

SCRIPTS = Path(__file__).parent / "scripts"


X = torch.randn(2, 5, 4)
BAD = torch.randn(2, 5, 3)


def calls(report: Any) -> int:
    return sum(layer.calls for layer in report.layers)


def codes(report: Any) -> list[str]:
    return [finding.code for finding in report.findings]


# Seen


@pytest.mark.parametrize("backends", [("eager", "aot_eager", "inductor")])
def test_torch_compile(backends: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / "compiling.py"), *backends], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "all is well\n"


def test_keywords_and_what_they_are_called() -> None:
    lstm, state = nn.LSTM(4, 8), (torch.zeros(1, 5, 8), torch.zeros(1, 5, 8))
    with lstmcheck.trace() as report:
        for _ in range(2):
            lstm(input=X)
            lstm(X, hx=state)
            lstm(X, list(state))
        with pytest.raises(RuntimeError):
            lstm(X, hx=(state[0], state[1][:, :1]))
    assert calls(report) == 7
    assert codes(report) == ["LSTM203"]
    assert {name for one in report.layers[0].shapes for name in one} == {"input", "h_0", "c_0"}


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_jit_trace() -> None:
    model = Model()
    with lstmcheck.trace() as report:
        traced = torch.jit.trace(model, X)
        assert torch.equal(traced(X), model(X))
    assert calls(report) >= 2
    assert report.ok
    assert torch.equal(traced(X), model(X))


def test_fx_symbolic_trace() -> None:
    model = Model()
    with lstmcheck.trace() as report:
        graph = torch.fx.symbolic_trace(model)
        assert torch.equal(graph(X), model(X))
        with pytest.raises(RuntimeError):
            graph(BAD)
    assert codes(report) == ["LSTM223"]


def test_functional_call() -> None:
    model = Model()
    weights = {name: value + 1 for name, value in model.named_parameters()}
    bare = torch.func.functional_call(model, weights, (X,))
    with lstmcheck.trace() as report:
        assert torch.equal(torch.func.functional_call(model, weights, (X,)), bare)
    assert calls(report) == 1


def test_vmap_over_samples_of_a_gradient() -> None:
    cell = nn.LSTMCell(4, 8)
    weights = dict(cell.named_parameters())

    def loss(weights: dict[str, Tensor], x: Tensor) -> Tensor:
        h, _ = torch.func.functional_call(cell, weights, (x.unsqueeze(0),))
        return h.sum()

    def per_sample() -> Any:
        return torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0))(weights, X[:, 0])

    bare = outcome(per_sample)
    with lstmcheck.trace() as report:
        assert outcome(per_sample) == bare  # in some releases: that there is no rule for this cell
    assert report.ok


def outcome(run: Callable[[], dict[str, Tensor]]) -> object:
    """What came out: values, or the error's text."""
    try:
        return {name: value.tolist() for name, value in run().items()}
    except RuntimeError as error:
        return str(error)


def test_autocast_on_and_off() -> None:
    dtype = torch.bfloat16
    lstm = nn.LSTM(4, 8)
    with lstmcheck.trace() as report:
        with torch.autocast("cpu", dtype):
            lstm(X)
            lstm(X.to(dtype))
        lstm(X)
        assert report.ok
        with pytest.raises((RuntimeError, ValueError)):
            lstm(X.to(dtype))
    assert codes(report) == ["LSTM224"]


@pytest.mark.parametrize("reentrant", [False, True])
def test_checkpointing(reentrant: bool) -> None:
    model, x = Model(), X.clone().requires_grad_()
    with lstmcheck.trace() as report:
        checkpoint(model, x, use_reentrant=reentrant).sum().backward()
        assert x.grad is not None
    assert calls(report) == 2  # the forward runs again in the backward pass
    assert report.ok


def test_meta_tensors_and_fake_ones() -> None:
    from torch._subclasses import FakeTensorMode

    with lstmcheck.trace() as report:
        lstm = nn.LSTM(4, 8, device="meta")
        assert lstm(torch.zeros(5, 2, 4, device="meta"))[0].shape == (5, 2, 8)
        with FakeTensorMode():
            fake = nn.GRU(4, 8)
            assert fake(torch.zeros(5, 2, 4))[0].shape == (5, 2, 8)
            assert nn.LSTMCell(4, 8)(torch.zeros(2, 4))[0].shape == (2, 8)
            with pytest.raises(RuntimeError):
                fake(torch.zeros(5, 2, 3))
    assert codes(report) == ["LSTM223"]
    assert calls(report) == 4


def test_a_tensor_on_another_device() -> None:
    with lstmcheck.trace() as report, pytest.raises((RuntimeError, NotImplementedError)):
        nn.LSTM(4, 8)(torch.zeros(5, 2, 4, device="meta"))
    assert codes(report) == ["LSTM225"]


def test_inference_mode_weight_norm_and_hooks() -> None:
    lstm = nn.utils.parametrizations.weight_norm(nn.LSTM(4, 8), "weight_hh_l0")
    seen: list[int] = []
    lstm.register_forward_hook(lambda *_: seen.append(1))
    lstm.register_full_backward_hook(lambda *_: seen.append(2))
    with lstmcheck.trace() as report:
        lstm(X.clone().requires_grad_())[0].sum().backward()
        with torch.inference_mode():
            lstm(X)
    assert seen == [1, 2, 1]
    assert calls(report) == 2
    assert report.ok


@pytest.mark.parametrize(
    "changing",
    [
        lambda lstm: nn.utils.prune.l1_unstructured(lstm, "weight_hh_l0", 0.5),
        lambda lstm: nn.utils.parametrizations.orthogonal(lstm, "weight_ih_l0"),
        lambda lstm: nn.utils.parametrize.register_parametrization(lstm, "weight_hh_l0", nn.Tanh()),
    ],
    ids=["pruned", "orthogonal", "parametrized"],
)
def test_weights_that_are_computed(changing: Callable[[nn.Module], object]) -> None:
    def run() -> list[Tensor]:
        torch.manual_seed(0)
        lstm = nn.LSTM(4, 8)
        changing(lstm)
        for _ in range(5):
            lstm(X)[0].sum().backward()
        with pytest.raises(RuntimeError):
            lstm(BAD)
        return [lstm(X)[0], *(one.grad for one in lstm.parameters() if one.grad is not None)]

    bare = run()
    with lstmcheck.trace() as report:
        traced = run()
    assert all(torch.equal(a, b) for a, b in zip(bare, traced, strict=True))
    assert codes(report) == ["LSTM223"]
    assert calls(report) == 7


def test_a_layer_that_is_compiled_in_place_between_its_calls() -> None:
    lstm, seen = nn.LSTM(4, 8), []
    with lstmcheck.trace() as report:
        for _ in range(5):
            lstm(X)[0].sum().backward()
        lstm._compiled_call_impl = lambda *args: seen.append(args) or lstm._call_impl(*args)
        lstm(X)
    assert len(seen) == 1
    assert calls(report) == 6


def test_data_parallel() -> None:
    model = nn.DataParallel(Model())
    with lstmcheck.trace() as report:
        model(X)
        with pytest.raises(RuntimeError):
            model(BAD)
    assert codes(report) == ["LSTM223"]


@pytest.mark.parametrize("copying", ["pickle", "deepcopy", "save"])
def test_models_are_copied_inside_a_trace_and_outlive_it(copying: str) -> None:
    with lstmcheck.trace() as report:
        model = Model()
        model(X)
        if copying == "pickle":
            twin = pickle.loads(pickle.dumps(model))
        elif copying == "deepcopy":
            twin = copy.deepcopy(model)
        else:
            file = io.BytesIO()
            torch.save(model, file)
            file.seek(0)
            twin = torch.load(file, weights_only=False)
        assert torch.equal(twin(X), model(X))
    assert torch.equal(twin(X), model(X))
    assert vars(twin.lstm).keys() == vars(model.lstm).keys()
    assert calls(report) == 3


class Sequences(Dataset[Tensor]):
    """A data set with a recurrent layer of its own, called in the workers."""

    def __init__(self) -> None:
        self.encoder = nn.GRU(4, 4)

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> Tensor:
        with torch.no_grad():
            return self.encoder(torch.full((5, 4), float(index)))[0]


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_workers_of_a_loader(start: str) -> None:
    if start not in torch.multiprocessing.get_all_start_methods():
        pytest.skip("not on this system")
    data = Sequences()
    with lstmcheck.trace() as report:
        batches = list(DataLoader(data, batch_size=2, num_workers=1, multiprocessing_context=start))
        model = nn.LSTM(4, 8, batch_first=True)
        for batch in batches:
            model(batch)
    assert [batch.shape for batch in batches] == [(2, 5, 4)] * 2
    assert report.ok
    assert calls(report) == 2  # those of the workers are in other processes


# Not seen


def test_a_forward_that_is_called_directly_is_not_seen() -> None:
    lstm = nn.LSTM(4, 8)
    with lstmcheck.trace() as report:
        lstm.forward(X)
        with pytest.raises(RuntimeError) as raised:
            lstm.forward(BAD)
    assert calls(report) == 0
    assert codes(report) == []
    assert not hasattr(raised.value, "__notes__")


class Packing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(4, 8, batch_first=True)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True)
        _, h_n = self.gru(packed)
        return h_n


def test_scripted_modules_are_not_seen() -> None:
    model = Model()
    before = torch.jit.script(model)
    with lstmcheck.trace() as report:
        inside = torch.jit.script(model)
        assert torch.equal(before(X), inside(X))
        packing = torch.jit.script(Packing())
        assert packing(X, torch.tensor([5, 3])).shape == (1, 2, 8)
    assert calls(report) == 0
    assert torch.equal(before(X), inside(X))


def test_exported_programs_are_not_seen() -> None:
    model = Model()
    with lstmcheck.trace() as report:
        exported = torch.export.export(model, (X,))
        assert torch.allclose(exported.module()(X), model(X))
    assert calls(report) == 1
    assert report.ok


class Packs(nn.Module):
    """Packs what it is given, and pads the result."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.GRU(4, 6, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        packed, _ = self.rnn(pack_padded_sequence(x, [5] * len(x), batch_first=True))
        return pad_packed_sequence(packed, batch_first=True)[0].sum(1)


class Pads(nn.Module):
    """Pads a pack that it puts together."""

    def forward(self, data: Tensor) -> Tensor:
        return pad_packed_sequence(PackedSequence(data, torch.tensor([3, 2])))[0]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("model", "x"), [(Packs(), torch.randn(2, 5, 4)), (Pads(), torch.randn(5, 4))])
def test_what_cannot_be_exported_says_what_it_says_without_a_trace(model: nn.Module, x: Tensor) -> None:
    """Packs have no sizes that are known before: torch refuses to export them, and nothing is said to that."""

    def outcome() -> tuple[str, str]:
        with pytest.raises((TypeError, RuntimeError)) as raised:
            torch.export.export(model, (x,), strict=False)
        return type(raised.value).__name__, str(raised.value)

    bare = outcome()
    with lstmcheck.trace() as report:
        assert outcome() == bare
    assert report.ok


def test_a_probe_in_a_trace_adds_nothing_to_it() -> None:
    with lstmcheck.trace() as report:
        assert lstmcheck.probe(Packs(), torch.randn(3, 5, 4)).verdict == "ok"
    assert report.ok
    assert calls(report) == 0


def test_quantized_layers_are_not_seen() -> None:
    engines = [name for name in torch.backends.quantized.supported_engines if name != "none"]
    if not engines:
        pytest.skip("no engine for quantized layers")
    model = Model()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        quantized = torch.ao.quantization.quantize_dynamic(model, {nn.LSTM}, dtype=torch.qint8)
    with lstmcheck.trace() as report:
        quantized(X)
    assert calls(report) == 0
