"""YAML text as a tree of texts, lists and mappings that know their line, column and path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from telic.errors import InvalidIntent

MAX_BYTES = 100_000
"""Largest intent that is read [bytes]; the hotel has 6,000."""

MAX_DEPTH = 24
"""Deepest nesting [1]; the format needs 8."""


@dataclass(frozen=True)
class Item:
    """One place of the file; scalars keep the text as written, since only the reader knows what they mean."""

    kind: Literal["text", "list", "mapping"]
    line: int
    column: int
    path: str = ""
    text: str = ""
    items: tuple[Item, ...] = ()
    entries: tuple[tuple[Item, Item], ...] = ()  # key, value; keys may repeat

    @property
    def empty(self) -> bool:
        """Whether nothing is written here."""
        return self.kind == "text" and self.text in ("", "~", "null")

    def get(self, key: str) -> Item | None:
        """Return the value of the first entry called `key`."""
        return next((value for name, value in self.entries if name.text == key), None)


def parse(text: str) -> Item:
    """Read YAML text; refuse what an intent has no use for (aliases, tags, several documents, deep nesting).

    Raises
    ------
    InvalidIntent
        The context has `line` and `column`.
    """
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise InvalidIntent(f"the file has more than {MAX_BYTES} bytes", hint="an intent is a few pages")
    try:
        node = _node(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = " ".join(str(error.problem or error.context or "broken").split())
        raise InvalidIntent(
            f"not YAML: {problem}", line=line, column=column, hint="see the line and the one above"
        ) from error
    except (YAMLError, ValueError) as error:
        raise InvalidIntent(
            f"not YAML: {' '.join(str(error).split())}", hint="is this a text file in UTF-8?"
        ) from error
    if node is None:
        raise InvalidIntent("the file is empty", hint="start with intent: v1; see docs/reference/intent.md")
    return _item(node, "")


@dataclass
class _Node:
    """One event and, of a collection, what follows it up to its end: keys and values in turn, or items."""

    event: NodeEvent
    children: list[_Node] = field(default_factory=list)

    @property
    def text(self) -> str | None:
        return str(self.event.value) if isinstance(self.event, ScalarEvent) else None


def _node(text: str) -> _Node | None:
    """Build the tree of the only document, or nothing where there is none."""
    root: _Node | None = None
    above: list[_Node] = []
    documents = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        documents += isinstance(event, DocumentStartEvent)
        _refuse(event, documents, len(above))
        if isinstance(event, CollectionEndEvent):
            above.pop()
        elif isinstance(event, NodeEvent):
            node = _Node(event)
            if above:
                above[-1].children.append(node)
            root = root or node
            if isinstance(event, CollectionStartEvent):
                above.append(node)
    return None if root is None or root.text == "" else root


def _refuse(event: Event, documents: int, depth: int) -> None:
    """Refuse what an intent has no use for, as soon as it appears."""
    at = {"line": event.start_mark.line + 1, "column": event.start_mark.column + 1}
    if isinstance(event, AliasEvent):
        raise InvalidIntent(f"alias *{event.anchor} is not allowed", hint="write the value out", **at)
    if isinstance(event, NodeEvent) and event.anchor:
        raise InvalidIntent(f"anchor &{event.anchor} is not allowed", hint="write the value out", **at)
    if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag:
        raise InvalidIntent(f"tag {event.tag} is not allowed", hint="write plain values", **at)
    if documents > 1:
        raise InvalidIntent("a second document starts here", hint="one intent a file; delete the ---", **at)
    if isinstance(event, CollectionStartEvent) and depth == MAX_DEPTH:
        raise InvalidIntent(f"nested deeper than {MAX_DEPTH} levels", hint="the format needs 8", **at)


def _item(node: _Node, path: str) -> Item:
    mark = node.event.start_mark
    line, column = mark.line + 1, mark.column + 1
    if isinstance(node.event, MappingStartEvent):
        return Item("mapping", line, column, path, entries=tuple(_entries(node, path)))
    if node.text is None:
        items = (_item(each, f"{path}[{_label(each, index)}]") for index, each in enumerate(node.children))
        return Item("list", line, column, path, items=tuple(items))
    return Item("text", line, column, path, text=node.text)


def _entries(node: _Node, path: str) -> Iterator[tuple[Item, Item]]:
    for key, value in zip(node.children[::2], node.children[1::2], strict=True):
        name, mark = key.text or "?", key.event.start_mark
        below = f"{path}.{name}" if path else name
        yield Item("text", mark.line + 1, mark.column + 1, below, text=name), _item(value, below)


def _label(node: _Node, index: int) -> str:
    """Name a list's item by its id where it has one."""
    if isinstance(node.event, MappingStartEvent):
        for key, value in zip(node.children[::2], node.children[1::2], strict=True):
            if key.text == "id" and value.text:
                return value.text
    return str(index)
