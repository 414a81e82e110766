"""One LSTM layer, from the outside and from the inside."""

import torch
from torch import nn

torch.manual_seed(0)

lstm = nn.LSTM(input_size=4, hidden_size=3, batch_first=True)
x = torch.randn(2, 5, 4)  # two sequences of five steps, four numbers a step
out, (h_n, c_n) = lstm(x)

print("out", tuple(out.shape))  # every step: (batch, seq_len, hidden_size)
print("h_n", tuple(h_n.shape))  # after the last step: (num_layers, batch, hidden_size)
print("c_n", tuple(c_n.shape))

# The last step of `out` and the last layer of `h_n` are the same numbers.
assert torch.equal(out[:, -1], h_n[-1])


def by_hand(x: torch.Tensor) -> torch.Tensor:
    """What `lstm` computes, written out: (batch, seq_len, 4) to (batch, seq_len, 3)."""
    h = torch.zeros(x.size(0), 3)
    c = torch.zeros(x.size(0), 3)
    steps = []
    for t in range(x.size(1)):
        sums = x[:, t] @ lstm.weight_ih_l0.T + lstm.bias_ih_l0 + h @ lstm.weight_hh_l0.T + lstm.bias_hh_l0
        i, f, g, o = sums.chunk(4, dim=1)  # the order of the gates in torch's weights
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        steps.append(h)
    return torch.stack(steps, dim=1)


assert torch.allclose(by_hand(x), out, atol=1e-6)

# More layers and both directions: the state has one row for each layer and direction.
deep = nn.LSTM(4, 3, num_layers=2, bidirectional=True, dropout=0.1, batch_first=True)
h_0 = torch.zeros(2 * 2, x.size(0), 3)
c_0 = torch.zeros(2 * 2, x.size(0), 3)
out, (h_n, c_n) = deep(x, (h_0, c_0))
print("deep out", tuple(out.shape))
print("deep h_n", tuple(h_n.shape))

# A GRU has one state, and no pair.
gru = nn.GRU(4, 3, batch_first=True)
out, h_n = gru(x)
print("gru h_n", tuple(h_n.shape))
