"""The weights of torch's recurrent modules: names, shapes, registration order, meaning.

Shapes, with G gates, D directions and Ho = proj_size or hidden_size: weight_ih_l{k} (G*hidden_size, input_size, or
D*Ho for k > 0), weight_hh_l{k} (G*hidden_size, Ho), bias_ih_l{k} and bias_hh_l{k} (G*hidden_size,), weight_hr_l{k}
(proj_size, hidden_size); `_reverse` for the second direction. Source of fact: RNNBase.__init__ of torch 2.13, held
against state_dict by tests/contract/test_weights.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lstmcheck.contract.cells import CellConfig
from lstmcheck.contract.config import RecurrentConfig
from lstmcheck.contract.values import Shape
from lstmcheck.dims import Dim, Poly, greater, select

ROLES: Mapping[str, str] = {
    "weight_ih": "input to hidden",
    "weight_hh": "hidden to hidden, the recurrent weight",
    "bias_ih": "bias added with the input product",
    "bias_hh": "second bias, added with the recurrent product (kept for cuDNN)",
    "weight_hr": "projection of the hidden state to proj_size",
}
"""What each kind of weight is, in registration order within one layer and direction."""

_NAME = re.compile(r"(weight_ih|weight_hh|weight_hr|bias_ih|bias_hh)(?:_l(\d+)(_reverse)?)?\Z")


@dataclass(frozen=True)
class Weight:
    """One parameter: `role` is a key of ROLES; layer 0 and not reverse in a cell."""

    name: str
    role: str
    layer: int
    reverse: bool
    shape: Shape

    @property
    def meaning(self) -> str:
        """What the weight is, in words."""
        return ROLES[self.role]


class OpenStructure(ValueError):
    """How many weights there are depends on a size or flag that is not known, or there are too many to list."""


# far more layers than anybody stacks
MAX_LAYERS = 1_000


def weights(config: RecurrentConfig | CellConfig) -> tuple[Weight, ...]:
    """Every parameter in registration order, which is also state_dict's. Sizes may be symbolic.

    Raises OpenStructure where num_layers, bidirectional, bias, or whether there is a projection is symbolic, and where
    there are more than `MAX_LAYERS` layers.
    """
    layers, directions, projected = 1, 1, False
    if isinstance(config, RecurrentConfig):
        layers, directions = _known(config.num_layers), 1 + _known(config.bidirectional)
        projected = bool(_known(greater(config.proj_size, 0)))
    if layers > MAX_LAYERS:
        raise OpenStructure(f"{layers} layers are too many to list")
    biased = bool(_known(config.bias))
    roles = [role for role in ROLES if (biased or not role.startswith("bias")) and (projected or role != "weight_hr")]
    out = []
    for layer in range(layers):
        for reverse in (False, True)[:directions]:
            suffix = ("_reverse" if reverse else "") if isinstance(config, RecurrentConfig) else ""
            for role in roles:
                name = f"{role}_l{layer}{suffix}" if isinstance(config, RecurrentConfig) else role
                out.append(Weight(name, role, layer, reverse, _shape(config, role, layer)))
    return tuple(out)


def _known(dim: Dim) -> int:
    if isinstance(dim, Poly):
        raise OpenStructure(f"{dim} is not known")
    return int(dim)


def state_dict_keys(config: RecurrentConfig | CellConfig) -> tuple[str, ...]:
    """The keys of state_dict(), in order. Raises OpenStructure as `weights` does."""
    return tuple(weight.name for weight in weights(config))


def parse_name(name: str) -> tuple[str, int, bool] | None:
    """(role, layer, reverse) of a weight's name (`weight_hh_l1_reverse`), None when it is none."""
    match = _NAME.match(name)
    if match is None:
        return None
    role, layer, reverse = match.groups()
    return role, int(layer or 0), reverse is not None


def weight_shape(config: RecurrentConfig | CellConfig, name: str) -> Shape | None:
    """The shape of one weight by name, also where the number of layers is symbolic; None for no such name.

    Whether the layer exists is not asked: that needs a number of layers.
    """
    parsed = parse_name(name)
    layered = parsed is not None and name != parsed[0]
    if parsed is None or layered != isinstance(config, RecurrentConfig) or name == "weight_hr":
        return None
    return _shape(config, parsed[0], parsed[1])


def _shape(config: RecurrentConfig | CellConfig, role: str, layer: int) -> Shape:
    hidden = config.hidden_size
    rows = len(config.gates) * hidden
    if role.startswith("bias"):
        return (rows,)
    if isinstance(config, CellConfig):
        return (rows, hidden if role == "weight_hh" else config.input_size)
    if role == "weight_hh":
        return (rows, config.real_hidden)
    if role == "weight_ih":
        return (rows, config.output_size if layer else config.input_size)
    return (config.proj_size, hidden)


def parameter_count(config: RecurrentConfig | CellConfig) -> Dim:
    """The number of scalars in all weights, symbolic where the configuration is."""
    hidden = config.hidden_size
    rows = len(config.gates) * hidden
    biases = select(config.bias, 2 * rows, 0)
    if isinstance(config, CellConfig):
        return rows * config.input_size + rows * hidden + biases
    each = rows * config.real_hidden + biases + config.proj_size * hidden
    first = each + rows * config.input_size
    above = each + rows * config.output_size
    return config.num_directions * (first + (config.num_layers - 1) * above)
