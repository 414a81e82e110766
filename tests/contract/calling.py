"""Calls of the contract as its tests make them, whatever the module."""

from __future__ import annotations

from typing import Any

from lstmcheck.contract import cells, recurrent
from lstmcheck.contract.cells import CellConfig
from lstmcheck.contract.needs import Need, Requirements
from lstmcheck.contract.recurrent import RecurrentConfig
from lstmcheck.testing.verdicts import expect


def called(config: RecurrentConfig | CellConfig, *given: Any, **options: Any) -> Requirements[Any]:
    """What a call of a layer or cell requires."""
    run: Any = recurrent.forward if isinstance(config, RecurrentConfig) else cells.forward
    found: Requirements[Any] = run(config, *given, **options)
    return found


def complaints(config: RecurrentConfig | CellConfig, *given: Any, **options: Any) -> list[Need]:
    """What a call does not meet."""
    return expect(called(config, *given, **options)).complaints
