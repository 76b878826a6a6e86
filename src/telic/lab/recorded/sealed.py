"""What only the lab may read of a recorded incident: the truth, and the episode that it is of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from telic.errors import InvalidRecord
from telic.lab.session.record import Episode
from telic.lab.session.record import read as read_episode
from telic.model import Truth
from telic.worlds.recorded.header import Header, read_header
from telic.worlds.recorded.times import seconds, text

TRUTH, EPISODE = "truth.json", "episode.json"
FAULT = "recorded"  # kind of a fault of which only its consequences are on record


@dataclass(frozen=True)
class Sealed:
    """What was really wrong.

    Attributes
    ----------
    truths
        The causes; times that are not known are those of the symptom, or else of the window's start.
    negative
        The right answer is that nothing has to be done.
    timed
        The causes' onset is known, so that a claimed one can be judged.
    episode
        The episode that was recorded, where it was one of the lab's.
    """

    header: Header
    truths: tuple[Truth, ...]
    negative: bool
    timed: bool
    episode: Episode | None = None


def unseal(folder: Path) -> Sealed:
    """Read the truth of a recorded incident.

    Raises
    ------
    InvalidRecord
        No incident, no truth, or one that cannot be read.
    """
    header, path = read_header(folder / "incident.yaml"), folder / TRUTH
    if (folder / EPISODE).is_file():
        episode = read_episode(folder / EPISODE)
        return Sealed(header, episode.truth, episode.scenario.healthy, True, episode)
    add = f"telic lab record {folder} --out {folder} --entity SERVICE --mechanism WORD --onset TIME, or --healthy"
    try:
        found = msgspec.json.decode(path.read_bytes())
    except FileNotFoundError as error:
        raise InvalidRecord(
            f"{folder}: no {TRUTH}, so nothing that is said about it can be judged",
            hint=add,
        ) from error
    except (OSError, msgspec.DecodeError) as error:
        raise InvalidRecord(f"{path}: {error}", hint="one JSON object with root_causes, or negative") from error
    causes = found.get("root_causes") or [] if isinstance(found, dict) else None
    if not isinstance(causes, list) or not all(isinstance(each, dict) and each.get("entity") for each in causes):
        raise InvalidRecord(f"{path}: no root_causes with an entity each", hint='"root_causes": [{"entity", ...}]')
    begins = header.symptom.onset if header.symptom.onset is not None else header.window.start
    truths = tuple(_truth(each, begins, f"{path}: root_causes[{at}]") for at, each in enumerate(causes))
    negative = bool(found.get("negative")) or not truths
    return Sealed(header, truths, negative, bool(truths) and all(each.get("onset") for each in causes))


def write_truth(folder: Path, truths: Sequence[Truth], *, negative: bool, path: Sequence[str] = ()) -> None:
    """Write ``truth.json`` as the format of recorded incidents has it."""
    causes = [
        {
            "entity": each.entity,
            "aliases": list(each.aliases),
            "mechanism": each.mechanism,
            "signal": None,
            "onset": text(each.injected) if each.injected else None,
            "change": each.change or None,
            "fault": each.fault,
            **({"healed": text(each.healed)} if each.healed else {}),
        }
        for each in truths
    ]
    document = {"root_causes": causes, "path": list(path), "negative": negative}
    (folder / TRUTH).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _truth(cause: Mapping[str, object], begins: float, where: str) -> Truth:
    aliases, onset, healed = cause.get("aliases"), cause.get("onset"), cause.get("healed")
    return Truth(
        fault=str(cause.get("fault") or FAULT),
        entity=str(cause["entity"]),
        mechanism=str(cause.get("mechanism") or ""),
        aliases=tuple(str(each) for each in aliases) if isinstance(aliases, list) else (),
        injected=seconds(onset, where) if onset else begins,
        healed=seconds(healed, where) if healed else 0.0,
        change=str(cause.get("change") or ""),
    )
