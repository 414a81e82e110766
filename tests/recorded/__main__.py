"""Ask torch anew, and write its answers to `answers.jsonl`.

    cd tests && python -m recorded [COUNT]

COUNT questions of each kind are drawn (always the same ones); of those that differ in sizes alone, a few are kept.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from typing import Any

import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lstmcheck.contract.cells import CellConfig
from lstmcheck.contract.recurrent import RecurrentConfig
from lstmcheck.testing.verdicts import Expected, Observed
from recorded.drawing import DRAWN, written_out
from recorded.observing import observed
from recorded.questions import ANSWERS, Question, expected, line

_ALIKE = 2  # how many that differ in sizes alone are kept


def drawn(strategy: st.SearchStrategy[Question], count: int) -> list[Question]:
    """Questions, each once, in the order in which they are drawn."""
    found: list[Question] = []

    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(question: Question) -> None:
        found.append(question)

    collect()
    return list({repr(question): question for question in found}.values())


def likeness(question: Question, said: Expected, answer: Observed) -> tuple[Any, ...]:
    """What two questions have in common that differ in sizes alone."""
    needs = [*said.unmet, *([said.refused] if said.refused else [])]
    told = tuple((need.what, need.subject, need.axis, need.relation) for need in needs)
    forms = tuple(_form(one, said.refused is None) for one in question.given)
    return question.ask, forms, told, answer.raised, re.sub(r"\d+", "N", answer.text), len(answer.warned)


def _form(value: Any, closely: bool) -> Any:
    if isinstance(value, RecurrentConfig):
        flags = (value.batch_first, value.bidirectional, bool(value.proj_size), value.bias, value.num_layers > 1)
        return value.kind, value.dtype, flags if closely else ()
    if isinstance(value, CellConfig):
        return value.kind, value.dtype, value.bias
    if isinstance(value, (bool, str)):
        return value
    return type(value).__name__


def _answered(question: Question) -> tuple[Question, Observed]:
    return question, observed(question)


def main() -> None:
    """Draw, ask, and keep what differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, nargs="?", default=600)
    options = parser.parse_args()
    torch.set_num_threads(1)
    kept = [_answered(question) for question in written_out()]
    for strategy in DRAWN.values():
        alike: Counter[Any] = Counter()
        for question in drawn(strategy, options.count):
            said = expected(question)
            if said.undefined:  # it may end the process
                continue
            answer = observed(question)
            key = likeness(question, said, answer)
            alike[key] += 1
            if alike[key] <= _ALIKE:
                kept.append((question, answer))
    # what a constructor lets pass may make the first call raise
    made = [question for question, answer in kept if question.ask == "constructor" and not answer.raised]
    kept += [_answered(Question("first call", question.given)) for question in made]
    head = json.dumps({"torch": torch.__version__})
    ANSWERS.write_text("\n".join([head, *(line(*one) for one in kept), ""]), encoding="utf-8")
    print(f"{len(kept)} answers of torch {torch.__version__}")


if __name__ == "__main__":
    main()
