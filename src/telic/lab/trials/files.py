"""Evidence on disk: one JSON file a trial, read back only by the version that wrote it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from telic import __version__
from telic.errors import InvalidRecord, StoreFailed
from telic.model import dump, load, write_whole
from telic.model.goodput import Verdict
from telic.model.trial import Evidence, HysteresisEvidence

SCHEMA = "telic/trial/v1"
HYSTERESIS = "telic/hysteresis/v1"
FOLDER = "trials"
WORDS = {"telic": "the code of Telic"}


def path_of(state: Path, evidence: Evidence | HysteresisEvidence, *, again: bool = False) -> Path:
    """Return where the evidence of a trial, or of its repetition, lies in a system's state folder."""
    load = f"{evidence.workload}-{evidence.rate:.12g}"
    parts = [evidence.trial, _short(evidence.wiring), load, evidence.world, str(evidence.seed)]
    if isinstance(evidence, HysteresisEvidence):
        parts.append("hysteresis")
    elif evidence.operated:
        parts.append("operated")
    return state / FOLDER / f"{'-'.join(parts + ['again'] * again)}.json"


def write(path: Path, evidence: Evidence | HysteresisEvidence) -> Path:
    """Write evidence, whole or not at all; return the file."""
    schema = HYSTERESIS if isinstance(evidence, HysteresisEvidence) else SCHEMA
    try:
        return write_whole(path, dump(evidence, schema=schema, indent=2) + b"\n")
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
        hint = f"{error.hint}; give the evidence of a trial, made without --hysteresis"
        raise InvalidRecord(f"{path}: {error}", hint=hint) from error
    if found.telic != __version__:
        raise InvalidRecord(
            f"{path}: made by telic {found.telic}, this is {__version__}: the same seed means another run here",
            hint=f"install telic {found.telic} to repeat it, or run the trial again without --again",
        )
    return found


def require_same(before: Evidence, hashes: dict[str, str], where: Path) -> None:
    """Refuse to compare with evidence of another intent, design or wiring, or of another code of Telic.

    Raises
    ------
    InvalidRecord
        With the name of everything that differs.
    """
    other = [name for name in {**hashes, **before.hashes} if hashes.get(name) != before.hashes.get(name)]
    if other:
        named = [WORDS.get(name, f"the {name}") for name in other]
        raise InvalidRecord(
            f"{where}: {' and '.join(named)} {'differs' if len(named) == 1 else 'differ'} from what it was made of",
            hint="check out what it was made of, or run the trial again without --again",
        )


def difference(before: Evidence, found: Evidence) -> str:
    """Return in words how a repetition differs; "" where it does not.

    On virtual time every second is the same. Real processes repeat no second, so of them the outcomes are compared.
    """
    if before.verdict.outcome != found.verdict.outcome:
        return f"{_outcome(before.verdict)} before, {_outcome(found.verdict)} now"
    if found.world == "local" or (before.seconds, before.verdict) == (found.seconds, found.verdict):
        return ""
    pairs = zip(before.seconds, found.seconds, strict=False)
    other = sum(one != two for one, two in pairs) + abs(len(before.seconds) - len(found.seconds))
    return f"{_outcome(found.verdict)} both times, and {other} of {len(before.seconds)} seconds differ"


def _outcome(verdict: Verdict) -> str:
    return verdict.outcome + ("" if verdict.recovery is None else f" after {verdict.recovery:.1f} s")


def _short(wiring: str) -> str:
    """Return a wiring's name for the name of a file; two files of one name are told apart by their folders."""
    path = Path(wiring)
    if not path.is_absolute():
        return wiring or "own"
    return f"{path.stem}-{hashlib.sha256(wiring.encode()).hexdigest()[:8]}"
