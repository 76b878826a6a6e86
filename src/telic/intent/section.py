"""One mapping of the file, read against its closed set of keys."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Collection, Iterator
from typing import TypeVar

from telic.errors import InvalidIntent
from telic.intent.findings import Findings, near
from telic.intent.keys.key import Keys
from telic.intent.source import Item

T = TypeVar("T")
NOTHING = Keys("nothing", "", ())
_NOWHERE = Item("mapping", 1, 1)


class Section:
    """A mapping whose keys are known; what does not fit becomes a finding and reads as the default."""

    def __init__(self, item: Item, keys: Keys, findings: Findings) -> None:
        self.item, self.keys, self.findings = item, keys, findings
        self._values: dict[str, Item] = {}
        for key, value in entries(item, keys.what, findings):
            if key.text in keys.names:
                self._values[key.text] = value
            elif keys is not NOTHING:
                findings.add(key, f"unknown key {key.text!r} in {keys.what}", near(key.text, keys.names))
        if item.kind == "mapping":
            for name in keys.required:
                if name not in self._values:
                    findings.add(item, f"{keys.what} needs the key {name!r}", self._form(name))

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def at(self, name: str) -> Item:
        """Return the value of `name`, or the mapping itself where it is not written."""
        return self._values.get(name, self.item)

    def read(self, name: str, convert: Callable[[str], T], default: T) -> T:
        """Read one text; `convert` raises `InvalidIntent` where it does not fit."""
        if name not in self._values:
            return default
        return convert_text(self._values[name], convert, default, self.findings, self._form(name))

    def text(self, name: str) -> str:
        """Read a text that is not empty."""
        return self.read(name, str, "")

    def choice(self, name: str, known: Collection[str], default: str) -> str:
        """Read one of the words of a closed set."""
        return self.read(name, lambda text: one_of(text, known), default)

    def section(self, name: str, keys: Keys) -> Section:
        """Read a mapping below; an absent one is empty and complains of nothing."""
        if name not in self._values:
            return Section(_NOWHERE, NOTHING, self.findings)
        return Section(self._values[name], keys, self.findings)

    def entries(self, name: str) -> Iterator[tuple[Item, Item]]:
        """Read a mapping with free keys."""
        if name in self._values:
            yield from entries(self._values[name], name, self.findings)

    def items(self, name: str) -> tuple[Item, ...]:
        """Read a list."""
        item = self._values.get(name)
        if item is None:
            return ()
        if item.kind != "list":
            self.findings.add(item, f"{name} is not a list", f"write {name}: [...]")
            return ()
        return item.items

    def texts(self, name: str, convert: Callable[[str], T]) -> tuple[T, ...]:
        """Read a list of texts, leaving out what does not fit."""
        read = (convert_text(each, convert, None, self.findings, self._form(name)) for each in self.items(name))
        return tuple(each for each in read if each is not None)

    def _form(self, name: str) -> str:
        return next(f"write {name}: <{each.form}>" for each in self.keys.all if each.name == name)


def entries(item: Item, what: str, findings: Findings) -> Iterator[tuple[Item, Item]]:
    """Go through a mapping's entries; note what is no mapping and which keys are written twice."""
    if item.kind != "mapping":
        findings.add(item, f"{what} is not a mapping", "write key: value pairs")
        return
    seen: dict[str, int] = {}
    for name, value in item.entries:
        if name.text in seen:
            findings.add(name, f"key {name.text!r} is written twice", f"the first is in line {seen[name.text]}")
            continue
        seen[name.text] = name.line
        yield name, value


def convert_text(item: Item, convert: Callable[[str], T], default: T, findings: Findings, form: str = "") -> T:
    """Convert the text of `item`; what does not fit becomes a finding and the default."""
    if item.kind != "text":
        findings.add(item, f"a {item.kind} stands where one value is expected", form)
        return default
    if item.empty:
        findings.add(item, "nothing is written here", form)
        return default
    try:
        return convert(item.text)
    except InvalidIntent as error:
        findings.add(item, str(error), error.hint)
        return default


def one_of(text: str, known: Collection[str]) -> str:
    """Return `text` when it is one of `known`."""
    if text not in known:
        raise InvalidIntent(f"{text!r} is not known here", hint=near(text, known))
    return text


def name(text: str) -> str:
    """Read a name of operations, fields, services and errors."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", text):
        raise InvalidIntent(f"{text!r} is not a name", hint="small letters, digits and _, such as read_reviews")
    if keyword.iskeyword(text):
        raise InvalidIntent(f"{text!r} is a word of Python", hint="generated code cannot use it; choose another name")
    return text


def entity_name(text: str) -> str:
    """Read the name of an entity."""
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]{0,39}", text):
        raise InvalidIntent(f"{text!r} is not the name of an entity", hint="letters and digits, such as Hotel")
    return text


def identifier(text: str) -> str:
    """Read an id."""
    if not re.fullmatch(r"[A-Z]{1,3}[0-9]{1,4}", text):
        raise InvalidIntent(f"{text!r} is not an id", hint="capital letters and a number, such as F1")
    return text


def arrow(text: str) -> tuple[str, str]:
    """Read ``from->to``."""
    found = re.fullmatch(r"([a-z][a-z0-9_]*)\s*->\s*([a-z][a-z0-9_]*)", text)
    if not found:
        raise InvalidIntent(f"{text!r} is not from->to", hint="such as held->paid")
    return found[1], found[2]
