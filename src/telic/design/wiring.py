"""``wiring.yaml``: a design's policies as people edit them, read with positions for errors, written back the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from telic.errors import InvalidDesign, InvalidIntent
from telic.intent import units
from telic.intent.source import Item, parse
from telic.registry import near_names
from telic.runtime.wiring import BreakerPolicy, CachePolicy, EdgePolicy, NodePolicy, RetryPolicy, Wiring

Policy = EdgePolicy | NodePolicy | RetryPolicy | BreakerPolicy | CachePolicy
P = TypeVar("P", EdgePolicy, NodePolicy, RetryPolicy, BreakerPolicy, CachePolicy)
DURATIONS = frozenset({"timeout", "backoff", "window", "open", "ttl", "max_age"})
ZERO = frozenset({"backoff", "max_age"})  # durations that may be 0
NESTED: dict[str, type[RetryPolicy] | type[BreakerPolicy] | type[CachePolicy]] = {
    "retry": RetryPolicy,
    "breaker": BreakerPolicy,
    "cache": CachePolicy,
}
CHOICES = {"order": ("fifo", "lifo"), "limit": ("none", "aimd"), "on_error": ("fail", "stale")}
HINT = "docs/reference/design.md describes every key of wiring.yaml"


def read_wiring(path: Path, *, edges: frozenset[str] | None = None, nodes: frozenset[str] | None = None) -> Wiring:
    """Read a wiring; with `edges` and `nodes` given, names that the design does not have are errors.

    Raises
    ------
    InvalidDesign
        Every mistake with file, line and column.
    """
    return parse_wiring(path.read_text(encoding="utf-8"), file=str(path), edges=edges, nodes=nodes)


def parse_wiring(
    text: str, *, file: str = "wiring.yaml", edges: frozenset[str] | None = None, nodes: frozenset[str] | None = None
) -> Wiring:
    """Read a wiring from text; `file` is what errors call it."""
    try:
        root = parse(text)
    except InvalidIntent as error:
        place = f"{file}:{error.context.get('line', 1)}:{error.context.get('column', 1)}"
        raise InvalidDesign(f"{place}: {error}", hint=HINT) from error
    reader = _Reader(file)
    wiring = reader.wiring(root, edges, nodes)
    if reader.found:
        raise InvalidDesign("\n".join(reader.found), hint=HINT, findings=reader.found)
    return wiring


def write_wiring(wiring: Wiring, *, about: str) -> str:
    """Return the text of a wiring: what differs from the defaults, a policy a line.

    Parameters
    ----------
    about
        Comment lines for people, without ``#``.
    """
    lines = [f"# {line}".rstrip() for line in about.splitlines()]
    lines += ["wiring: v1", "default:"]
    lines += [f"  edge: {_flow(wiring.edge, EdgePolicy())}", f"  node: {_flow(wiring.node, NodePolicy())}"]
    for title, policies, default in (("edges", wiring.edges, wiring.edge), ("nodes", wiring.nodes, wiring.node)):
        lines.append(f"{title}:" if policies else f"{title}: {{}}")
        lines += [f"  {name}: {_flow(policy, default)}" for name, policy in policies.items()]
    return "\n".join(lines) + "\n"


def _flow(policy: Policy, default: object) -> str:
    changed = [
        f"{each.name}: {_value(each.name, getattr(policy, each.name))}"
        for each in fields(policy)
        if getattr(policy, each.name) != getattr(default, each.name)
    ]
    return "{" + ", ".join(changed) + "}"


def _value(name: str, value: object) -> str:
    if name in NESTED:
        return "none" if value is None else _flow(value, NESTED[name]())  # type: ignore[arg-type]
    if isinstance(value, bool):
        return "true" if value else "false"
    if name in DURATIONS and isinstance(value, float):
        return units.write_duration(round(value, 9))
    return _digits(value) if isinstance(value, float) else str(value)


def _digits(value: float) -> str:
    text = f"{Decimal(repr(round(value, 9))):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class _Reader:
    """Turns items into policies and collects what is wrong."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.found: list[str] = []

    def wiring(self, root: Item, edges: frozenset[str] | None, nodes: frozenset[str] | None) -> Wiring:
        parts = self._known(root, ("wiring", "default", "edges", "nodes"))
        version = parts.get("wiring")
        if version is None or version.text != "v1":
            self._add(version or root, "this is no wiring: the first key is wiring: v1")
        default = self._known(parts["default"], ("edge", "node")) if "default" in parts else {}
        edge = self._policy(default.get("edge"), EdgePolicy())
        node = self._policy(default.get("node"), NodePolicy())
        return Wiring(
            edge=edge,
            node=node,
            edges={name: self._policy(item, edge) for name, item in self._named(parts.get("edges"), "edge", edges)},
            nodes={name: self._policy(item, node) for name, item in self._named(parts.get("nodes"), "service", nodes)},
        )

    def _named(self, item: Item | None, what: str, known: frozenset[str] | None) -> Iterator[tuple[str, Item]]:
        if item is None or item.empty:
            return
        for key, value in self._entries(item):
            if known is not None and key.text not in known:
                self._add(key, f"the design has no {what} {key.text!r}: {near_names(key.text, known)}")
            else:
                yield key.text, value

    def _policy(self, item: Item | None, default: P) -> P:
        if item is None or item.empty:
            return default
        given: dict[str, Any] = {}
        names = tuple(each.name for each in fields(default))
        for name, value in self._known(item, names).items():
            if name in NESTED:
                given[name] = None if value.text == "none" else self._nested(name, value)
            else:
                given[name] = self._scalar(name, value, getattr(default, name))
        return replace(default, **given)

    def _nested(self, name: str, item: Item) -> RetryPolicy | BreakerPolicy | CachePolicy:
        if name == "retry":
            return self._policy(item, RetryPolicy())
        return self._policy(item, BreakerPolicy()) if name == "breaker" else self._policy(item, CachePolicy())

    def _scalar(self, name: str, item: Item, default: Any) -> Any:
        if item.kind != "text":
            self._add(item, f"{name} is one value, not a {item.kind}")
            return default
        try:
            return _reader(name, default)(item.text)
        except InvalidIntent as error:
            self._add(item, f"{name}: {error}; {error.hint}")
        return default

    def _known(self, item: Item, names: tuple[str, ...]) -> Mapping[str, Item]:
        found = {}
        for key, value in self._entries(item):
            if key.text in names:
                found[key.text] = value
            else:
                self._add(key, f"unknown key {key.text!r}: {near_names(key.text, names)}")
        return found

    def _entries(self, item: Item) -> Iterator[tuple[Item, Item]]:
        if item.kind != "mapping":
            self._add(item, f"a mapping is expected, not a {item.kind}")
            return
        seen: set[str] = set()
        for key, value in item.entries:
            if key.text in seen:
                self._add(key, f"{key.text!r} is written twice")
            seen.add(key.text)
            yield key, value

    def _add(self, item: Item, message: str) -> None:
        self.found.append(f"{self._file}:{item.line}:{item.column}: {message}")


def _reader(name: str, default: object) -> Callable[[str], object]:
    if name in CHOICES:
        return lambda text: _choice(text, CHOICES[name])
    if isinstance(default, bool):
        return units.boolean
    if name in DURATIONS:
        return units.duration if name in ZERO else units.period
    if isinstance(default, int):
        return lambda text: -1 if text in ("-1", "unbounded") and name == "queue" else _whole(text)
    return _share if name == "shed" else _amount


def _choice(text: str, known: tuple[str, ...]) -> str:
    if text not in known:
        raise InvalidIntent(f"{text!r} is not known here", hint=near_names(text, known))
    return text


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InvalidIntent(f"{text!r} is not a whole number from 0", hint="such as 3")
    return int(text)


def _amount(text: str) -> float:
    number = units.number(text)
    if number < 0:
        raise InvalidIntent(f"{text!r} is below 0", hint="such as 0.1")
    return number


def _share(text: str) -> float:
    number = _amount(text)
    if number > 1:
        raise InvalidIntent(f"{text!r} is above 1", hint="a share, such as 0.5")
    return number
