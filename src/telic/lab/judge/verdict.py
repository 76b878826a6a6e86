"""The answers of a model about one episode, kept beside the run so that nobody has to ask again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from telic.errors import InvalidRecord
from telic.lab.judge.checklist import CHECKLIST, version
from telic.model import dump, load, write_whole

SCHEMA = "telic/judged/v1"
FOLDER = "judged"
WHY = 300  # of one reason [characters]
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)


@dataclass(frozen=True)
class Answer:
    """To one question of the checklist."""

    yes: bool | None  # None: the facts do not say, or it does not apply
    why: str = ""


@dataclass(frozen=True)
class Verdict:
    """What one model says about one episode.

    Attributes
    ----------
    checklist
        Its version.
    tokens
        That the model read and wrote [1].
    """

    episode: str
    actor: str
    model: str
    checklist: str
    answers: Mapping[str, Answer]
    tokens: int = 0


def understood(text: str) -> dict[str, Answer]:
    """Return the answers in a reply; what is missing or no answer is None with the reason.

    Examples
    --------
    >>> understood('Sure: {"looked": {"yes": true, "why": "it did"}}')["looked"]
    Answer(yes=True, why='it did')
    """
    found = _OBJECT.search(text)
    try:
        said = json.loads(found.group()) if found else {}
    except (ValueError, RecursionError):
        said = {}
    return {name: _answer(said.get(name)) for name in CHECKLIST}


def _answer(said: object) -> Answer:
    given = said.get("yes", "") if isinstance(said, Mapping) else said
    why = str(said.get("why", ""))[:WHY] if isinstance(said, Mapping) else ""
    if given is None or isinstance(given, bool):
        return Answer(given, why) if said is not None else Answer(None, "not answered")
    return Answer(None, "no answer that can be read")


def place(run: Path, model: str, episode: str) -> Path:
    """Return where a verdict lies: the run, the model, the checklist and the episode name it."""
    name = re.sub(r"[^\w.-]+", "-", model).strip("-")
    return run / FOLDER / f"{name}-{version()}" / f"{episode}.json"


def keep(run: Path, verdict: Verdict) -> Path:
    """Write a verdict, whole or not at all; return its path."""
    path = place(run, verdict.model, verdict.episode)
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_whole(path, dump(verdict, schema=SCHEMA))


def kept(run: Path, model: str, episode: str) -> Verdict | None:
    """Return the verdict that is there, or None.

    Raises
    ------
    InvalidRecord
        The file is no verdict.
    """
    path = place(run, model, episode)
    if not path.exists():
        return None
    try:
        return load(Verdict, path.read_bytes(), schema=SCHEMA)
    except InvalidRecord as error:
        raise InvalidRecord(f"{path}: {error}", hint="take the file away; it is asked again") from error


def shares(verdicts: Iterable[Verdict]) -> dict[str, dict[str, tuple[int, int]]]:
    """Return by actor and question how many answers are yes, and how many are yes or no."""
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for each in verdicts:
        own = found.setdefault(each.actor, dict.fromkeys(CHECKLIST, (0, 0)))
        for name, answer in each.answers.items():
            if answer.yes is not None and name in own:
                yes, known = own[name]
                own[name] = yes + answer.yes, known + 1
    return found
