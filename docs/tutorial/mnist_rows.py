"""An image is a sequence of rows: 28 steps of 28 pixels, as with MNIST. The images are drawn here, nothing is loaded."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


def strokes(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Images (count, 1, 28, 28) of four strokes: upright, flat, falling, rising; and which one each is."""
    kind = torch.randint(4, (count,))
    images = 0.3 * torch.rand(count, 1, 28, 28)
    step = torch.arange(28)
    for image, which in zip(images, kind.tolist()):
        place = int(torch.randint(4, 24, ()))
        rows = (step, torch.full((28,), place), step, step)[which]
        columns = (torch.full((28,), place), step, step, 27 - step)[which]
        image[0, rows, columns] = 1.0
    return images, kind


class RowReader(nn.Module):
    def __init__(self, hidden_size: int = 32, num_layers: int = 1, classes: int = 4):
        super().__init__()
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.lstm = nn.LSTM(28, hidden_size, num_layers, batch_first=True)
        self.head = nn.Linear(hidden_size, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        rows = images.squeeze(1)  # (batch, 1, 28, 28) to (batch, 28 rows, 28 pixels)
        h_0 = torch.zeros(self.num_layers, rows.size(0), self.hidden_size)
        c_0 = torch.zeros(self.num_layers, rows.size(0), self.hidden_size)
        out, _ = self.lstm(rows, (h_0, c_0))
        return self.head(out[:, -1])  # what is known after the last row


images, kinds = strokes(512)
loader = DataLoader(TensorDataset(images, kinds), batch_size=64, shuffle=True)
model = RowReader()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for _ in range(6):
    for batch, target in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(batch), target)
        loss.backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    fresh, kinds = strokes(200)
    accuracy = (model(fresh).argmax(1) == kinds).float().mean().item()
print(f"right: {accuracy:.0%}")
