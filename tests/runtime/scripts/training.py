"""Two processes that train: `training.py NAME`, run by test_distributed.py under torchrun."""

from __future__ import annotations

import contextlib
import logging
import os
import sys

import torch
from tagger import Model
from torch import distributed, nn

import lstmcheck
from lstmcheck.runtime import ranks


def wrapped(how: str) -> nn.Module:
    """The model as a strategy spreads it."""
    model = Model()
    if how == "ddp":
        return nn.parallel.DistributedDataParallel(model)
    if how == "fsdp1":
        from torch.distributed.fsdp import FullyShardedDataParallel

        return FullyShardedDataParallel(model, device_id=torch.device("cpu"))
    from torch.distributed.fsdp import fully_shard

    for part in (model.lstm, model):
        fully_shard(part)
    return model


def train(how: str) -> float:
    """A few steps; the last loss."""
    torch.manual_seed(0)
    model = wrapped(how)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        loss = model(torch.randn(2, 5, 4)).sum()
        loss.backward()
        optimizer.step()
    return float(loss)


def err(rank: int) -> None:
    """A call that is wrong in both processes, the second with another size as well, and something silent there only."""
    for wrong in (3, 5)[: 1 + rank]:
        with contextlib.suppress(RuntimeError):
            nn.GRU(4, 8)(torch.randn(5, 2, wrong))
    if rank:
        nn.LSTM(3, 4, dropout=0.5)


def strategies(rank: int) -> None:
    """Every strategy, without a trace and with one."""
    for how in ("ddp", "fsdp1", "fsdp2"):
        bare = train(how)
        with lstmcheck.trace() as report:
            assert train(how) == bare
            err(rank)
        if rank == 0:
            found = sorted((finding.code, report.ranks(finding), report.count(finding)) for finding in report.findings)
            print(how, sum(layer.calls for layer in report.layers), found, flush=True)


def logged(rank: int) -> None:
    """Told at once by a logger: by rank 0, or by all."""
    logging.basicConfig(format=f"rank {rank}: %(message)s")
    with lstmcheck.trace("log"):
        err(rank)
        distributed.barrier()


def alone() -> None:
    """Rank 1 is gone, without a word, when the trace of rank 0 ends."""
    ranks.PATIENCE = 1.0
    with lstmcheck.trace() as report:
        distributed.init_process_group("gloo")
        rank = distributed.get_rank()
        err(rank)
        distributed.barrier()
        if rank:
            os._exit(0)
    print("alone", [finding.code for finding in report.findings], flush=True)
    os._exit(0)


def main(name: str) -> None:
    if name == "alone":
        alone()
    distributed.init_process_group("gloo")
    rank = distributed.get_rank()
    if name == "run":  # traced by `lstmcheck run`
        err(rank)
        distributed.barrier()
    elif name == "logged":
        logged(rank)
    else:
        strategies(rank)
    distributed.destroy_process_group()


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(sys.argv[1])
