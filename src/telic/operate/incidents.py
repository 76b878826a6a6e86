"""Incident records on disk: one JSON document each, replaced atomically at every step."""

from __future__ import annotations

import os
import re
from pathlib import Path

from telic.errors import InvalidRecord, StoreFailed
from telic.model import Incident, dump, load

SCHEMA = "telic/incident/v1"
_NAME = re.compile(r"^I(\d+)\.json$")


class Incidents:
    """The incidents of one system.

    Parameters
    ----------
    folder
        ``journal/incidents`` of the system's state; made when missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def next_id(self) -> str:
        """Return an id that no incident has."""
        numbers = [int(found[1]) for path in self.folder.iterdir() if (found := _NAME.match(path.name))]
        return f"I{max(numbers, default=0) + 1:04d}"

    def save(self, incident: Incident) -> None:
        """Write an incident; readers see the old or the new document and nothing between.

        Raises
        ------
        StoreFailed
            The disk refused.
        """
        path = self.folder / f"{incident.id}.json"
        draft = path.with_suffix(".tmp")
        try:
            with draft.open("wb") as file:
                file.write(dump(incident, schema=SCHEMA, indent=1))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError as error:
            raise StoreFailed(f"{path} cannot be written: {error}", hint="free disk space") from error

    def read(self) -> list[Incident]:
        """Return every incident, oldest first; one that cannot be read is an error with its path."""
        found = []
        for path in sorted(each for each in self.folder.iterdir() if _NAME.match(each.name)):
            try:
                found.append(load(Incident, path.read_bytes(), schema=SCHEMA))
            except InvalidRecord as error:
                raise InvalidRecord(f"{path}: {error}", hint="move it aside; the journal has its actions") from error
        return found

    def open_ones(self) -> list[Incident]:
        """Return incidents that nobody closed."""
        return [each for each in self.read() if each.status in ("open", "mitigating")]
