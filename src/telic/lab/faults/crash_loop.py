"""A process that ends again and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.errors import UsageError
from telic.lab import wording
from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.places import instance_names, popular, revert_config, revert_deploy, service_state
from telic.lab.sources import file_named
from telic.model import Change, Harm, Scalar, Truth

VALUES: Mapping[str, Scalar] = {"store.postgres.pool": "3 per core", "log.level": "VERBOSE"}  # no service applies them

_TAIL = '''

def _check_snapshot() -> None:
    """Leave it to the next start when the local snapshot is older than the schema."""
    sys.stderr.write("snapshot 41 is older than schema 42\\n")
    os._exit(1)


_SNAPSHOT = threading.Timer({life}, _check_snapshot)
_SNAPSHOT.daemon = True
_SNAPSHOT.start()
'''
LIVES = (0.7, 1.2)  # from import to exit [s]: longer than a deploy needs to see it ready, shorter than a back-off


@fault(
    "crash-loop", example={"service": "hotel", "kind": "config", "key": "log.level", "before": "INFO", "version": "1"}
)
@dataclass(frozen=True)
class CrashLoop:
    """Bring a configuration or a version with which one service exits, at once and after every restart.

    From outside: the service exits with code 1, is restarted with growing back-off and exits again; callers see refused
    and reset connections. With a configuration it never becomes ready again; with a version it is ready for a second.

    Parameters
    ----------
    service
        Which one.
    kind
        ``config``: a pushed value that cannot be applied. ``deploy``: a version that ends shortly after it is ready.
    key, before
        The setting and its value until now (config).
    version
        What ran before (deploy).
    life
        From start to exit [s] (deploy).
    seed
        Chooses author and summary.

    It ends by itself never; the old value or version ends it.

    Source: S. Ghosh et al., "How to fight production incidents?", SoCC 2022 (configuration and code changes lead the
    causes); Kubernetes' ``CrashLoopBackOff``.
    """

    name: ClassVar[str] = "crash-loop"
    layer: ClassVar[str] = "process"
    service: str
    kind: str = "config"
    key: str = "log.level"
    before: Scalar = "INFO"
    version: str = ""
    life: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in ("config", "deploy"):
            raise UsageError(f"crash-loop: kind {self.kind!r}", hint="one of config, deploy")
        if self.kind == "config" and self.key not in VALUES:
            raise UsageError(
                f"crash-loop: no value known that {self.key} cannot take", hint=f"one of {', '.join(VALUES)}"
            )

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a service below the entry, and which of the two ways."""
        rng = dice(cls.name, seed)
        candidates: list[Params] = []
        for each in popular(scene, "service"):
            running = service_state(scene.harm, each)
            common: Params = {"service": each, "version": running.version, "seed": seed}
            keys = [key for key in VALUES if key in running.config]
            candidates += [{**common, "kind": "config", "key": key, "before": running.config[key]} for key in keys[:1]]
            candidates.append({**common, "kind": "deploy"})
        kind = rng.choice(("config", "deploy"))
        free = {"kind": kind, **fixed} if any(each["kind"] == kind for each in candidates) else dict(fixed)
        chosen = choose(cls.name, candidates, {key: value for key, value in free.items() if key != "life"}, rng)
        return {**chosen, "life": round(rng.uniform(*LIVES), 2), **fixed}

    def inject(self, harm: Harm) -> Truth:
        """Push or deploy as a colleague would."""
        rng = dice(f"{self.name}/words", self.seed)
        names = instance_names(harm, self.service)
        who = wording.author(rng)
        if self.kind == "config":
            summary = wording.config_summary(self.service, rng)
            change = harm.push_config(self.service, {self.key: VALUES[self.key]}, author=who, summary=summary)
        else:
            summary = wording.deploy_summary(self.service, rng)
            change = harm.deploy(self.service, self._edits(harm), author=who, summary=summary)
        return Truth(self.name, self.service, "crash-loop", names, change=change.id)

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Take the value or the version back if it is still in force."""
        rng = dice(f"{self.name}/way back", self.seed)
        if self.kind == "deploy":
            revert_deploy(harm, change)
            return
        revert_config(
            harm,
            self.service,
            {self.key: VALUES[self.key]},
            {self.key: self.before},
            author=wording.author(rng),
            summary=wording.config_summary(self.service, rng),
        )

    def _edits(self, harm: Harm) -> Mapping[str, str]:
        files = harm.release_files(self.service)
        path = file_named(files, "app.py")
        text = files[path]
        imports = "import os\nimport sys\nimport threading\n"
        anchor = "from __future__ import annotations\n"
        head = text.replace(anchor, f"{anchor}\n{imports}", 1) if anchor in text else f"{imports}{text}"
        return {path: head.rstrip("\n") + "\n" + _TAIL.format(life=self.life)}
