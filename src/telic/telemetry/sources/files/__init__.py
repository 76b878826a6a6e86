"""Files: CSV, JSON lines, Parquet, and OTLP-JSON as the collector writes it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from telic.errors import SourceFailed, UsageError
from telic.telemetry.sources.card import Answer, Exhausted, Filter, Question, Signal, source
from telic.telemetry.sources.files import documents, tables
from telic.telemetry.sources.files.columns import Naming
from telic.telemetry.sources.rows import Rows, collect, no_such_signal

MOST = 500  # files of one folder that are looked at [1]
SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", ".json")
OFFERS: tuple[Signal, ...] = ("metrics", "logs", "spans", "events", "changes", "alerts")


@source("files", example={"url": "."})
class Files:
    """Files of a folder, or one file: tables (CSV, TSV, Parquet, JSON lines) and OTLP-JSON.

    What a table holds is told by its name (``logs.csv``, ``metrics.parquet``; the files of a recorded incident among
    them), else by its columns: a trace and a span id are spans, a value is metrics, a message is logs; a table with a
    time and columns of numbers is metrics in wide form, a metric a column. Times may be text or numbers in s, ms, us or
    ns.

    Parameters
    ----------
    url
        The folder or file.
    columns
        Column of the store to the name that it has here, where that is not the usual one: ``{service: cmdb_id}``.
    entity
        The service, where a table does not say.
    separator
        What parts service and metric in the column names of a wide table: ``_`` for ``cart_cpu``.
    """

    offers: ClassVar[tuple[Signal, ...]] = OFFERS
    pushes: ClassVar[tuple[Filter, ...]] = ()

    def __init__(
        self, url: str, *, columns: Mapping[str, str] | None = None, entity: str = "", separator: str = ""
    ) -> None:
        self._path = Path(url).expanduser()
        self._naming = Naming(dict(columns or {}), entity, separator)

    @property
    def where(self) -> str:
        """The folder or file."""
        return str(self._path)

    def fetch(self, question: Question) -> Answer:
        """Answer within the limits of `question`; its `query` is a pattern of file names, such as ``*.log.jsonl``."""
        if question.signal not in OFFERS:
            raise no_such_signal("files", question.signal, OFFERS)
        reading = Reading(self._path, question)
        table, cut = collect(question, self._rows(reading, question))
        return Answer(table, tuple(dict.fromkeys((*reading.cut, *cut))), tuple(reading.read), reading.bytes)

    def _rows(self, reading: Reading, question: Question) -> Rows:
        for path in reading.files():
            try:
                if path.suffix == ".json" or documents.is_otlp(path):
                    yield from documents.rows(path, question.signal, reading)
                else:
                    yield from tables.rows(path, question, self._naming, reading)
            except UsageError as error:
                reading.cut.append(f"{path.name}: {error}")


class Reading:
    """One answer's worth of reading, bounded in time and bytes.

    Parameters
    ----------
    path
        Folder or file.
    question
        What is asked, with its limits.
    """

    def __init__(self, path: Path, question: Question) -> None:
        self._path, self._pattern, self._limit = path, question.query or "*", question.limit
        self.read: list[str] = []
        self.cut: list[str] = []
        self.bytes = 0
        self._ends = time.monotonic() + question.limit.seconds

    def files(self) -> Iterator[Path]:
        """Yield the files to look at, by name."""
        try:
            found = sorted(self._path.rglob(self._pattern)) if self._path.is_dir() else [self._path]
            found = [each for each in found if each.suffix in SUFFIXES and each.is_file() and each.name != "truth.json"]
            if not self._path.exists():
                raise FileNotFoundError(2, "No such file or directory")
        except (OSError, ValueError) as error:
            said = error.strerror if isinstance(error, OSError) else str(error)
            raise SourceFailed(f"files at {self._path}: {said}", hint="check the path", url=str(self._path)) from error
        if len(found) > MOST:
            self.cut.append(f"{len(found) - MOST} of {len(found)} files were not looked at")
        for each in found[:MOST]:
            self.read.append(f"read {each}")
            yield each

    def count(self, size: int) -> None:
        """Take note of `size` bytes read.

        Raises
        ------
        Exhausted
            They are too many, or it takes too long.
        """
        self.bytes += size
        if self.bytes > self._limit.bytes:
            raise Exhausted(f"files at {self._path} have more than {self._limit.bytes} bytes", hint="narrow the path")
        if time.monotonic() > self._ends:
            raise Exhausted(f"files at {self._path} take longer than {self._limit.seconds:g} s", hint="narrow the path")


Reader = Callable[[Path, Question, Naming, Reading], Rows]
Names = Sequence[str]
