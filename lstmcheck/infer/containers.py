"""Methods of Python's lists, tuples, dicts and strings."""

from __future__ import annotations

from collections.abc import Callable

from lstmcheck.dims import guard, symbol
from lstmcheck.infer.expressions import followed, is_key, whole_items
from lstmcheck.infer.joins import join, settle
from lstmcheck.infer.limits import MAX_TEXT, may_format
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.silent import unseen
from lstmcheck.infer.values import NOTHING, Contents, Items, Mapping, Value

Args = list[Value]
Keywords = dict[str, Value]


def call_container_method(m: Machine, receiver: Value, name: str, args: Args, keywords: Keywords, open_: bool) -> Value:
    """Call a method of a list, tuple, dict, string or number."""
    if isinstance(receiver, Items):
        method = ITEMS.get(name)
        return method(m, receiver, args, keywords) if method and not open_ else _lose(m, receiver, name)
    if isinstance(receiver, Mapping):
        entry = MAPPING.get(name)
        if entry is not None and not open_:
            return entry(m, receiver, args, keywords)
        forget_entries(m, receiver)
        return m.fresh(name)
    if isinstance(receiver, str):
        return followed(m, _string(m, receiver, name, args))
    return m.fresh(name)


def _lose(m: Machine, items: Items, name: str) -> Value:
    if name not in ("index", "count", "__len__"):
        m.set_contents(items, (), m.fresh("element"), symbol("len", 0))
    return m.fresh(name)


def _append(m: Machine, items: Items, args: Args, keywords: Keywords) -> Value:
    if args:
        append(m, items, args[0])
    return None


def append(m: Machine, items: Items, value: Value) -> None:
    """Add one element at the end; a full `deque` loses its first."""
    unseen.hold_layer(items, value)
    most = items.state.get("maxlen")
    if most is not None:
        length = items.length
        if not (isinstance(length, int) and isinstance(most, int)):
            _append_to_some(m, items, value)
            return
        if length >= most:
            if not items.whole:
                _append_to_some(m, items, value)
            else:
                m.set_contents(items, (*items.head[1:], value))
            return
    m.spend(len(items.head))
    if items.whole:
        m.set_contents(items, (*items.head, value))
        return
    from lstmcheck.infer.joins import same, widen

    rest = items.rest if same(items.rest, value) else widen(items.rest, value, "element")
    m.set_contents(items, items.head, rest, items.length + 1)


def _append_to_some(m: Machine, items: Items, value: Value) -> None:
    """Add to a sequence of which only the common kind of its elements stays known."""
    from lstmcheck.infer.loops import common

    known = [*items.head, *([] if items.whole else [items.rest]), value]
    m.set_contents(items, (), common(known, "element"), symbol("len", 1))


def _append_first(m: Machine, items: Items, args: Args, keywords: Keywords) -> Value:
    if args:
        _append_to_some(m, items, args[0])
    return None


def _pop_first(m: Machine, items: Items, args: Args, keywords: Keywords) -> Value:
    return _pop(m, items, [0], {})


def extend(m: Machine, items: Items, other: Value) -> None:
    """Add the elements of another value at the end."""
    from lstmcheck.infer.loops import elements_of

    contents = elements_of(m, other)
    m.spend(len(items.head))
    for element in contents.head[:1] if contents is not None else ():
        unseen.hold_layer(items, element)
    if contents is not None and items.whole:
        if contents.rest is NOTHING:
            m.set_contents(items, items.head + contents.head)
        else:
            m.set_contents(items, items.head + contents.head, contents.rest, len(items.head) + contents.length)
        return
    length = items.length + contents.length if contents is not None else symbol("len", 0)
    m.set_contents(items, items.head, m.fresh("element"), length)


def _extend(m: Machine, items: Items, args: Args, keywords: Keywords) -> Value:
    if args:
        extend(m, items, args[0])
    return None


def _insert(m: Machine, items: Items, args: Args, keywords: Keywords) -> Value:
    if len(args) == 2 and items.whole and isinstance(args[0], int):
        head = list(items.head)
        head.insert(args[0], args[1])
        m.set_contents(items, head)
    else:
        m.set_contents(items, (), m.fresh("element"), items.length + 1)
    return None


def _pop(m: Machine, items: Items, args: Args, keywords: Keywords) -> Value:
    position = args[0] if args else -1
    if not items.whole and not items.head and position in (0, -1):
        # any element is like the others
        m.set_contents(items, (), items.rest, symbol("len", 0))
        return items.rest
    if items.whole and isinstance(position, int) and -len(items.head) <= position < len(items.head):
        head = list(items.head)
        value = head.pop(position)
        m.set_contents(items, head)
        return value
    m.set_contents(items, (), m.fresh("element"), symbol("len", 0))
    return m.fresh("element")


def _reverse(m: Machine, items: Items, args: Args, keywords: Keywords) -> Value:
    if items.whole:
        m.set_contents(items, items.head[::-1])
    else:
        m.set_contents(items, (), m.fresh("element"), items.length)
    return None


def _sort(m: Machine, items: Items, args: Args, keywords: Keywords) -> Value:
    if len(items.head) > 1 or not items.whole:
        m.set_contents(items, (), in_any_order(items.contents), items.length)
    return None


def in_any_order(contents: Contents) -> Value:
    """What every element of a sequence is, wherever it stands."""
    from lstmcheck.infer.loops import common

    rest = [value for value in (contents.rest, contents.last) if value is not NOTHING and value is not None]
    return common([*contents.head, *rest], "element")


def _clear(m: Machine, items: Items, args: Args, keywords: Keywords) -> Value:
    m.set_contents(items, ())
    return None


def _copy(m: Machine, items: Items, args: Args, keywords: Keywords) -> Value:
    contents = items.contents
    copied = Items(items.kind, contents.head, role=items.role)
    copied.state["contents"] = contents
    return copied


def _ask(m: Machine, items: Items, args: Args, keywords: Keywords) -> Value:
    return m.fresh(kind="int")


ITEMS: dict[str, Callable[[Machine, Items, Args, Keywords], Value]] = {
    "append": _append,
    "appendleft": _append_first,
    "popleft": _pop_first,
    "extend": _extend,
    "insert": _insert,
    "pop": _pop,
    "reverse": _reverse,
    "sort": _sort,
    "clear": _clear,
    "copy": _copy,
    "index": _ask,
    "count": _ask,
}


def _get(m: Machine, mapping: Mapping, args: Args, keywords: Keywords) -> Value:
    from lstmcheck.infer.subscripts import get_item

    default = args[1] if len(args) > 1 else keywords.get("default")
    key = settle(args[0], m.facts) if args else None
    if is_key(key):
        value = mapping.entries.get(key, NOTHING)
        if value is not NOTHING:
            return settle(value, m.facts)
        return get_item(m, mapping, key) if mapping.open else default
    found = m.each(key, lambda k: get_item(m, mapping, k))
    return join(guard("in dict", True), found, default)


def _items(m: Machine, mapping: Mapping, args: Args, keywords: Keywords) -> Value:
    pairs = [Items("tuple", [key, value]) for key, value in mapping.entries.items() if value is not NOTHING]
    if mapping.open:
        return Items("iterator", pairs, Items("tuple", [m.fresh("key"), m.fresh("value")]), symbol("len", len(pairs)))
    return Items("iterator", pairs)


def _keys(m: Machine, mapping: Mapping, args: Args, keywords: Keywords) -> Value:
    keys = [key for key, value in mapping.entries.items() if value is not NOTHING]
    return (
        Items("iterator", keys, m.fresh("key"), symbol("len", len(keys))) if mapping.open else Items("iterator", keys)
    )


def _values(m: Machine, mapping: Mapping, args: Args, keywords: Keywords) -> Value:
    values = [value for value in mapping.entries.values() if value is not NOTHING]
    if mapping.open:
        return Items("iterator", values, m.fresh("value"), symbol("len", len(values)))
    return Items("iterator", values)


def _update(m: Machine, mapping: Mapping, args: Args, keywords: Keywords) -> Value:
    from lstmcheck.infer.builtins import BUILTINS

    for source in args:
        source = settle(source, m.facts)
        if isinstance(source, Items):
            source = BUILTINS["dict"](m, [source], {})
        if isinstance(source, Mapping):
            for key, value in source.entries.items():
                m.put(mapping.entries, key, value)
            if source.open:
                forget_entries(m, mapping)
        else:
            forget_entries(m, mapping)
    for key, value in keywords.items():
        m.put(mapping.entries, key, value)
    return None


def forget_entries(m: Machine, mapping: Mapping) -> None:
    """Anything may have come in: any of the known entries may have been replaced."""
    for key in list(mapping.entries):
        m.put(mapping.entries, key, m.fresh(str(key), "it may have been replaced"))
    m.put(mapping.state, "open", True)
    m.put(mapping.state, "numbers", False)


def _pop_key(m: Machine, mapping: Mapping, args: Args, keywords: Keywords) -> Value:
    value = _get(m, mapping, args, keywords)
    _delete_item(m, mapping, args, keywords)
    return value


def _set_default(m: Machine, mapping: Mapping, args: Args, keywords: Keywords) -> Value:
    if args and is_key(args[0]):
        default = args[1] if len(args) == 2 else None
        if mapping.entries.get(args[0], NOTHING) is NOTHING:
            m.put(mapping.entries, args[0], m.fresh(str(args[0])) if mapping.open else default)
        return mapping.entries[args[0]]
    forget_entries(m, mapping)
    return m.fresh("setdefault")


def _copy_mapping(m: Machine, mapping: Mapping, args: Args, keywords: Keywords) -> Value:
    return Mapping(dict(mapping.entries), mapping.open)


def _pop_item(m: Machine, mapping: Mapping, args: Args, keywords: Keywords) -> Value:
    known = [(key, value) for key, value in mapping.entries.items() if value is not NOTHING]
    if args or keywords or mapping.open or not known:
        forget_entries(m, mapping)
        return m.fresh("item")
    m.delete(mapping.entries, known[-1][0])
    return Items("tuple", known[-1])


def _move_to_end(m: Machine, mapping: Mapping, args: Args, keywords: Keywords) -> Value:
    key = args[0] if args else None
    if len(args) != 1 or keywords or not is_key(key) or mapping.open or m.forks:
        forget_entries(m, mapping)
    elif key in mapping.entries:
        mapping.entries[key] = mapping.entries.pop(key)
    return None


def _clear_mapping(m: Machine, mapping: Mapping, args: Args, keywords: Keywords) -> Value:
    for key in list(mapping.entries):
        m.delete(mapping.entries, key)
    m.put(mapping.state, "open", False)
    return None


def _item(m: Machine, mapping: Mapping, args: Args, keywords: Keywords) -> Value:
    from lstmcheck.infer.subscripts import get_item

    return get_item(m, mapping, settle(args[0], m.facts)) if args else m.fresh("item")


def _set_item(m: Machine, mapping: Mapping, args: Args, keywords: Keywords) -> Value:
    from lstmcheck.infer.subscripts import set_item

    if len(args) == 2:
        set_item(m, mapping, settle(args[0], m.facts), args[1])
    return None


def _delete_item(m: Machine, mapping: Mapping, args: Args, keywords: Keywords) -> Value:
    key = settle(args[0], m.facts) if args else None
    if is_key(key):
        m.delete(mapping.entries, key)
    else:
        forget_entries(m, mapping)
    return None


MAPPING: dict[str, Callable[[Machine, Mapping, Args, Keywords], Value]] = {
    "get": _get,
    "items": _items,
    "keys": _keys,
    "values": _values,
    "update": _update,
    "pop": _pop_key,
    "setdefault": _set_default,
    "copy": _copy_mapping,
    "clear": _clear_mapping,
    "popitem": _pop_item,
    "move_to_end": _move_to_end,
    "__init__": _update,
    "__getitem__": _item,
    "__setitem__": _set_item,
    "__delitem__": _delete_item,
}

_STRING_METHODS = frozenset(
    ["lower", "upper", "strip", "lstrip", "rstrip", "title", "capitalize", "startswith", "endswith", "replace"]
)


def _string(m: Machine, text: str, name: str, args: Args) -> Value:
    if name in _STRING_METHODS and all(isinstance(arg, str) for arg in args):
        if name == "replace" and len(args) == 2 and text.count(args[0]) * len(args[1]) > MAX_TEXT:
            return m.fresh(kind="str")
        try:
            return getattr(text, name)(*args)
        except TypeError:
            return m.fresh(kind="str")
    if name in ("count", "find", "rfind", "index", "rindex"):
        if len(args) == 1 and isinstance(args[0], str) and (args[0] in text or name in ("count", "find", "rfind")):
            return getattr(text, name)(args[0])
        return m.fresh(kind="int")
    if name == "split" and len(args) <= 1 and all(isinstance(arg, str) and arg for arg in args):
        return Items("list", text.split(*args))
    if name == "join" and args:
        parts = whole_items(m, args[0])
        if parts is not None and all(isinstance(part, str) for part in parts):
            length = sum(map(len, parts)) + len(text) * len(parts)
            return text.join(parts) if length <= MAX_TEXT else m.fresh(kind="str")
    plain = all(isinstance(arg, (str, int)) and not isinstance(arg, bool) for arg in args)
    if name == "format" and plain and may_format(text):
        try:
            return text.format(*args)
        except (IndexError, KeyError, ValueError, AttributeError, TypeError):
            return m.fresh(kind="str")
    if name in ("startswith", "endswith"):
        return m.fresh(kind="bool")
    return m.fresh(kind="str" if name in ("join", "format") or name in _STRING_METHODS else None)
