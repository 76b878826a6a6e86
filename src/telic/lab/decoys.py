"""Harmless changes: what a healthy system sees every day, and what "blame the last change" falls for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from telic.errors import UsageError
from telic.lab import wording
from telic.lab.fault import Fault, Scene, dice
from telic.lab.sources import file_named
from telic.lab.traffic import Place, traffic
from telic.model import Change, Scalar

_COMMENTS = (
    "# Ordered as the reply is.",
    "# Kept apart from the store on purpose.",
    "# Names follow the glossary.",
    "# See the interface description for units.",
)


def decoy(scene: Scene, seed: int, *, hurt: Sequence[Fault] = (), kind: str = "") -> Change:
    """Deploy a comment or push an innocent setting, on a service that users of the hurt place do not pass if possible.

    Parameters
    ----------
    scene
        The running world and its design.
    seed
        Chooses service, kind and words.
    hurt
        The faults of the same run, which the decoy keeps away from.
    kind
        ``deploy`` or ``config``; default: by seed.
    """
    rng = dice("decoy", seed)
    service = rng.choice(_innocent(scene, hurt))
    chosen = kind or rng.choice(("deploy", "config"))
    who = wording.author(rng)
    if chosen == "config":
        changes = _settings(scene, service)
        return scene.harm.push_config(service, changes, author=who, summary=wording.config_summary(service, rng))
    files = scene.harm.release_files(service)
    path = file_named(files, "handlers.py")
    edits = {path: f"{files[path].rstrip()}\n\n{rng.choice(_COMMENTS)}\n"}
    return scene.harm.deploy(service, edits, author=who, summary=wording.deploy_summary(service, rng))


def quiet_service(scene: Scene, seed: int, *, hurt: Sequence[Fault] = ()) -> str:
    """Return a service, chosen by `seed`, in whose absence users of the hurt place would miss as little as possible."""
    return dice("quiet", seed).choice(_innocent(scene, hurt))


def _innocent(scene: Scene, hurt: Sequence[Fault]) -> list[str]:
    known = set(scene.harm.state().services) - {scene.design.entry}
    ends = _ends(hurt)
    flow = traffic(scene.design)
    passing = frozenset(user for each in ends for user in flow.passes.get(Place("service", each), ()))
    beside = [each for each in flow.beside(passing) if each in known and each not in ends]
    others = sorted(known - ends)
    if not others:
        raise UsageError("no service is left for a harmless change", hint="leave the decoy out in a system this small")
    return beside or others


def _ends(hurt: Sequence[Fault]) -> set[str]:
    named = [getattr(fault, name, "") for fault in hurt for name in ("service", "callee")]
    edges = [end for fault in hurt for end in getattr(fault, "edge", "").split("->")]
    return {each for each in (*named, *edges) if each}


def _settings(scene: Scene, service: str) -> Mapping[str, Scalar]:
    config = scene.harm.state().services[service].config
    pool = config.get("store.postgres.pool")
    if isinstance(pool, int):
        return {"store.postgres.pool": pool + 1}
    return {"log.level": "DEBUG" if config.get("log.level") == "INFO" else "INFO"}
