"""What scikit-learn's scalers and splits keep of an array."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lstmcheck.infer.numpy_ops import op
from lstmcheck.infer.numpy_ops.arrays import array, data_of
from lstmcheck.infer.torch_ops.common import fresh, replaced, usual_rank
from lstmcheck.infer.values import Array, Items, Tensor, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

SCALERS = ("MinMaxScaler", "StandardScaler", "RobustScaler", "MaxAbsScaler")
_METHODS = ("fit_transform", "transform", "inverse_transform")


@op(
    *(f"sklearn.preprocessing.{scaler}().{method}" for scaler in SCALERS for method in _METHODS),
    takes="X, y=None, copy=None",
)
def transform(m: Machine, X: Value, y: Value = None, copy: Value = None) -> Value | None:
    x = data_of(m, X)
    # a data frame goes in as often as an array, and a scaler may be told to give one back
    return None if x is None else Array(Tensor(x.shape, None, name=x.name, leading=x, vague=True))


@op(*(f"sklearn.preprocessing.{scaler}().fit" for scaler in SCALERS), takes="X, y=None")
def fit(m: Machine, X: Value, y: Value = None) -> Value | None:
    return None


@op(
    "sklearn.model_selection.train_test_split",
    takes="*arrays, test_size=None, train_size=None, random_state=None, shuffle=True, stratify=None",
)
def train_test_split(
    m: Machine,
    *arrays: Value,
    test_size: Value = None,
    train_size: Value = None,
    random_state: Value = None,
    shuffle: Value = True,
    stratify: Value = None,
) -> Value | None:
    parts: list[Value] = []
    train, test = fresh("train"), fresh("test")
    for value in arrays:
        x = value.data if isinstance(value, Array) else None
        if x is None or x.shape.rank == 0:
            parts += [m.fresh("train", free=True), m.fresh("test", free=True)]
        else:
            rows = [replaced(x.shape, 0, size, usual_rank(x)) for size in (train, test)]
            parts += [array(m, shape, x.dtype, x) for shape in rows]
    return Items("list", parts)
