"""Lightning: `Trainer(callbacks=[LSTMCheck()])` traces fitting, validation, testing and prediction."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from lstmcheck.integrations._text import text
from lstmcheck.runtime.policies import Policy
from lstmcheck.traced.report import Report
from lstmcheck.tracing import trace

# The two packages have classes of their own: the program's is the right one.
_OLDER = "lightning" not in sys.modules and ("pytorch_lightning" in sys.modules or find_spec("lightning") is None)
if _OLDER and not TYPE_CHECKING:
    from pytorch_lightning import Callback
else:
    from lightning.pytorch import Callback

__all__ = ["LSTMCheck"]


class LSTMCheck(Callback):
    """Trace every recurrent call of a trainer's run, and print what was found when the run ends, however it ends.

    `policy` is that of `lstmcheck.trace`. `report` is the latest run's report, None before the first. With several
    processes the main one prints.
    """

    def __init__(self, policy: Policy = "collect", verbose: bool = True) -> None:
        super().__init__()
        self.policy = policy
        self.verbose = verbose
        self.report: Report | None = None
        self._tracing: trace | None = None

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """The run begins, before the sanity check."""
        if self._tracing is None:
            self._tracing = trace(self.policy)
            self._tracing.session.announce = None  # printed here
            self.report = self._tracing.__enter__()

    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """The run has ended."""
        self._end(trainer)

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """The run has failed, or was interrupted."""
        self._end(trainer)

    def _end(self, trainer: Any) -> None:
        if self._tracing is None:
            return
        self._tracing.__exit__(None, None, None)
        self._tracing = None
        if self.verbose and self.report is not None and self.report.findings and trainer.is_global_zero:
            print(text(self.report.findings), file=sys.stderr)

    def __getstate__(self) -> dict[str, Any]:
        """A trainer that is sent to other processes takes the options along: each process traces for itself."""
        return {**self.__dict__, "_tracing": None, "report": None}
