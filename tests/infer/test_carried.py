"""Which names a loop carries from one round into the next."""

from __future__ import annotations

import ast

import pytest

from lstmcheck.infer.carried import carried_names


@pytest.mark.parametrize(
    ("loop", "carried"),
    [
        ("for x in xs:\n    y = f(x)\n    print(y)", {"f", "print"}),
        ("for x in xs:\n    print(y)\n    y = x", {"print", "y"}),
        ("for x in xs:\n    out, h = net(x, h)", {"net", "h"}),
        ("for x in xs:\n    n += 1", {"n"}),
        ("for x in xs:\n    if c:\n        y = 1\n    else:\n        y = 2\n    g(y)", {"c", "g"}),
        ("for x in xs:\n    if c:\n        y = 1\n    g(y)", {"c", "g", "y"}),
        ("for x in xs:\n    for z in x:\n        y = z\n    g(y)", {"g", "y"}),
        ("for x in xs:\n    with f() as y:\n        g(y)", {"f", "g"}),
        ("for x in xs:\n    try:\n        y = g()\n    finally:\n        h(y)", {"g", "h", "y"}),
        ("while n > 0:\n    n = n - 1", {"n"}),
        ("for x in xs:\n    y = []\n    def add():\n        y.append(z)", {"z"}),
        ("for x in xs:\n    rows[x] = y", {"rows", "y"}),
    ],
)
def test_a_name_is_carried_that_may_be_read_before_it_is_assigned(loop: str, carried: set[str]) -> None:
    (node,) = ast.parse(loop).body
    assert isinstance(node, (ast.For, ast.While))
    assert carried_names(node) == carried
