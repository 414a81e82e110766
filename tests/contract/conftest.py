"""Devices to hold the contract against torch on: the CPU always, CUDA where there is one."""

from __future__ import annotations

import pytest


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for a device on each; only such tests need torch here."""
    if "device" in metafunc.fixturenames:
        import torch

        torch.set_num_threads(1)
        devices = ["cpu", *(["cuda:0"] if torch.cuda.is_available() else [])]
        metafunc.parametrize("device", devices, scope="module")
