"""What a miner is as a file: a version, its limits and counts, and its patterns."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from telic.context.logs.limits import Limits
from telic.context.logs.masking import Cleaned
from telic.errors import InvalidRecord

VERSION = 1


@dataclass(frozen=True)
class Seen:
    """A pattern and what is known of it.

    Parameters
    ----------
    pattern
        A masked line.
    count
        Lines of it.
    template
        The id of its template.
    examples
        Some of its lines, by hash.
    folded
        The columns in which the patterns differed that it stands for; None when it stands for itself.
    """

    pattern: str
    count: int
    template: int
    examples: dict[int, str]
    folded: tuple[int, ...] | None


class State(msgspec.Struct, frozen=True):
    """A miner, brought up to date, at rest.

    Parameters
    ----------
    version
        Of this format.
    limits, cleaned
        As in the miner.
    became
        For each id ever handed out, the id that it has become.
    patterns
        Everything seen.
    """

    version: int
    limits: Limits
    cleaned: Cleaned
    became: list[int]
    patterns: list[Seen]


def write(state: State, path: Path) -> None:
    """Write `state` to `path`; the file is the old one or the new one, never a part."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(msgspec.msgpack.encode(state))
    beside.replace(path)


def read(path: Path) -> State:
    """Return the state in the file `path`.

    Raises
    ------
    InvalidRecord
        When it is no miner's file, or of another version.
    """
    try:
        state = msgspec.msgpack.decode(path.read_bytes(), type=State)
    except (msgspec.DecodeError, OSError) as error:
        raise InvalidRecord(
            f"{path} cannot be read as a log miner's state: {error}", hint="Mine the logs again and save."
        ) from error
    if state.version != VERSION:
        raise InvalidRecord(
            f"{path} holds a log miner's state of version {state.version}, not {VERSION}.",
            hint="Mine the logs again and save.",
        )
    ids = [*state.became, *(seen.template for seen in state.patterns)]
    if any(not 0 <= each < len(state.became) for each in ids):
        raise InvalidRecord(f"{path} names a template that it does not hold.", hint="Mine the logs again and save.")
    return state
