"""A YAML file of KPIs, hypotheses and templates: read with the place of every mistake, written back the same.

.. code-block:: yaml

    opportunities: v1
    kpis:
      converted: session has 'payment_done' within 10m of 'buy_plan'
    hypotheses:
      stuck: session has 'coupon_apply' > 'payment_retry' > 'back_click'
    templates:
      ngrams: {k: 4, ignore: [heartbeat]}
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from ruamel.yaml import YAML

from telic.errors import InvalidIntent, UsageError
from telic.intent.source import Item, parse
from telic.opportunities.language.parser import parse_hypothesis, parse_kpi
from telic.opportunities.language.place import InvalidQuestion, Written
from telic.opportunities.language.printer import write as said
from telic.opportunities.language.schema import near
from telic.opportunities.language.settings import Setting, instance, settings_of
from telic.opportunities.language.stated import families
from telic.opportunities.language.tree import Kpi, Stated
from telic.opportunities.model import Family, Prepared
from telic.opportunities.template import Asking, Template

_KEYS = ("opportunities", "kpis", "hypotheses", "templates")
_EXAMPLE = "opportunities: v1, kpis:, hypotheses:, templates:; see docs/reference/opportunities.md"
Q = TypeVar("Q", Kpi, Stated)


@dataclass(frozen=True)
class Document:
    """What a file asks.

    Parameters
    ----------
    kpis, hypotheses
        With names that are each used once.
    templates
        Parameters of each template that is asked; a template without parameters has none here.
    places
        Where each question is written, by its name; no part of equality.
    """

    kpis: tuple[Kpi, ...] = ()
    hypotheses: tuple[Stated, ...] = ()
    templates: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)
    places: Mapping[str, Written] = field(default_factory=dict, compare=False)

    def stated(self) -> list[tuple[Stated, Written]]:
        """Return the hypotheses and where each is written."""
        return [(each, self.places.get(each.name or said(each), Written(said(each)))) for each in self.hypotheses]

    def made(self) -> list[tuple[str, Template]]:
        """Return the templates, made with their parameters, by name."""
        return [(name, instance(name, params)) for name, params in self.templates.items()]


def read(path: Path | str) -> Document:
    """Read a file.

    Raises
    ------
    UsageError
        It cannot be read, or something in it is no question: with file, line, column and caret.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}", hint="give the path of a YAML file") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not text in UTF-8 (byte {error.start})", hint="save it as UTF-8") from error
    return read_text(text, file=str(path))


def read_text(text: str, *, file: str = "opportunities.yaml") -> Document:
    """Read a file's text; `file` is what errors call it."""
    try:
        root = parse(text)
    except InvalidIntent as error:
        line, column = (int(str(error.context.get(each, 1))) for each in ("line", "column"))
        raise _Place(text, file, line, column).mistake(str(error), hint=_EXAMPLE) from error
    return _Reader(text, file).document(root)


def stated(path: Path | str, prepared: Prepared, asking: Asking) -> Iterator[Family]:
    """Yield the families of a file: its hypotheses, then its templates."""
    document = read(path)
    yield from families(document.stated(), prepared, asking)
    for _, each in document.made():
        yield from each.families(prepared, asking)


def write(document: Document) -> str:
    """Write a file so that reading it gives an equal document.

    Raises
    ------
    UsageError
        A mapping has an empty name, which YAML's writer would turn into another.
    """
    content: dict[str, object] = {"opportunities": "v1"}
    if document.kpis:
        content["kpis"] = [said(each) for each in document.kpis]
    if document.hypotheses:
        content["hypotheses"] = [said(each) for each in document.hypotheses]
    if document.templates:
        content["templates"] = {name: _plain(params) for name, params in document.templates.items()}
    out = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.width = 10_000
    yaml.dump(content, out)
    return out.getvalue()


def _plain(params: Mapping[str, Setting]) -> dict[str, object]:
    if any(isinstance(each, Mapping) and "" in each for each in params.values()):
        raise UsageError("a mapping has an empty name", hint="leave that event out, or give it a name")
    return {name: list(each) if isinstance(each, tuple) else each for name, each in params.items()}


@dataclass(frozen=True)
class _Place:
    """A line of the file, for errors about what is no question."""

    text: str
    file: str
    line: int
    column: int

    def mistake(self, message: str, *, hint: str, width: int = 1) -> InvalidQuestion:
        lines = self.text.split("\n")
        shown = lines[self.line - 1] if self.line <= len(lines) else ""
        start = min(self.column - 1, len(shown))
        return Written(shown, self.file, self.line).mistake(message, (start, start + width), hint=hint)


def _named(item: Item) -> Iterator[tuple[Item | None, Item]]:
    """Yield the entries of a mapping, or of a list, whose items may be mappings of one entry."""
    yield from item.entries
    for each in item.items:
        yield each.entries[0] if each.kind == "mapping" and len(each.entries) == 1 else (None, each)


class _Reader:
    """Reads the tree of a file."""

    def __init__(self, text: str, file: str) -> None:
        self._text, self._file = text, file
        self._places: dict[str, Written] = {}

    def document(self, root: Item) -> Document:
        if root.kind != "mapping":
            raise self._wrong(root, "the file is no mapping", _EXAMPLE)
        for key, _ in root.entries:
            if key.text not in _KEYS:
                raise self._wrong(key, f"{key.text!r} is not known here", near(key.text, _KEYS))
        version = root.get("opportunities")
        if version is None or version.text != "v1":
            raise self._wrong(version or root, "the file should say opportunities: v1", "write it as the first line")
        self._once(root)
        kpis = tuple(self._questions(root.get("kpis"), parse_kpi))
        hypotheses = tuple(self._questions(root.get("hypotheses"), parse_hypothesis))
        return Document(kpis, hypotheses, self._templates(root.get("templates")), self._places)

    def _questions(self, item: Item | None, parse: Callable[[Written], Q]) -> Iterator[Q]:
        """Yield questions: of a list as they stand, of a mapping by their names."""
        if item is None or item.empty:
            return
        if item.kind == "text":
            raise self._wrong(item, "a list or a mapping is expected here", "- converted: session has 'paid'")
        self._once(item)
        for key, value in _named(item):
            if value.kind != "text" or value.empty:
                where = key if key is not None and value.empty else value
                raise self._wrong(where, "a question is expected here", "converted: session has 'paid'")
            written = self._written(value)
            found = parse(written)
            name = key.text if key is not None else found.name
            if key is not None and found.name:
                raise self._wrong(value, f"this has two names: {key.text!r} and {found.name!r}", "leave one out")
            name = name or said(found)
            if name in self._places:
                raise self._wrong(key or value, f"two questions are called {name!r}", "give each a name of its own")
            self._places[name] = written
            yield type(found)(**{**found.__dict__, "name": name if key is not None else found.name})

    def _templates(self, item: Item | None) -> Mapping[str, Mapping[str, Setting]]:
        if item is None or item.empty:
            return {}
        if item.kind != "mapping":
            raise self._wrong(item, "a mapping of templates is expected here", "ngrams: {k: 4}")
        self._once(item)
        return {key.text: settings_of(key, value, self._wrong) for key, value in item.entries}

    def _once(self, item: Item) -> None:
        """Refuse a key that comes twice."""
        seen: set[str] = set()
        for key, _ in item.entries:
            if key.text in seen:
                raise self._wrong(key, f"{key.text!r} is here twice", "leave one out")
            seen.add(key.text)

    def _written(self, item: Item) -> Written:
        """Return a question and its place; of one on a single line the column is exact."""
        line = self._text.split("\n")[item.line - 1]
        start = item.column - 1
        if start < len(line) and line[start] in "'\"":
            start += 1
        exact = line[start : start + len(item.text)] == item.text
        return Written(item.text, self._file, item.line, start + 1 if exact else item.column)

    def _wrong(self, item: Item, message: str, hint: str) -> InvalidQuestion:
        place = _Place(self._text, self._file, item.line, item.column)
        return place.mistake(message, hint=hint, width=max(1, len(item.text.split("\n")[0])))
