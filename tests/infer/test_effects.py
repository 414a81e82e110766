"""Which modules are run where they are imported, and that the others are run when they are asked for something."""

from __future__ import annotations

from pathlib import Path

import pytest

import lstmcheck
from lstmcheck.infer.effects import Effects
from lstmcheck.infer.machine import IDLE_STEPS
from lstmcheck.source.resolve import Resolver

LAYER = "import torch\nfrom torch import nn\n\n\nclass Net(nn.LSTM):\n    pass\n"
REGISTRY = "MODELS = {}\n\n\ndef register(cls):\n    MODELS[cls.__name__] = cls\n    return cls\n"
DECORATED = "from torch import nn\nfrom registry import register\n\n\n@register\nclass Net(nn.LSTM):\n    pass\n"
HOOK = "KINDS = {}\n\n\nclass Base:\n    def __init_subclass__(cls):\n        KINDS[cls.__name__] = cls\n"
HOOKED = "from torch import nn\nfrom base import Base\n\n\nclass Net(Base):\n    rnn = nn.LSTM(1, 2)\n"


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    ("files", "changes"),
    [
        ({"start.py": LAYER}, False),
        ({"start.py": DECORATED, "registry.py": REGISTRY}, True),
        ({"start.py": "import logging\nlogging.basicConfig()\n" + LAYER}, False),
        ({"start.py": "from registry import MODELS\nfrom torch import nn\nMODELS['a'] = nn.LSTM\n"}, True),
        ({"start.py": HOOKED, "base.py": HOOK}, True),
        ({"start.py": "from nets import Net\nfrom registry import add\nadd(Net)\n", "nets.py": LAYER}, True),
        ({"start.py": "from nets import Net\nprint(1)\n", "nets.py": LAYER}, False),
        ({"start/__init__.py": "from . import nets\n", "start/nets.py": DECORATED, "registry.py": REGISTRY}, True),
        ({"start/__init__.py": "from . import nets\n", "start/nets.py": LAYER}, False),
        ({"start.py": "import nets\n", "nets.py": DECORATED, "registry.py": REGISTRY}, False),
    ],
)
def test_what_changes_others_is_told_by_its_text(tmp_path: Path, files: dict[str, str], changes: bool) -> None:
    write(tmp_path, files)
    start = next(path for name in ("start.py", "start/__init__.py") if (path := tmp_path / name).exists())
    assert Effects(Resolver([str(tmp_path)]), 3, lambda data: None)(str(start)) is changes


def test_what_sets_a_default_of_torch_is_considered_and_not_run(tmp_path: Path) -> None:
    write(tmp_path, {"start.py": "import torch\ntorch.set_default_dtype(torch.float64)\n"})
    considered: list[bytes] = []
    assert not Effects(Resolver([str(tmp_path)]), 3, considered.append)(str(tmp_path / "start.py"))
    assert len(considered) == 1


def codes(folder: Path, name: str) -> list[tuple[int, str]]:
    return [(found.location.line, found.code) for found in lstmcheck.check(folder / name).findings]


def test_a_registry_is_filled_by_modules_that_nobody_asks(tmp_path: Path) -> None:
    main = "import torch\nimport nets\nfrom registry import MODELS\nMODELS['Net'](3, 4)(torch.zeros(5, 6, 7))\n"
    write(tmp_path, {"registry.py": REGISTRY, "nets.py": DECORATED, "main.py": main})
    assert codes(tmp_path, "main.py") == [(4, "LSTM223")]


def test_a_module_is_run_when_its_name_is_first_used(tmp_path: Path) -> None:
    nets = "from sizes import WIDTH\nfrom torch import nn\n\n\ndef net():\n    return nn.LSTM(WIDTH, 4)\n"
    main = "import torch\nfrom nets import net\nnet()(torch.zeros(5, 6, 7))\n"
    write(tmp_path, {"sizes.py": "WIDTH = 3\n", "nets.py": nets, "main.py": main})
    assert codes(tmp_path, "main.py") == [(3, "LSTM223")]


def test_names_of_a_cycle_are_found_when_they_are_used(tmp_path: Path) -> None:
    one = (
        "from two import WIDTH\nfrom torch import nn\nDEPTH = 2\n\n\ndef net():\n    return nn.LSTM(WIDTH, 4, DEPTH)\n"
    )
    two = "import one\nWIDTH = 3\n\n\ndef depth():\n    return one.DEPTH\n"
    main = "import torch\nfrom one import net\nnet()(torch.zeros(5, 6, 7))\n"
    write(tmp_path, {"one.py": one, "two.py": two, "main.py": main})
    assert codes(tmp_path, "main.py") == [(3, "LSTM223")]


def test_a_default_that_an_unused_module_sets_is_known(tmp_path: Path) -> None:
    main = "import torch\nimport setup\nx = torch.zeros(5, 6, 3, dtype=torch.float64)\ntorch.nn.LSTM(3, 4)(x)\n"
    write(tmp_path, {"setup.py": "import torch\ntorch.set_default_dtype(torch.float64)\n", "main.py": main})
    assert codes(tmp_path, "main.py") == []
    write(tmp_path, {"setup.py": "import torch\n"})
    assert [code for _, code in codes(tmp_path, "main.py")] == ["LSTM224"]


@pytest.mark.parametrize("lines", [10, IDLE_STEPS])
def test_long_ways_to_a_layer_lead_to_silence_about_them_alone(tmp_path: Path, lines: int) -> None:
    """What comes after a layer has the steps of the module, what comes to none in time is given up."""
    idle = "".join(f"    x{at} = {at} + {at + 1}\n" for at in range(lines))
    wrong = "    net = nn.LSTM(3, 4)\n    net(torch.zeros(5, 6, 7))\n"
    head = "import torch\nfrom torch import nn\n\n\n"
    write(tmp_path, {"before.py": f"{head}def main():\n{idle}{wrong}\n\nmain()\n"})
    write(tmp_path, {"after.py": f"{head}def main():\n    first = nn.GRU(3, 4)\n{idle}{wrong}\n\nmain()\n"})
    assert bool(codes(tmp_path, "before.py")) is (lines == 10)
    assert [code for _, code in codes(tmp_path, "after.py")] == ["LSTM223"]
