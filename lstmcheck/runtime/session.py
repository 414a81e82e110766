"""Sessions: active traces, what they take, and what they tell. The way of the calls is in `trace`."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

from torch import nn

from lstmcheck import causes
from lstmcheck.contract.needs import Need
from lstmcheck.findings import Finding, Location, Violation
from lstmcheck.runtime import quiet, ranks, sites
from lstmcheck.runtime.collected import About, Collected
from lstmcheck.runtime.guard import guarded
from lstmcheck.runtime.model import Judge
from lstmcheck.runtime.policies import MEANT, LSTMCheckError, LSTMCheckWarning, Policy, tell

SESSIONS: list[Session] = []
"""The active sessions: all of them see all calls."""
_lock = threading.RLock()


class Session:
    """One trace: where its findings go.

    `told` is called with each new finding at once. `announce` prints what there is when the trace of a process among
    several ends, with the ranks that handed over nothing.
    """

    def __init__(
        self,
        judge: Judge,
        policy: Policy = "collect",
        report: Collected | None = None,
        told: Callable[[Finding], None] | None = None,
        announce: Callable[[tuple[int, ...]], None] | None = None,
        name: str = "",
    ) -> None:
        self.judge = judge
        self.policy = policy
        self.report = Collected() if report is None else report
        self.first: Callable[[nn.Module, tuple[Any, ...], dict[str, Any]], None] | None = None
        self.announce = announce
        self.entered = 0
        self.is_handed_over = False
        self._told = told
        self._name = name
        self._ranks: ranks.Ranks | None = None
        self._confused: set[Location] = set()

    def start(self) -> None:
        """Begin to see calls; may be nested."""
        from lstmcheck.runtime import trace  # which hands its violations in here

        with _lock:
            if not self.entered:
                (trace.renew if SESSIONS else trace.install)()
                self._ranks = guarded(ranks.Ranks, self._name or _place())
                SESSIONS.append(self)
                self.join()
            self.entered += 1

    def stop(self, hasty: bool = False) -> None:
        """Take back `start`; the last session leaves torch as it was. What probes still wait for is judged first.

        In a distributed run findings go to rank 0, which waits for the other ranks: not for long when it is `hasty`.
        Raises LSTMCheckError.
        """
        from lstmcheck.runtime import trace

        with _lock:
            try:
                if self.entered == 1:
                    trace.settle()
            finally:
                self.entered -= 1
                if not self.entered:
                    self._leave()
        if not self.entered:
            guarded(self._meet, ranks.HASTE if hasty else ranks.PATIENCE)

    def _leave(self) -> None:
        from lstmcheck.runtime import trace

        SESSIONS.remove(self)
        self.report.seen.close()
        if not SESSIONS:
            trace.remove()

    def join(self) -> None:
        """Find the other processes, once there are any."""
        if self._ranks is not None:
            guarded(self._ranks.join)

    # What is found

    def take(self, violation: Violation) -> Finding | None:
        """Record a violation, and tell as the policy says when it is the first of its kind. Raises LSTMCheckError.

        What only follows from what was taken before is passed over.
        """
        layer = causes.confuses(violation)
        if layer is not None:
            self._confused.add(layer)
        elif causes.follows(violation, self._confused):
            return None
        finding = self.judge(violation)
        if finding is not None:
            self.add(finding, about(violation), is_silent(violation.need))
        return finding

    def add(self, finding: Finding, about: About | None = None, silent: bool = False) -> None:
        """Record a finding; `silent` says that torch goes on. Raises LSTMCheckError."""
        mine = self._ranks
        own = (mine.rank,) if mine is not None and mine.several else ()
        if self.report.add(finding, about, ranks=own):
            if self._told is not None:
                self._told(finding)
            if mine is None or mine.speaks() or self.policy == "raise":
                tell(self.policy, finding, silent)

    # Other processes

    def _meet(self, patience: float) -> None:
        """Hand over what was found, or take over what the others found and tell of it."""
        mine, self._ranks = self._ranks, None
        if mine is None or not mine.several:
            return
        mine.join()
        try:
            if mine.rank == 0:
                self._take_over(guarded(mine.gather, patience) or ranks.Gathered({}, ()))
            else:
                self.is_handed_over = bool(guarded(mine.hand_over, self.report.rows))
                if not self.is_handed_over and not mine.speaks():
                    self._speak_up()
        finally:
            mine.leave()

    def _take_over(self, gathered: ranks.Gathered) -> None:
        new = []
        for rank, rows in sorted(gathered.values.items()):
            for row in rows:
                if self.report.add(row.finding, row.about, row.times, (rank,)):
                    new.append(row.finding)
        if new and self._told is not None:
            self._told(new[-1])
        if self.policy in ("warn", "log"):
            for finding in new:
                tell(self.policy, finding, False, self.report.ranks(finding))
        elif self.announce is not None and (self.report.findings or gathered.missing):
            self.announce(gathered.missing)

    def _speak_up(self) -> None:
        """Nobody takes over what was found here: tell it here."""
        if self.policy in ("warn", "log"):
            for finding in self.report.findings:
                tell(self.policy, finding, False, self.report.ranks(finding))
        elif self.announce is not None and self.report.findings:
            self.announce(())


def _place() -> str:
    """Where the trace begins: in every process of a distributed run at the same place."""
    frame = sites.user_frame(sys._getframe(2))
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else ""


def about(violation: Violation) -> About:
    """What a violation is about, without its sizes."""
    need: Need = violation.need
    made = violation.layer.get("location") if violation.layer is not None else None
    return About(need.what, need.subject, need.axis, made)


def is_silent(need: Need) -> bool:
    """Whether torch goes on: it says nothing, or only warns."""
    return need.raises is None or need.warns


def report(violation: Violation) -> list[Finding]:
    """Hand a violation to every active session; the findings that came of it, known ones too.

    Raises what a policy raises, when all sessions have it.
    """
    if quiet.on():
        return []
    found: list[Finding] = []
    raised: BaseException | None = None
    for session in tuple(SESSIONS):
        try:
            finding = session.take(violation)
        except MEANT as error:
            raised = raised or error
        else:
            if finding is not None:
                found.append(finding)
    if raised is not None:
        raise raised
    return found


def blame(error: BaseException, violation: Violation) -> bool:
    """Explain what torch raised by a violation, whatever the policy says; whether that gave a finding."""
    try:
        found = report(violation)
    except LSTMCheckError as meant:
        found = [meant.finding]
    except LSTMCheckWarning:
        found = []
    note(error, found)
    return bool(found)


def hand_in(finding: Finding) -> None:
    """Hand a finding that is judged already to every active session."""
    for session in tuple(SESSIONS):
        session.add(finding)


def saw_layers() -> bool:
    """Whether a recurrent layer was built or called in an active session."""
    return any(session.report.layers for session in SESSIONS)


_EXPLAINED = "__lstmcheck_explained__"


def note(error: BaseException, findings: list[Finding]) -> None:
    """Explain an exception by findings, once each."""
    if not findings:
        return
    notes = list(getattr(error, "__notes__", ()))
    for finding in findings:
        where = finding.location
        text = f"lstmcheck: {finding.code} {finding.message} ({where.path}:{where.line})"
        if finding.help:
            text += f"\n  help: {finding.help}"
        if text not in notes:
            notes.append(text)
    try:
        setattr(error, _EXPLAINED, True)
        error.__notes__ = notes  # type: ignore[attr-defined]
    except AttributeError:  # an exception with slots
        pass


def is_explained(error: BaseException) -> bool:
    """Whether an exception, or one that caused it, carries an explanation."""
    one: BaseException | None = error
    while one is not None:
        if getattr(one, _EXPLAINED, False):
            return True
        one = one.__cause__
    return False


def tell_notes(error: BaseException) -> None:
    """Print what an exception carries where the interpreter does not print it: before Python 3.11."""
    if not hasattr(error, "add_note") and sys.stderr is not None:
        for text in getattr(error, "__notes__", ()):
            print(text, file=sys.stderr)
