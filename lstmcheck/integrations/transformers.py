"""transformers: `Trainer(..., callbacks=[LSTMCheck()])` traces training."""

from __future__ import annotations

import sys
from typing import Any

from transformers import TrainerCallback

from lstmcheck.integrations._text import text
from lstmcheck.runtime.policies import Policy
from lstmcheck.traced.report import Report
from lstmcheck.tracing import trace

__all__ = ["LSTMCheck"]


class LSTMCheck(TrainerCallback):
    """Trace the recurrent calls of `Trainer.train`, and print what was found when it ends.

    `policy` is that of `lstmcheck.trace`. `report` is the latest training's report, None before the first. With several
    processes the main one prints. The trainer tells its callbacks nothing about an exception: the trace then goes on
    until the next training or `close()`, torch's error carries the explanation as a note, and `report` has it all.
    """

    def __init__(self, policy: Policy = "collect", verbose: bool = True) -> None:
        self.policy = policy
        self.verbose = verbose
        self.report: Report | None = None
        self._tracing: trace | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Training begins."""
        self.close()
        self._tracing = trace(self.policy)
        self._tracing.session.announce = None  # printed here
        self.report = self._tracing.__enter__()

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Training has ended."""
        self.close()
        if self.verbose and self.report is not None and self.report.findings and state.is_world_process_zero:
            print(text(self.report.findings), file=sys.stderr)

    def close(self) -> None:
        """Stop tracing. Nothing happens when no trace is active."""
        if self._tracing is not None:
            self._tracing.__exit__(None, None, None)
            self._tracing = None
