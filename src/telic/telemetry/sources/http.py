"""Any HTTP API with JSON answers, described by about a dozen lines of YAML."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, ClassVar, get_args

import msgspec

from telic.errors import UsageError
from telic.registry import near_names
from telic.telemetry.sources.card import SCHEMAS, TIME, Answer, Filter, Question, Signal, source
from telic.telemetry.sources.conventions import severity
from telic.telemetry.sources.elasticsearch import flat
from telic.telemetry.sources.members import at, converted
from telic.telemetry.sources.place import Place
from telic.telemetry.sources.remote import Remote
from telic.telemetry.sources.rows import Row, Rows, text_of
from telic.telemetry.sources.times import UNITS, rfc3339
from telic.telemetry.sources.visit import Visit

PAGES = 1000
_WORD = re.compile(r"\{(\w+)\}")
WORDS: dict[str, Filter | None] = {
    **{f"{end}_{unit}": "window" for end in ("start", "end") for unit in ("s", "ms", "us", "ns", "iso")},
    "entities": "entities",
    "names": "names",
    "contains": "contains",
    "limit": None,
    "query": None,
}


@source(
    "http",
    example={
        "url": "http://127.0.0.1:8080/api/deploys",
        "signal": "changes",
        "params": {"from": "{start_iso}", "until": "{end_iso}", "service": "{entities}"},
        "rows": "data.items",
        "columns": {
            "time_ns": "created_at",
            "entity": "service.name",
            "kind": "=deploy",
            "id": "id",
            "summary": "title",
        },
        "next": {"path": "data.cursor", "param": "cursor"},
    },
)
class Http(Remote):
    """Rows of one signal from an HTTP API: where they are in its JSON, and which member is which column.

    In `params` and `body`, words in braces stand for what is asked: ``{start_s}``, ``{start_ms}``, ``{start_us}``,
    ``{start_ns}``, ``{start_iso}`` and the same with ``end``; ``{entities}``, ``{names}`` (by commas), ``{contains}``,
    ``{query}`` and ``{limit}``. A parameter whose words are all empty is left out.

    Parameters
    ----------
    url
        The whole address.
    signal
        What its rows are: metrics, logs, spans, events, changes, alerts, entities or edges.
    columns
        Column of the signal to the path of a member (``service.name``, ``tags.0``), with a unit for times
        (``took | ms``), or to a constant (``=deploy``). Members that no column takes become attributes.
    rows
        Path of the list in the answer; "" where the answer is the list.
    params, headers
        Of every request.
    body
        JSON that is posted in place of a GET.
    next
        ``path`` of the next page's token in the answer, and the `param` that takes it.
    title
        What to call it in messages.
    ca_file, client_file
        Certificates in PEM.
    """

    offers: ClassVar[tuple[Signal, ...]] = get_args(Signal)
    pushes: ClassVar[tuple[Filter, ...]] = get_args(Filter)

    def __init__(
        self,
        url: str,
        *,
        signal: str,
        columns: Mapping[str, str],
        rows: str = "",
        params: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        next: Mapping[str, str] | None = None,
        title: str = "http",
        ca_file: str = "",
        client_file: str = "",
    ) -> None:
        if signal not in SCHEMAS:
            raise UsageError(f"{title}: no signal {signal!r}", hint=near_names(signal, SCHEMAS))
        known = SCHEMAS[signal].names
        for column in columns:
            if column not in known:
                raise UsageError(f"{title}: {signal} have no column {column!r}", hint=near_names(column, known))
        if signal in TIME and TIME[signal] not in columns:
            raise UsageError(f"{title}: no column {TIME[signal]}", hint=f"say where the time is: {TIME[signal]}: PATH")
        for word in _WORD.findall(msgspec.json.encode([params or {}, body]).decode()):
            if word not in WORDS:
                raise UsageError(f"{title}: {{{word}}} means nothing", hint=near_names(word, WORDS))
        super().__init__(Place.of(title, url, headers, ca_file=ca_file, client_file=client_file))
        self._signal, self._columns, self._rows_at = signal, dict(columns), rows
        self._params, self._body, self._next = dict(params or {}), body, dict(next or {})
        used = _WORD.findall(msgspec.json.encode([self._params, body]).decode())
        self.offers = (signal,)  # type: ignore[misc,assignment]
        self.pushes = tuple(dict.fromkeys(kind for each in used if (kind := WORDS[each])))  # type: ignore[misc]

    def fetch(self, question: Question) -> Answer:
        """Answer within the limits of `question`."""
        return self._ask(question, {self._signal: self._rows})  # type: ignore[dict-item]

    def _rows(self, visit: Visit, question: Question) -> Rows:
        words = words_of(question)
        params = [
            (name, text) for name, value in self._params.items() if (text := filled(str(value), words)) is not None
        ]
        token: object = None
        for _ in range(PAGES):
            paged = [*params, *([(self._next.get("param", "page"), str(token))] if token is not None else [])]
            if self._body is None:
                answer = visit.get("", paged, Any)
            else:
                answer = visit.post("", paged, _filled_body(self._body, words), Any)
            found = at(answer, self._rows_at)
            if not isinstance(found, list):
                raise visit.failed(f"has no list at {self._rows_at!r}", "check `rows` against what it answers")
            for each in found:
                if (row := self._row(each)) is not None:
                    yield row
            following = at(answer, self._next["path"]) if self._next.get("path") else None
            if following in (None, "", False) or following == token or not found:
                return
            token = following
        visit.cut.append(f"{self._signal}: stopped after {PAGES} pages")

    def _row(self, thing: object) -> Row | None:
        row: Row = {}
        for column, said in self._columns.items():
            if said.startswith("="):
                row[column] = said[1:]
                continue
            path, _, unit = (part.strip() for part in said.partition("|"))
            value = at(thing, path)
            try:
                row[column] = converted(column, value, unit)
            except ValueError:
                if column == TIME.get(self._signal):
                    return None
        if self._signal == "logs" and not row.get("severity_number"):
            row["severity"], row["severity_number"] = severity(row.get("severity"), str(row.get("body", "")))
        if self._signal == "metrics":
            row.setdefault("kind", "gauge")
        if "attributes" in SCHEMAS[self._signal].names and isinstance(thing, dict) and "attributes" not in row:
            taken = {said.partition("|")[0].strip() for said in self._columns.values()}
            row["attributes"] = text_of({name: value for name, value in flat(thing).items() if name not in taken})
        return row


def words_of(question: Question) -> dict[str, str]:
    """Return what words in braces stand for."""
    found: dict[str, str] = {}
    for end, seconds in (("start", question.window.start), ("end", question.window.end)):
        found |= {f"{end}_{unit}": str(math.floor(seconds * 1e9) // size) for unit, size in UNITS.items()}
        found[f"{end}_iso"] = rfc3339(seconds)
    found |= {"entities": ",".join(question.entities), "names": ",".join(question.names)}
    return found | {"contains": question.contains, "query": question.query, "limit": str(question.limit.rows)}


def filled(text: str, words: Mapping[str, str]) -> str | None:
    """Return `text` with words put in; None where it has words and all of them are empty.

    Examples
    --------
    >>> filled("svc:{entities}", {"entities": "cart"}), filled("{entities}", {"entities": ""}), filled("all", {})
    ('svc:cart', None, 'all')
    """
    named = _WORD.findall(text)
    if named and not any(words[each] for each in named):
        return None
    return _WORD.sub(lambda found: words[found[1]], text)


def _filled_body(body: object, words: Mapping[str, str]) -> object:
    if isinstance(body, str):
        return filled(body, words)
    if isinstance(body, dict):
        made = {name: _filled_body(each, words) for name, each in body.items()}
        return {name: each for name, each in made.items() if each is not None}
    if isinstance(body, list):
        return [each for one in body if (each := _filled_body(one, words)) is not None]
    return body
