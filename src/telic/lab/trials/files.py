"""Evidence on disk: one JSON file a trial, read back only by the version that wrote it."""

from __future__ import annotations

from pathlib import Path

from telic import __version__
from telic.errors import InvalidRecord, StoreFailed
from telic.model import dump, load, write_whole
from telic.model.trial import Evidence

SCHEMA = "telic/trial/v1"
FOLDER = "trials"


def path_of(state: Path, evidence: Evidence) -> Path:
    """Return where the evidence of a trial lies in a system's state folder."""
    wiring = evidence.wiring or "own"
    operated = "-operated" if evidence.operated else ""
    return state / FOLDER / f"{evidence.trial}-{wiring}-{evidence.world}-{evidence.seed}{operated}.json"


def write(path: Path, evidence: Evidence) -> Path:
    """Write evidence, whole or not at all; return the file."""
    try:
        return write_whole(path, dump(evidence, schema=SCHEMA, indent=2) + b"\n")
    except OSError as error:
        raise StoreFailed(f"cannot write {path}: {error.strerror}", hint="free space, or name another --out") from error


def read(path: Path) -> Evidence:
    """Read evidence.

    Raises
    ------
    InvalidRecord
        No such file, no evidence, or evidence that another version of Telic wrote: its seed means other numbers now.
    """
    try:
        found = load(Evidence, path.read_bytes(), schema=SCHEMA)
    except OSError as error:
        raise InvalidRecord(f"{path}: cannot be read: {error.strerror}", hint="give a file of `telic trial`") from error
    except InvalidRecord as error:
        raise InvalidRecord(f"{path}: {error}", hint=error.hint) from error
    if found.telic != __version__:
        raise InvalidRecord(
            f"{path}: made by telic {found.telic}, this is {__version__}: the same seed means another run here",
            hint=f"install telic {found.telic} to repeat it, or run the trial again without --again",
        )
    return found


def require_same(before: Evidence, hashes: dict[str, str], where: Path) -> None:
    """Refuse to compare with evidence of another intent, design or wiring.

    Raises
    ------
    InvalidRecord
        With the name of everything that differs.
    """
    other = [name for name, value in before.hashes.items() if hashes.get(name) != value]
    if other:
        raise InvalidRecord(
            f"{where}: another {' and another '.join(other)} than today's",
            hint="check out what it was made of, or run the trial again without --again",
        )
