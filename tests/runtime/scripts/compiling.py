"""torch.compile inside a trace, and a trace around what was compiled before. Run by test_elsewhere.py in a child."""

from __future__ import annotations

import sys

import torch
from tagger import Model

import lstmcheck


def calls(report: object) -> int:
    return sum(layer.calls for layer in report.layers)  # type: ignore[attr-defined]


def by_backend(backend: str) -> None:
    """The frame around the layer runs eagerly: every call is seen, and results are those without a trace."""
    torch._dynamo.reset()
    torch.manual_seed(0)
    model, x = Model(), torch.randn(2, 5, 4)
    bare = torch.compile(model, backend=backend)(x)
    before = torch.compile(model, backend=backend)
    before(x)
    with lstmcheck.trace() as report:
        inside = torch.compile(model, backend=backend)
        results = [before(x), before(x), inside(x), inside(x)]
        results[-1].sum().backward()
        try:
            inside(torch.randn(2, 5, 3))
        except Exception as error:
            raised = error
    assert all(torch.equal(bare, one) for one in results)
    assert torch.equal(bare, before(x))
    assert report.ok is False
    assert [finding.code for finding in report.findings] == ["LSTM223"]
    assert calls(report) == 5
    assert "input.size(-1) must be equal to input_size" in str(raised)


def with_allow_rnn() -> None:
    """The layer is compiled into the graph: nothing is seen of it, and nothing is compiled again."""
    model, x = Model(), torch.randn(2, 5, 4)
    bare = model(x)
    with torch._dynamo.config.patch(allow_rnn=True):
        for first_inside in (False, True):
            torch._dynamo.reset()
            counter = torch._dynamo.testing.CompileCounter()
            compiled = torch.compile(model, backend=counter, fullgraph=True)
            if not first_inside:
                compiled(x)
            with lstmcheck.trace() as report:
                assert torch.allclose(compiled(x), bare)
            compiled(x)
            assert counter.frame_count == 1
            assert calls(report) == 0
            assert report.ok


def inner_compile() -> None:
    """A layer that was compiled in place is called as any other."""
    torch._dynamo.reset()
    model, x = Model(), torch.randn(2, 5, 4)
    bare = model(x)
    model.lstm.compile(backend="eager")
    with lstmcheck.trace() as report:
        assert torch.equal(model(x), bare)
    assert calls(report) == 1


def layer_in_a_function() -> None:
    """A function around a layer, whose state is given or not, comes to an end though the tracer is in it."""
    x = torch.randn(5, 3, 4)
    for given in ((), (torch.zeros(1, 3, 6),)):
        torch._dynamo.reset()
        layer = torch.nn.GRU(4, 6)
        with lstmcheck.trace() as report:
            run = torch.compile(lambda x, *state: layer(x, *state)[0] * 2, backend="eager")  # noqa: B023
            assert torch.allclose(run(x, *given), 2 * layer(x, *given)[0])
        assert not [finding for finding in report.findings if finding.severity == "error"]


def probed() -> None:
    """A compiled model is probed as any other."""
    torch._dynamo.reset()
    torch.manual_seed(0)
    assert lstmcheck.probe(torch.compile(Model(), backend="eager"), torch.randn(2, 5, 4)).verdict == "ok"


if __name__ == "__main__":
    import torch._dynamo.testing

    torch.set_num_threads(1)
    for name in sys.argv[1:]:
        by_backend(name)
    with_allow_rnn()
    inner_compile()
    layer_in_a_function()
    probed()
    print("all is well")
