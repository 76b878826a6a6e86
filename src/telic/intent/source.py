"""YAML text as a tree of texts, lists and mappings that know their line, column and path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, DocumentStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from telic.errors import InvalidIntent

MAX_BYTES = 256_000
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
        _refuse_events(text)
        node = YAML(typ="rt", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = " ".join(str(error.problem or error.context or "broken").split())
        raise InvalidIntent(
            f"not YAML: {problem}", line=line, column=column, hint="see the line and the one above"
        ) from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise InvalidIntent(
            f"not YAML: {' '.join(str(error).split())}", hint="is this a text file in UTF-8?"
        ) from error
    if node is None:
        raise InvalidIntent("the file is empty", hint="start with intent: v1; see docs/reference/intent.md")
    return _item(node, "")


def _refuse_events(text: str) -> None:
    depth = documents = 0
    for event in YAML(typ="rt", pure=True).parse(text):
        at = {"line": event.start_mark.line + 1, "column": event.start_mark.column + 1}
        if isinstance(event, AliasEvent):
            raise InvalidIntent(f"alias *{event.anchor} is not allowed", hint="write the value out", **at)
        if getattr(event, "anchor", None):
            raise InvalidIntent(f"anchor &{event.anchor} is not allowed", hint="write the value out", **at)
        if getattr(event, "tag", None):
            raise InvalidIntent(f"tag {event.tag} is not allowed", hint="write plain values", **at)
        if isinstance(event, DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise InvalidIntent("a second document starts here", hint="one intent a file; delete the ---", **at)
        if isinstance(event, CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise InvalidIntent(f"nested deeper than {MAX_DEPTH} levels", hint="the format needs 8", **at)
        elif isinstance(event, CollectionEndEvent):
            depth -= 1


def _item(node: Node, path: str) -> Item:
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    if isinstance(node, MappingNode):
        entries = tuple(_entries(node, path))
        return Item("mapping", line, column, path, entries=entries)
    if isinstance(node, SequenceNode):
        items = tuple(_item(each, f"{path}[{_label(each, index)}]") for index, each in enumerate(node.value))
        return Item("list", line, column, path, items=items)
    text = node.value if isinstance(node, ScalarNode) else ""
    return Item("text", line, column, path, text=str(text))


def _entries(node: MappingNode, path: str) -> Iterator[tuple[Item, Item]]:
    for key, value in node.value:
        name = key.value if isinstance(key, ScalarNode) else "?"
        below = f"{path}.{name}" if path else str(name)
        place = Item("text", key.start_mark.line + 1, key.start_mark.column + 1, below, text=str(name))
        yield place, _item(value, below)


def _label(node: Node, index: int) -> str:
    """Name a list's item by its id where it has one."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if isinstance(key, ScalarNode) and key.value == "id" and isinstance(value, ScalarNode) and value.value:
                return str(value.value)
    return str(index)
