"""What a run is asked: one frozen value, whose content and the input's give the run its name."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from telic.errors import UsageError
from telic.opportunities.model import Value

Progress = Callable[[str, float], None]
"""Is told which stage a run is in, and how much of it is done [1]."""
ROLES = ("time", "event", "group", "user", "attributes", "numbers")


def unheard(_: str, __: float) -> None:
    """Tell nobody."""


def timed(progress: Progress) -> tuple[Progress, dict[str, float]]:
    """Return a progress that also keeps how long each stage took [s]."""
    seconds: dict[str, float] = {}
    last: list[tuple[str, float]] = []

    def heard(stage: str, share: float) -> None:
        now, kind = time.perf_counter(), stage.split(":")[0]
        if last:
            before, since = last[0]
            seconds[before] = seconds.get(before, 0.0) + now - since
        last[:] = [(kind, now)]
        if stage:
            progress(stage, share)

    return heard, seconds


@dataclass(frozen=True)
class Ask:
    """What a run is asked.

    Parameters
    ----------
    source
        A file, a folder, a table's URL.
    kpis
        In the language: ``"converted: session has 'payment_done' within 10m of 'buy_plan'"``.
    by
        What a group is: ``session``, ``case``, ``request``, ``user``, or the name of a column; "" to guess.
    columns
        What was guessed wrong: column by role.
    templates
        Names of templates, each with parameters of its own or none: ``ngrams:k=4``; empty for all that fit.
    skip
        Names of templates that are not asked.
    hypotheses
        A YAML file of hypotheses and KPIs in the language; "" for none.
    judging
        Settings of the judge, by name; the rest as it has them.
    sample
        Share of the users that is looked at [1], drawn at random by the judge's seed; 1 for all.
    budget
        Tests at most, chosen by what `earlier` runs found; 0 for all.
    earlier
        Records of earlier runs, oldest first.
    wish, model, model_key
        What a language model is asked to propose hypotheses about, base URL and name of the model (``URL#NAME``), and
        the environment variable with its key; "" for no model.
    home
        Where prepared events and records are kept.
    """

    source: str
    kpis: tuple[str, ...]
    by: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    templates: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    hypotheses: str = ""
    judging: Mapping[str, Value | tuple[str, ...]] = field(default_factory=dict)
    sample: float = 1.0
    budget: int = 0
    earlier: tuple[Path, ...] = ()
    wish: str = ""
    model: str = ""
    model_key: str = ""
    home: Path = Path("opportunities")
    command: str = ""


def pairs(given: Sequence[str], what: str) -> dict[str, str]:
    """Read ``NAME=VALUE`` options.

    Examples
    --------
    >>> pairs(["time=ts", "user="], "column")
    {'time': 'ts', 'user': ''}

    Raises
    ------
    UsageError
        One has no ``=``, or a name comes twice.
    """
    found: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--{what} {each!r} is no NAME=VALUE", hint=f"write --{what} NAME=VALUE")
        if name.strip() in found:
            raise UsageError(f"--{what} {name.strip()!r} is given twice", hint="give it once")
        found[name.strip()] = value
    return found


def document(text: str) -> str:
    r"""Return a template with parameters as the file of questions has it.

    Examples
    --------
    >>> print(document("ngrams:k=4, ignore=[heartbeat]"), document("lifecycle"), sep="")
    opportunities: v1
    templates:
      ngrams: {k: 4, ignore: [heartbeat]}
    opportunities: v1
    templates:
      lifecycle: {}
    <BLANKLINE>
    """
    name, _, rest = text.partition(":")
    given = re.sub(r"(\w+)\s*=\s*", r"\1: ", rest)
    return f"opportunities: v1\ntemplates:\n  {name.strip()}: {{{given}}}\n"


def scalar(text: str) -> Value:
    """Read a number, a truth or a text.

    Examples
    --------
    >>> scalar("4"), scalar("0.5"), scalar("true"), scalar("v9")
    (4, 0.5, True, 'v9')
    """
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"[+-]?\d+", text):
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text
