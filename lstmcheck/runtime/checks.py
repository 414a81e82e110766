"""The contract driven with the ints of one real call or construction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from lstmcheck.contract import arguments, cells, pack_parts, recurrent
from lstmcheck.contract.arguments import Argument
from lstmcheck.contract.cells import CellConfig
from lstmcheck.contract.needs import Need, Raises, Requirements, holds
from lstmcheck.runtime import describe


class Judged(NamedTuple):
    """A need that is not met, among all needs about the same call with their verdicts."""

    need: Need
    rows: tuple[tuple[Need, str], ...]

    def with_detail(self, **detail: Any) -> Judged:
        """The same need, of which more is known."""
        return self._replace(need=replace(self.need, detail={**self.need.detail, **detail}))


def judged(requirements: Requirements[Any], accepted: bool = True) -> list[Judged]:
    """The needs that are not met, up to and with the first at which torch raises or may crash.

    `accepted` says whether what torch takes and does something reasonable with counts too.
    """
    rows: list[tuple[Need, str]] = []
    unmet: list[Need] = []
    failed = False
    try:
        for need in requirements:
            met = holds(need)
            rows.append((need, "ok" if met else "never"))
            if met or failed or (not accepted and need.detail.get("outcome") == "accepted"):
                continue
            unmet.append(need)
            failed = fails(need)
    except (TypeError, ValueError):
        # a contract function goes on with what is wrong to give a whole table; it may stumble over that
        if not failed:
            raise
    return [Judged(need, tuple(rows)) for need in unmet]


def fails(need: Need) -> bool:
    """Whether torch raises for it, or goes on with memory that it does not own."""
    return (need.raises is not None and not need.warns) or need.detail.get("outcome") == "undefined"


def call(module: nn.Module, input: Any, hx: Any) -> list[Judged]:
    """What a call of a module violates. Raises Indescribable where the contract cannot judge."""
    config = describe.config_of(module)
    given, state = describe.input_like(input), describe.state_like(hx)
    device = weight.device.type if (weight := describe.weight_of(module)) is not None else "cpu"
    autocast = _autocast(device)
    if isinstance(config, CellConfig):
        return judged(cells.forward(config, given, state, version=describe.TORCH, autocast=autocast), accepted=False)
    return judged(recurrent.forward(config, given, state, version=describe.TORCH, autocast=autocast), accepted=False)


def parts(value: PackedSequence) -> list[Judged]:
    """How the parts of a packed sequence do not fit each other: the first thing that is wrong, as the rest follows."""
    return judged(pack_parts.packed_sequence(describe.parts_of(value)))[:1]


def as_raised(one: Judged, error: BaseException) -> Judged:
    """The same need after torch has raised: about a pack's parts it has no text of its own."""
    if not one.need.what.startswith("parts.") or one.need.raises is not None:
        return one
    text = str(error).strip().partition("\n")[0].replace("{", "{{").replace("}", "}}")
    return one._replace(need=replace(one.need, raises=Raises(type(error).__name__, text)))


def _autocast(device: str) -> bool:
    try:
        return torch.is_autocast_enabled(device)
    except (TypeError, RuntimeError):  # releases before 2.4 ask without a device, others know no such device
        return torch.is_autocast_enabled()


def signature(kind: str, positional: Sequence[Any], keywords: Mapping[str, Any]) -> list[Judged]:
    """What a call violates whose arguments do not bind."""
    return judged(arguments.bind_forward(kind, positional, keywords))


def construction(kind: str, positional: Sequence[Any], keywords: Mapping[str, Any]) -> list[Judged]:
    """What a construction violates."""
    given = [Argument.of(value) for value in positional]
    named = {name: Argument.of(value) for name, value in keywords.items()}
    bound: dict[str, Argument] = {}

    def binding() -> Requirements[None]:
        bound.update((yield from arguments.bind(kind, given, named, describe.TORCH)))

    found = judged(binding())
    return found or judged(arguments.construct(kind, bound, describe.TORCH))
