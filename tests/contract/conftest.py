"""Devices to hold the contract against torch on: the CPU always, CUDA where there is one."""

from __future__ import annotations

import pytest


def devices() -> list[str]:
    try:
        import torch
    except ModuleNotFoundError:
        return ["cpu"]
    return ["cpu", *(["cuda:0"] if torch.cuda.is_available() else [])]


@pytest.fixture(params=devices(), scope="module")
def device(request: pytest.FixtureRequest) -> str:
    import torch

    torch.set_num_threads(1)
    return str(request.param)
