"""Runs of language-model agents: JSON documents with a list of turns become an event a tool call or turn.

Known are the turns of chat APIs (``role``, ``content``, ``tool_calls``), of multi-agent logs (``name``, ``role``) and
of ShareGPT (``from``, ``value``). Of what a turn says only its length is kept, and whether it reports a failure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pyarrow

from telic.errors import UsageError
from telic.opportunities.model import Exclusion
from telic.opportunities.read.source import Rows

pa: Any = pyarrow
TURNS = ("history", "messages", "conversation", "conversations", "trajectory", "turns", "steps")
"""What a document calls its list of turns."""
LONGEST = 200  # characters of a document's own member that is kept as an attribute [1]
PEEK = 1 << 24  # of a file that are looked at to see what it is [bytes]
_FAILED = re.compile(r"\s*(exitcode: *[1-9]|error\b|traceback \(most recent|exception\b)", re.IGNORECASE)
_SECOND = 1_000_000_000  # [ns]

Document = Mapping[str, Any]


def conversations(name: str, paths: Sequence[Path]) -> Rows | None:
    """Return the turns of the runs in JSON files; nothing where the first of them is something else.

    The columns are ``run_id``, ``time`` (turns have none: they are a second apart), ``event``, ``agent``,
    ``turn_characters`` and what the documents say of a run.

    Raises
    ------
    UsageError
        A later file is no JSON.
    """
    if not paths or not _begins_with_a_run(paths[0]):
        return None
    rows: list[dict[str, Any]] = []
    others: list[str] = []
    runs = 0
    for path, called in zip(paths, _called(paths), strict=True):
        documents = _documents(path)
        for number, document in enumerate(documents):
            run = called if len(documents) == 1 else f"{called}:{number + 1}"
            if not _is_run(document):
                others.append(run)
                continue
            runs += 1
            rows.extend(_rows(document, run, runs))
    left = (Exclusion("rows", len(others), "documents without turns", tuple(others[:3])),) if others else ()
    return Rows(name, pa.Table.from_pylist(rows, schema=_schema(rows)), left)


def _begins_with_a_run(path: Path) -> bool:
    """Whether the first document of a file is a run; of a long file only the beginning is read."""
    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            content = stream.read(PEEK)
    except (OSError, pa.ArrowException):
        return False
    for text in (content.split(b"\n", 1)[0], content):
        try:
            found = msgspec.json.decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        first = found[0] if isinstance(found, list) and found else found
        return isinstance(first, dict) and _is_run(first)
    return False


def _documents(path: Path) -> list[Document]:
    """Return the documents of a file: one, an array of them, or one a line."""
    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            content = stream.read()
        try:
            found = msgspec.json.decode(content)
        except msgspec.DecodeError:
            found = [msgspec.json.decode(line) for line in content.splitlines() if line.strip()]
    except (msgspec.MsgspecError, UnicodeDecodeError, OSError, pa.ArrowException) as error:
        raise UsageError(f"{path}: {error}", hint="a JSON document, or one a line") from error
    return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, dict)]


def _turns(document: Document) -> list[dict[str, Any]]:
    for name in TURNS:
        turns = document.get(name)
        if isinstance(turns, list) and turns and all(isinstance(each, dict) for each in turns):
            return turns
    return []


def _is_run(document: Document) -> bool:
    return any(_who(turn) for turn in _turns(document))


def _called(paths: Sequence[Path]) -> list[str]:
    """Return what the run of each file is called: its name, with the folder where that is needed to tell them apart."""
    stems = [path.name.split(".", 1)[0] for path in paths]
    if len({*stems}) == len(stems):
        return stems
    return [f"{path.parent.name}/{stem}" for path, stem in zip(paths, stems, strict=True)]


def _rows(document: Document, run: str, number: int) -> Iterator[dict[str, Any]]:
    about = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in document.items()
        if name not in TURNS and isinstance(value, str | int | float | bool) and len(str(value)) <= LONGEST
    }
    second = 0
    for turn in _turns(document):
        text = _text(turn)
        for event in _events(turn, text):
            yield {
                **about,
                "run_id": run,
                "time": second * _SECOND,
                "event": event,
                "agent": _who(turn) or "unknown",
                "turn_characters": len(text),
            }
            second += 1


def _events(turn: Mapping[str, Any], text: str) -> list[str]:
    """Return what happens in a turn: its tool calls, or that somebody speaks; a reported failure is said."""
    calls = turn.get("tool_calls")
    if isinstance(calls, list) and calls:
        return [_call(each) for each in calls]
    who = _who(turn) or "unknown"
    return [f"{who} failed" if _FAILED.match(text) else who]


def _call(call: object) -> str:
    function = call.get("function", call) if isinstance(call, dict) else {}
    name = function.get("name") if isinstance(function, dict) else None
    return str(name) if name else "unknown tool"


def _who(turn: Mapping[str, Any]) -> str:
    return next((str(turn[each]) for each in ("name", "agent", "role", "from") if turn.get(each)), "")


def _text(turn: Mapping[str, Any]) -> str:
    content = next((turn[each] for each in ("content", "value", "text") if turn.get(each)), "")
    if isinstance(content, list):
        return "".join(str(each.get("text", "")) if isinstance(each, dict) else str(each) for each in content)
    return str(content)


def _schema(rows: Sequence[Mapping[str, Any]]) -> Any:
    kinds = {"time": pa.timestamp("ns", tz="UTC"), "turn_characters": pa.int64()}
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.schema([(name, kinds.get(name, pa.string())) for name in names])
