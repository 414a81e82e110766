"""What is wrong with what was read of a recurrent call, once nothing more can be read of it.

The evidence is which parts of a result reached a loss (or, without one, other modules), in the shapes of the run. A
part that a detached copy reads is not seen: what is said holds of the gradient.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from lstmcheck.contract.needs import Need
from lstmcheck.findings import Location, Related, Violation
from lstmcheck.runtime import graph_lines as lines
from lstmcheck.runtime.graph_axes import Notice, Region
from lstmcheck.runtime.graph_calls import Known


class Told(NamedTuple):
    """A mistake: its need, and what to look for in the source, of which part of the result."""

    need: Need
    part: lines.Part = "out"
    sought: Sequence[lines.Match] = ()
    where: Location | None = None


def violations(known: Known) -> Iterator[Violation]:
    """What a call's results show, for the rules to judge."""
    told = [] if known.spoilt else [told for look in _LOOKS for told in look(known)]
    told += [found for notice in known.notices if (found := _noticed(known, notice)) is not None]
    for one in told:
        place = one.where or (lines.find(known.frames, one.part, one.sought) if one.sought else None) or known.site()
        if place is None:
            continue
        related = [Related(known.made, f"{known.kind} made here")] if known.made is not None else []
        site = known.site()
        if site is not None and site.line != place.line:
            related.insert(0, Related(site, "called here"))
        yield Violation(one.need, place, sources=tuple(related), layer=known.layer)


def _need(what: str, subject: str, **detail: Any) -> Need:
    return Need(what, detail.pop("got", None), detail.pop("want", None), "never", subject, detail=detail)


def _flag(known: Known) -> str:
    how = "has batch_first=True" if known.batch_first else "has no batch_first=True"
    return f"this {known.kind} {how} and returned {known.output}"


def _time_at(known: Known) -> int:
    return 1 if known.batch_first else 0


def _is(part: range | None, index: int) -> bool:
    return part is not None and len(part) == 1 and part[0] == index


# What was read


def _last_sample(known: Known) -> Iterator[Told]:
    """Of the output only the last sample, at every step; of a state only the last sample."""
    batch, time = known.batch, known.time
    if batch is None or batch < 2:
        return
    regions = known.regions("out")
    last = batch - 1
    if regions and time > 1 and all(_is(region.batch, last) and region.time is None for region in regions):
        if known.packed:
            text = f"pad_packed_sequence returned {known.output}, steps first"
            axis = 1
        else:
            text, axis = _flag(known), 1 - _time_at(known)
        need = _need("silent.last_sample", "output", axis=axis, time=1 - axis, state=False, text=text)
        yield Told(need, "out", (lines.reading(axis), lines.reading()))
    states = known.regions("h_n")
    count = known.layers * known.directions
    if states and not regions and all(_is(one.batch, last) and len(one.rows or ()) == count for one in states):
        need = _need("silent.last_sample", "h_n", axis=1, time=None, state=True, text="")
        yield Told(need, "h_n", (lines.reading(1), lines.reading()))


def _direction(known: Known) -> Iterator[Told]:
    """The backward half read at the last step alone, or the forward half, by itself, at the first alone."""
    if known.directions != 2 or known.time < 2 or known.padded:
        return
    width, last = known.width, known.time - 1
    regions = known.regions("out")
    back = [region for region in regions if region.features is None or region.features[1] > width]
    ahead = [region for region in regions if region.features is None or region.features[0] < width]
    if back and all(_is(region.time, last) for region in back):
        both = any(region in ahead for region in back)
        need = _need("silent.direction", "output", half="both" if both else "backward", step="last")
        sought = (lines.reading(_time_at(known)), lines.reading())
        yield Told(need, "out", sought if both else (lines.reading_end, *sought))
    elif ahead and all(_is(region.time, 0) and region not in back for region in ahead):
        need = _need("silent.direction", "output", half="forward", step="first")
        yield Told(need, "out", (lines.reading(_time_at(known)), lines.reading()))


def _rows(known: Known) -> Iterator[Told]:
    """Rows of h_n that are none of the last layer's, or one of its two directions."""
    count, directions = known.layers * known.directions, known.directions
    regions = known.regions("h_n")
    if (
        known.is_cut
        or count < 2
        or known.regions("out")
        or not regions
        or any(region.rows is None for region in regions)
    ):
        return
    read = frozenset(row for region in regions for row in region.rows or ())
    last = frozenset(range(count - directions, count))
    if read & last and not (directions == 2 and len(read) == 1):
        return
    pair = lines.unpacked(known.frames) if known.kind != "LSTM" and count == 2 and read == {0} else None
    if pair is not None:
        place, names = pair
        yield Told(_need("silent.state_unpacked", "h_n", got=count, want=2, names=names, cell=False), where=place)
        return
    need = _need(
        "silent.rows", "h_n", how="", rows=tuple(sorted(read)), layers=known.layers, directions=directions, part="h_n"
    )
    yield Told(need, "h_n", (lines.reading(),))


_HIDDEN = frozenset({"h", "hn", "h_n", "ht", "h_t", "hid", "hidden", "hidden_state", "h0", "final_hidden"})
_CELL = frozenset({"c", "cn", "c_n", "ct", "c_t", "cell", "cell_state", "c0", "final_cell"})


def _swapped(known: Known) -> Iterator[Told]:
    """Only the cell state is read, under a name of the hidden state."""
    if known.kind != "LSTM" or not known.regions("c_n") or known.regions("h_n") or known.regions("out"):
        return
    found = lines.unpacked(known.frames)
    if found is None:
        return
    place, (first, second) = found
    names = [name.rpartition(".")[2].lower() for name in (first, second)]
    if names[1] in _HIDDEN and (names[0] in _CELL or names[0] in ("_", "__", "unused")):
        both = names[0] in _CELL
        yield Told(_need("silent.states_named", "(h, c)", names=(first, second), both=both), where=place)


def _padding(known: Known) -> Iterator[Told]:
    """The last step of rows of which some end before, or the state in which the layer went on through padding."""
    if not known.padded:
        return
    regions = known.regions("out")
    if regions and all(_is(region.time, known.time - 1) for region in regions):
        need = _need("silent.last_padded", "output", how="the last step")
        yield Told(need, "out", (lines.reading(_time_at(known)), lines.reading()))
    elif not known.packed and not regions and known.regions("h_n"):
        yield Told(_need("silent.last_padded", "h_n", how="the final state"), "h_n", (lines.reading(),))


_LOOKS = (_last_sample, _direction, _rows, _swapped, _padding)


# What one operation shows

_REDUCING = frozenset({"mean", "sum"})
_VIEWS = frozenset({"view", "reshape", "flatten", "view_as", "reshape_as", "unflatten"})


def _noticed(known: Known, notice: Notice) -> Told | None:
    detail, part = dict(notice.detail), _part(notice)
    if notice.what == "silent.scrambled":
        if notice.source.part == "input":
            where = lines.find_before(known.frames, lines.calling(_VIEWS))
            return Told(_need("silent.scrambled", "view", **detail), where=where)
        return Told(_need("silent.scrambled", "view", **detail), part, (lines.calling(_VIEWS),))
    if notice.what == "silent.rows":
        sought = (lines.calling(_VIEWS),) if detail["how"] == "order" else (lines.reading(),)
        return Told(_need("silent.rows", notice.source.part, **detail), part, sought)
    if notice.what == "silent.over_batch":
        operation = str(detail["operation"])
        text = f"pad_packed_sequence returned {known.output}" if known.packed else _flag(known)
        names = frozenset(
            {operation, operation.capitalize(), "softmax", "log_softmax"} if "max" in operation else {operation}
        )
        return Told(_need("silent.over_batch", "output", **detail, text=text), part, (lines.calling(names),))
    if notice.what == "silent.mean_padded":
        if not known.padded:
            return None
        return Told(_need("silent.mean_padded", "output"), part, (lines.calling(frozenset({"mean"})),))
    if notice.what == "silent.over_time":
        names = frozenset({"log_softmax", "LogSoftmax"})
        return Told(_need("silent.over_time", "output", **detail), part, (lines.calling(names),))
    if notice.what in ("silent.class_axis", "silent.pairing", "loss.broadcast"):
        subject = str(detail.pop("subject", "loss"))
        reducing = (lines.calling(_REDUCING),) if subject == "the loss" else ()
        return Told(_need(notice.what, subject, **detail), part, (lines.losing, *reducing))
    assert notice.what == "time.split"
    return _merged(known, detail["sizes"])


def _part(notice: Notice) -> lines.Part:
    return "h_n" if notice.source.part == "h_n" else "c_n" if notice.source.part == "c_n" else "out"


def _merged(known: Known, sizes: Any) -> Told | None:
    """An unbatched sequence whose steps a view takes apart into the first two axes of what the model was given."""
    given = next((shape for shape in known.given if len(shape) > 2 and shape[:2] == sizes and min(sizes) > 1), None)
    if not known.unbatched or given is None:
        return None
    text = f"its {known.time} steps are the first two axes of the model's input {given}"
    need = _need("silent.no_time_axis", "input", text=text, merged=True)
    return Told(need, where=known.site())


__all__ = ["Region", "Told", "violations"]
