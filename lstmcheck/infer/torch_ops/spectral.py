"""Spectra over frames of a signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lstmcheck.dims import floordiv
from lstmcheck.infer.shapes import Shape
from lstmcheck.infer.torch_ops import op
from lstmcheck.infer.torch_ops.common import fresh, is_true
from lstmcheck.infer.values import Tensor, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine


@op(
    "torch.stft",
    "Tensor.stft",
    takes="input, n_fft, hop_length=None, win_length=None, window=None, center=True, pad_mode='reflect', "
    "normalized=False, onesided=None, return_complex=None",
)
def stft(
    m: Machine,
    input: Value,
    n_fft: Value,
    hop_length: Value = None,
    win_length: Value = None,
    window: Value = None,
    center: Value = True,
    pad_mode: Value = "reflect",
    normalized: Value = False,
    onesided: Value = None,
    return_complex: Value = None,
) -> Value | None:
    x, size = m.tensor(input), m.dim(n_fft)
    if x is None or size is None or not is_true(return_complex) or x.shape.rank not in (1, 2):
        return None
    hop = floordiv(size, 4) if hop_length is None else m.dim(hop_length)
    frames = fresh("frames")
    if center is True and hop is not None and hop != 0:
        frames = floordiv(x.size(-1), hop) + 1  # type: ignore[assignment]
    rows = floordiv(size, 2) + 1 if onesided in (None, True) else fresh("frequencies")
    return Tensor(Shape((*x.shape.left[:-1], rows, frames)), None, x.device)
