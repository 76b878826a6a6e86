"""How types of the intent are written in generated Python: annotations, conversions from and to rows, sample values."""

from __future__ import annotations

from telic.design.plan import Attribute, EntityPlan
from telic.model.intent import Field, FieldType, StateMachine

MOST_INT = 2**53 - 1  # what every JSON reader keeps exact
LINE = 200  # longest text where the intent gives no limit [characters]
ALIASES = {
    "Id": 'Annotated[str, Meta(pattern=r"\\A[A-Za-z0-9_-]{1,64}\\Z")]',
    "Email": 'Annotated[str, Meta(max_length=254, pattern=r"\\A[^@\\s\\x00]+@[^@\\s\\x00]+\\.[^@\\s\\x00]+\\Z")]',
    "Secret": "Annotated[str, Meta(min_length=8, max_length=128)]",
}
"""Names for checks that many fields share, written once a service."""


def annotation(kind: FieldType, machines: tuple[StateMachine, ...], *, checked: bool) -> str:
    """Return the annotation of a field; `checked` adds the bounds that a request has to keep.

    Examples
    --------
    >>> annotation(FieldType("int", minimum=1.0, maximum=5.0), (), checked=True)
    'Annotated[int, Meta(ge=1, le=5)]'
    """
    one = _one(kind, machines, checked=checked)
    if not kind.many:
        return one
    most = f", Meta(max_length={int(kind.maximum)})" if checked and kind.maximum is not None else ""
    return f"Annotated[list[{one}]{most}]" if most else f"list[{one}]"


def _one(kind: FieldType, machines: tuple[StateMachine, ...], *, checked: bool) -> str:
    if kind.base == "entity":
        return kind.target
    if kind.base == "enum":
        return f"Literal[{', '.join(map(repr, kind.options))}]"
    if kind.base == "state":
        return f"Literal[{', '.join(map(repr, states(kind, machines)))}]"
    if kind.base in ("geo", "daterange", "date"):
        return {"geo": "Geo", "daterange": "DateRange", "date": "date"}[kind.base]
    if kind.base in ("str", "email", "secret", "ref"):
        return _text(kind) if checked else "str"
    plain = {"int": "int", "money": "int", "bool": "bool"}.get(kind.base, "float")
    return f"Annotated[{plain}, Meta({_bounds(kind)})]" if checked and plain != "bool" and not kind.many else plain


def _text(kind: FieldType) -> str:
    if kind.base == "str":
        return f'Annotated[str, Meta(max_length={int(kind.maximum or LINE)}, pattern=r"\\A[^\\x00]*\\Z")]'
    return {"email": "Email", "secret": "Secret", "ref": "Id"}[kind.base]


def _bounds(kind: FieldType) -> str:
    low, high = bounds(kind)
    return ", ".join(
        ([f"{'gt' if kind.exclusive else 'ge'}={low}"] if low is not None else [])
        + ([f"le={high}"] if high is not None else [])
    )


def bounds(kind: FieldType) -> tuple[float | None, float | None]:
    """Return the least and the greatest number that a field may carry; money in minor units."""
    low, high = kind.minimum, kind.maximum
    if kind.base in ("int", "money"):
        factor = 100 if kind.base == "money" else 1
        least = round(low * factor) if low is not None else 0 if kind.base == "money" else -MOST_INT
        return least, round(high * factor) if high is not None else MOST_INT
    return (0.0 if low is None and kind.base == "duration" else low), high


def states(kind: FieldType, machines: tuple[StateMachine, ...]) -> tuple[str, ...]:
    """Return all states of a field of type ``state``, the initial one first."""
    machine = next(each for each in machines if each.name == kind.target)
    return tuple(dict.fromkeys([machine.initial, *(each for edge in machine.edges for each in edge)]))


def from_row(attribute: Attribute) -> str:
    """Return the expression that reads a public field from ``row``."""
    first, *rest = [f'row["{each.name}"]' for each in attribute.columns]
    if attribute.type.base == "geo":
        return f"Geo(lat={first}, lon={rest[0]})"
    if attribute.type.base == "daterange":
        return f"DateRange(start={first}, end={rest[0]})"
    return first


def to_columns(attribute: Attribute, value: str) -> list[str]:
    """Return the expressions for the columns of a public field whose value is the expression `value`."""
    if attribute.type.base == "geo":
        return [f"{value}.lat", f"{value}.lon", f"cell_of({value}.lat, {value}.lon)"]
    if attribute.type.base == "daterange":
        return [f"{value}.start", f"{value}.end"]
    return [value]


def sample(field: Field, machines: tuple[StateMachine, ...], *, suffix: str = "1") -> str:
    """Return an expression for a plausible value, the same for the same arguments.

    Examples
    --------
    >>> sample(Field("hotel", FieldType("ref", target="Hotel")), ())
    '"hotel-1"'
    """
    kind = field.type
    low, high = bounds(kind)
    texts = {
        "ref": f'"{kind.target.lower()}-{suffix}"',
        "email": f'"someone{suffix}@example.com"',
        "secret": '"correct horse battery"',
        "geo": "Geo(lat=52.52, lon=13.405)",
        "date": "date(2027, 3, 1)",
        "daterange": "DateRange(start=date(2027, 3, 1), end=date(2027, 3, 3))",
        "bool": "True",
        "str": f'"{field.name} {suffix}"[:{int(kind.maximum)}]'
        if kind.maximum and kind.maximum < 20
        else f'"{field.name} {suffix}"',
    }
    if kind.base in texts:
        return texts[kind.base]
    if kind.base == "enum":
        return repr(kind.options[0])
    if kind.base == "state":
        return repr(states(kind, machines)[0])
    number = _between(kind, low, high)
    return str(int(number)) if kind.base in ("int", "money") else repr(float(number))


def _between(kind: FieldType, low: float | None, high: float | None) -> float:
    if low is None and high is None:
        return 1.0
    if low is None or low <= -MOST_INT:
        return min(1.0, high if high is not None else 1.0)
    return low + 1 if high is None or low + 1 <= high else low


def values_of(entity: EntityPlan) -> list[str]:
    """Return the expressions for all public columns of an entity called by its own name."""
    return [each for attribute in entity.attributes for each in to_columns(attribute, f"{entity.one}.{attribute.name}")]
