"""Let the processes of one service open no file and no socket any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.places import instance_names, popular
from telic.model import Change, Harm, Scalar, Truth


@fault("fd-exhaustion", example={"service": "hotel", "files": 8})
@dataclass(frozen=True)
class FdExhaustion:
    """Let the processes of one service open no file and no socket any more.

    From outside: callers connect and are hung up on at once; the service cannot connect to anybody new; the process
    runs, uses little CPU and is not ready; its log may say "too many open files" (EMFILE).

    Parameters
    ----------
    service
        Whose processes.
    files
        How many may be open [1]: fewer than are.

    It ends by itself never; a restart ends it.

    Source: getrlimit(2), ``RLIMIT_NOFILE``; leaks of descriptors in H. S. Gunawi et al., "Why does the cloud stop
    computing?", SoCC 2016.
    """

    name: ClassVar[str] = "fd-exhaustion"
    layer: ClassVar[str] = "host"
    mechanisms: ClassVar[Mapping[str, str]] = {"fd-exhaustion": "the process may open no file and no socket any more"}
    service: str
    files: int = 8

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a service below the entry; any limit below what it has open will do."""
        rng = dice(cls.name, seed)
        candidates: list[Params] = [{"service": each} for each in popular(scene, "service")]
        places = {key: value for key, value in fixed.items() if key == "service"}
        return {**choose(cls.name, candidates, places, rng), "files": rng.randrange(4, 9), **fixed}

    def inject(self, harm: Harm) -> Truth:
        """Lower the limit of today's processes, and let their callers connect anew."""
        truth = Truth(self.name, self.service, "fd-exhaustion", aliases=instance_names(harm, self.service))
        harm.limit(self.service, files=self.files)
        return truth

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Let them open what they need."""
        harm.limit(self.service)
