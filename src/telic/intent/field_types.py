"""The closed set of field types: read from text, written back the same."""

from __future__ import annotations

import re
from collections.abc import Callable

from telic.errors import InvalidIntent
from telic.intent import units
from telic.intent.findings import near
from telic.model.intent import FieldType

BASES = (
    "str", "int", "float", "bool", "email", "secret", "geo", "money", "daterange", "date", "enum", "ref", "state",
    "duration",
)  # fmt: skip
"""What a field can be; ``entity`` (a whole thing, as in ``out: [Hotel]``) is for outputs alone."""

_BOUNDS: dict[str, Callable[[str], float]] = {
    "int": lambda text: float(_whole(text)),
    "float": units.number,
    "money": units.money,
    "duration": units.duration,
}
_WRITTEN: dict[str, Callable[[float], str]] = {"duration": units.write_duration}


def read_type(text: str) -> FieldType:
    """Read a type: ``int>=0``, ``int(1..5)``, ``str<=2000``, ``enum(a|b)``, ``ref(User)``, ``state(booking)``.

    Examples
    --------
    >>> read_type("int(1..5)")
    FieldType(base='int', target='', options=(), minimum=1.0, maximum=5.0, exclusive=False, many=False)
    """
    found = re.fullmatch(r"([A-Za-z_]+)(?:\((.*)\)|\s*(>=|<=|>|<)\s*(\S+))?", text.strip())
    if not found or found[1] not in BASES:
        name = found[1] if found else text
        raise InvalidIntent(f"{text!r} is not a type", hint=near(name, BASES))
    base, inside, sign, bound = found[1], found[2], found[3], found[4]
    if base in ("ref", "state", "enum"):
        return _named(text, base, inside)
    if inside is not None:
        return _ranged(text, base, inside)
    return _bounded(text, base, sign, bound) if sign else FieldType(base)


def write_type(kind: FieldType) -> str:
    """Write a type so that `read_type` reads the same.

    Examples
    --------
    >>> write_type(read_type("str<=2000"))
    'str<=2000'
    """
    if kind.base == "entity":
        return kind.target
    if kind.base == "enum":
        return f"enum({'|'.join(kind.options)})"
    if kind.target:
        return f"{kind.base}({kind.target})"
    write = _WRITTEN.get(kind.base, _plain)
    if kind.minimum is not None and kind.maximum is not None:
        return f"{kind.base}({write(kind.minimum)}..{write(kind.maximum)})"
    if kind.minimum is not None:
        return f"{kind.base}{'>' if kind.exclusive else '>='}{write(kind.minimum)}"
    return f"{kind.base}<={write(kind.maximum)}" if kind.maximum is not None else kind.base


def _named(text: str, base: str, inside: str | None) -> FieldType:
    if base == "enum":
        options = tuple(each.strip() for each in (inside or "").split("|"))
        if len(options) < 2 or len(set(options)) < len(options) or not all(map(_is_word, options)):
            raise InvalidIntent(f"{text!r} needs two or more different options", hint="such as enum(red|green)")
        return FieldType("enum", options=options)
    if not inside or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", inside):
        example = "ref(User)" if base == "ref" else "state(booking)"
        raise InvalidIntent(f"{text!r} does not say which", hint=f"such as {example}")
    return FieldType(base, target=inside)


def _ranged(text: str, base: str, inside: str) -> FieldType:
    bounds = inside.split("..")
    if base not in _BOUNDS or len(bounds) != 2:
        raise InvalidIntent(
            f"{text!r} is not a range", hint="int, float, money and duration take one, such as int(1..5)"
        )
    low, high = (_BOUNDS[base](each.strip()) for each in bounds)
    if low > high:
        raise InvalidIntent(f"{text!r} is an empty range", hint="the smaller bound comes first")
    return FieldType(base, minimum=low, maximum=high)


def _bounded(text: str, base: str, sign: str, bound: str) -> FieldType:
    if base == "str" and sign == "<=":
        return FieldType(base, maximum=float(units.count(bound)))
    if base not in _BOUNDS or sign == "<":
        raise InvalidIntent(f"{text!r} has a bound that its base does not take", hint="str<=80, int>=0, int>0, int<=9")
    value = _BOUNDS[base](bound)
    return FieldType(base, maximum=value) if sign == "<=" else FieldType(base, minimum=value, exclusive=sign == ">")


def _whole(text: str) -> int:
    if not re.fullmatch(r"-?(?:0|[1-9][0-9]{0,11})", text):
        raise InvalidIntent(f"{text!r} is not a whole number", hint="such as 5")
    return int(text)


def _is_word(text: str) -> bool:
    return bool(re.fullmatch(r"[a-z][a-z0-9_]*", text))


def _plain(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
