"""Parameters of templates in a file: read by the type that the template gives them."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Union, get_args, get_origin, get_type_hints

from telic.errors import UsageError
from telic.intent.source import Item
from telic.opportunities.language.schema import near
from telic.opportunities.template import Template

Scalar = str | int | float | bool
Setting = Scalar | tuple[Scalar, ...] | Mapping[str, Scalar]
Wrong = Callable[[Item, str, str], Exception]


def settings_of(key: Item, value: Item, wrong: Wrong) -> dict[str, Setting]:
    """Read the parameters of the template called `key`; and make it once, so that its own checks are heard here.

    Raises
    ------
    InvalidQuestion
        No such template or parameter, a value of another type, or one that the template refuses.
    """
    from telic.opportunities.templates import template

    if key.text not in template:
        raise wrong(key, f"no template is called {key.text!r}", near(key.text, list(template)))
    if value.kind != "mapping" and not value.empty:
        raise wrong(value, "parameters are expected here", f"{key.text}: {dict(template.examples[key.text])}")
    known = parameters(key.text)
    found: dict[str, Setting] = {}
    for name, each in value.entries:
        if name.text not in known:
            raise wrong(name, f"{key.text} has no parameter {name.text!r}", near(name.text, list(known)))
        if name.text in found:
            raise wrong(name, f"{name.text!r} is here twice", "leave one out")
        found[name.text] = _typed(each, known[name.text], wrong)
    try:
        instance(key.text, found)
    except (UsageError, TypeError, ValueError) as error:
        raise wrong(key, str(error), getattr(error, "hint", "")) from error
    return found


def parameters(name: str) -> Mapping[str, Any]:
    """Return the types of a template's parameters."""
    from telic.opportunities.templates import template

    factory: Any = template.factory(name)
    if not is_dataclass(factory):
        return {}
    hints = get_type_hints(factory)
    return {each.name: hints[each.name] for each in fields(factory) if each.init}


def instance(name: str, params: Mapping[str, Setting]) -> Template:
    """Make a template."""
    from telic.opportunities.templates import template

    factory: Any = template.factory(name)
    needed = [
        each.name
        for each in (fields(factory) if is_dataclass(factory) else ())
        if each.init and each.default is MISSING and each.default_factory is MISSING and each.name not in params
    ]
    if needed:
        raise UsageError(f"{name} needs {' and '.join(needed)}", hint=f"such as {dict(template.examples[name])}")
    return template.create(name, **params)


def _typed(item: Item, kind: Any, wrong: Wrong) -> Setting:
    """Read a value as `kind`; of a choice of types as the first that fits."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        kinds = [each for each in get_args(kind) if each is not type(None)]
        for each in kinds:
            if _fits(item, each):
                return _typed(item, each, wrong)
        return _typed(item, kinds[-1], wrong)
    if origin is typing.Literal:
        if item.text not in map(str, get_args(kind)):
            raise wrong(item, f"{item.text!r} is none of the choices", f"one of {', '.join(map(str, get_args(kind)))}")
        return next(each for each in get_args(kind) if str(each) == item.text)  # type: ignore[no-any-return]
    if origin in (tuple, list) or kind in (tuple, list):
        return _several(item, kind, wrong)
    if origin is not None or kind is dict:
        return _mapping(item, wrong)
    return _one(item, kind, wrong)


def _fits(item: Item, kind: Any) -> bool:
    wanted = {tuple: "list", list: "list"}.get(get_origin(kind) or kind, "text")
    if get_origin(kind) is not None and wanted == "text" and get_origin(kind) is not typing.Literal:
        wanted = "mapping"
    if item.kind != wanted:
        return False
    return kind not in (int, float) or _number(item.text) is not None


def _several(item: Item, kind: Any, wrong: Wrong) -> tuple[Scalar, ...]:
    if item.kind != "list":
        raise wrong(item, "a list is expected here", "[a, b]")
    inside = next((each for each in get_args(kind) if each is not Ellipsis), str)
    return tuple(_one(each, inside, wrong) for each in item.items)


def _mapping(item: Item, wrong: Wrong) -> dict[str, Scalar]:
    if item.kind != "mapping":
        raise wrong(item, "a mapping is expected here", "{add_to_cart: cart, remove_from_cart: cart}")
    found: dict[str, Scalar] = {}
    for name, each in item.entries:
        if name.text in found:
            raise wrong(name, f"{name.text!r} is here twice", "leave one out")
        found[name.text] = _one(each, str, wrong)
    return found


def _one(item: Item, kind: Any, wrong: Wrong) -> Scalar:
    if item.kind != "text":
        raise wrong(item, "one value is expected here", "such as 4")
    if kind is bool:
        if item.text not in ("true", "false"):
            raise wrong(item, f"{item.text!r} is neither true nor false", "write true or false")
        return item.text == "true"
    if kind in (int, float):
        number = _number(item.text)
        if number is None or (kind is int and not isinstance(number, int)):
            raise wrong(item, f"{item.text!r} is no {'whole ' if kind is int else ''}number", "such as 4")
        return kind(number)  # type: ignore[no-any-return]
    return item.text


def _number(text: str) -> int | float | None:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        found = float(text)
    except ValueError:
        return None
    return found if found - found == 0 else None
