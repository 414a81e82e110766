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


if __name__ == "__main__":
    import torch._dynamo.testing

    torch.set_num_threads(1)
    for name in sys.argv[1:]:
        by_backend(name)
    with_allow_rnn()
    inner_compile()
    print("all is well")
