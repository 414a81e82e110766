"""Why torch raised, where it raised after a recurrent call: from the traceback to a violation that the rules can word.

One module a kind of mistake; each looks at the `Scene` and returns what is violated, or None. Nothing of the user's is
run: values are read from frames.
"""

from __future__ import annotations

from collections.abc import Callable

from lstmcheck.findings import Related, Violation
from lstmcheck.runtime.explain import following, joining, losses, packing, tuples, unpacking, weights
from lstmcheck.runtime.explain.scene import Scene, Told, scene_of

_EXPLAINERS: tuple[Callable[[Scene], Told | None], ...] = (
    weights.explain,
    packing.explain,
    losses.explain,
    unpacking.explain,
    tuples.explain,
    following.explain,
    joining.explain,
)


def explain(error: BaseException) -> Violation | None:
    """What is violated where an exception was raised; None where no recurrent layer has to do with it."""
    scene = scene_of(error)
    if scene is None:
        return None
    for explainer in _EXPLAINERS:
        told = explainer(scene)
        if told is not None:
            layer = told.layer
            made = layer.get("location") if layer is not None else None
            related = (Related(made, f"{layer['kind']} made here"),) if made is not None and layer is not None else ()
            return Violation(told.need, scene.place, (), related, layer)
    return None
