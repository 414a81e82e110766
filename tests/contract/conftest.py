"""Devices to hold the contract against torch on: the CPU always, CUDA where there is one."""

from __future__ import annotations

import pytest
import torch

DEVICES = ["cpu", *(["cuda:0"] if torch.cuda.is_available() else [])]


@pytest.fixture(params=DEVICES, scope="module")
def device(request: pytest.FixtureRequest) -> str:
    torch.set_num_threads(1)
    return str(request.param)
