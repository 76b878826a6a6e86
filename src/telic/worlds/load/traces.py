"""Recorded arrivals of a language model's requests, replayed: how the rate changed, and how many tokens each had."""

from __future__ import annotations

import csv
import gzip
import io
import os
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from telic.errors import UsageError

DATA = "TELIC_DATA"
FOLDER = "llm_inference_traces"
WINDOW = 5.0  # over which arrivals of a trace are averaged [s of the trace]


@dataclass(frozen=True)
class Arrival:
    """One request of a trace."""

    at: float  # since the first one [s]
    read: int  # tokens of its prompt [1]
    made: int  # tokens of its answer [1]


class Trace:
    """A trace as a load sees it.

    Parameters
    ----------
    arrivals
        In the order of their times; two at least.
    speed
        So many seconds of the trace pass in a second of the load [1].
    """

    def __init__(self, arrivals: tuple[Arrival, ...], *, speed: float = 1.0) -> None:
        self._sizes = [(each.read, each.made) for each in arrivals]
        self._speed = speed
        windows = int(arrivals[-1].at / WINDOW) + 1
        counts = Counter(int(each.at / WINDOW) for each in arrivals)
        mean = len(arrivals) / windows
        self._factors = [counts[each] / mean for each in range(windows)]
        self.peak = max(self._factors)

    def factor(self, at: float) -> float:
        """Return the rate at a time of the load [s], over the mean [1]; the trace begins again at its end."""
        return self._factors[int(at * self._speed / WINDOW) % len(self._factors)]

    def sizes(self, draws: random.Random) -> tuple[int, int]:
        """Draw what one of its requests read and made [tokens]."""
        return draws.choice(self._sizes)


def read_trace(name: str, *, speed: float = 1.0) -> Trace:
    """Read a trace: a path, or a file's path below ``$TELIC_DATA/llm_inference_traces``.

    Known are CSV with ``TIMESTAMP, ContextTokens, GeneratedTokens`` (Azure, 2023) [1]_ and lines of JSON with
    ``timestamp`` [ms], ``input_length``, ``output_length`` (Mooncake) [2]_, also compressed by gzip.

    Raises
    ------
    UsageError
        No such file, or none of these forms.

    References
    ----------
    .. [1] P. Patel et al., "Splitwise: efficient generative LLM inference using phase splitting", ISCA 2024.
    .. [2] R. Qin et al., "Mooncake: trading more storage for less computation for serving LLM chatbot", FAST 2025.
    """
    path = Path(name) if Path(name).is_file() else Path(os.environ.get(DATA, "../shared/data")) / FOLDER / name
    if speed <= 0:
        raise UsageError(f"a trace at {speed:g} times its speed", hint="give a speed above 0")
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
        found = tuple(_lines(text) if text.startswith("{") else _table(text))
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror or error}", hint=f"give a file, or one below ${DATA}/{FOLDER}"
        ) from error
    except (ValueError, KeyError, TypeError, EOFError, msgspec.DecodeError) as error:
        raise UsageError(f"{path}: no trace: {error}", hint="see `telic.worlds.load.traces.read_trace`") from error
    if len(found) < 2 or found[-1].at <= 0:
        raise UsageError(f"{path}: {len(found)} requests are no trace", hint="two at least, at different times")
    start = found[0].at
    return Trace(tuple(Arrival(each.at - start, each.read, each.made) for each in found), speed=speed)


def _table(text: str) -> Iterable[Arrival]:
    for row in csv.DictReader(io.StringIO(text)):
        moment, _, fraction = row["TIMESTAMP"].partition(".")
        at = datetime.fromisoformat(moment).timestamp() + float(f"0.{fraction or 0}")
        yield Arrival(at, int(row["ContextTokens"]), int(row["GeneratedTokens"]))


def _lines(text: str) -> Iterable[Arrival]:
    for line in text.splitlines():
        row = msgspec.json.decode(line)
        yield Arrival(float(row["timestamp"]) / 1000, int(row["input_length"]), int(row["output_length"]))
