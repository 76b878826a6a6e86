"""Deploy a version of one service that serves each key in turn, while everybody wants the same one."""

from __future__ import annotations

import ast
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.errors import InvalidDesign
from telic.lab.cached import read_by
from telic.lab.deployed import Deployed
from telic.lab.fault import Params, Scene, fault
from telic.lab.loaded import BESIDE
from telic.lab.places import policy_of
from telic.lab.rewriting import answering, require_read, structs, with_around
from telic.model import Change, Harm, Truth


@fault("hot-key", example={"service": "hotel", "operation": "near", "version": "1", "mix": "F1=1"})
@dataclass(frozen=True)
class HotKey(Deployed):
    """Deploy a version of one service that serves each key in turn, while everybody wants the same one.

    From outside: requests for one key wait for each other in one part of the service, which is never idle, while the
    other parts are; the queue of that part takes the service's slots, and then others wait as well.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    parts
        Into which the keys are split [1].
    hold
        How long a part is busy with a request [s].
    mix
        What those ask who want the one key.
    rate
        How often they ask [requests/s].
    seed
        Chooses author and summary, and when they ask.

    It ends by itself never; the version before ends it, and so does another key.

    Source: hot partitions: Amazon DynamoDB, "Designing partition keys to distribute your workload"; hot keys in
    R. Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013.
    """

    name: ClassVar[str] = "hot-key"
    layer: ClassVar[str] = "workload"
    lasting: ClassVar[bool] = True
    mechanisms: ClassVar[Mapping[str, str]] = {"hot-key": "one key is wanted more often than its part can serve"}
    parts: int = 64
    hold: float = 0.04
    mix: str = ""
    rate: float = 80.0

    @classmethod
    def places(cls, scene: Scene) -> list[Params]:
        """Return popular operations that users read through and that no cache stands before."""
        found: list[Params] = []
        for each in super().places(scene):
            asked = read_by(scene, str(each["service"]), str(each["operation"]))
            if asked and not policy_of(scene.harm, str(each["service"])).get("cache"):
                found.append({**each, "mix": f"{asked}=1"})
        return found

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how long a part is busy."""
        return {"hold": round(rng.uniform(0.03, 0.05), 3)}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        require_read(files, self.operation)
        lines = [
            f"async with PARTS[crc32(request.{key_of(files, self.operation)}.encode()) % {self.parts}]:",
            f"    await asyncio.sleep({self.hold})",
            "    return await self._answer(request, context)",
        ]
        above = ["PARTS: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)"]
        imports = ["import asyncio", "from collections import defaultdict", "from zlib import crc32"]
        return with_around(files, self.operation, lines, imports=imports, above=above)

    def inject(self, harm: Harm) -> Truth:
        """Deploy as a colleague would, and let everybody want one key."""
        truth = super().inject(harm)
        harm.load(BESIDE, mix=self.mix, rate=self.rate, keys=1, seed=self.seed + 1)
        return truth

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Let nobody want it, and go back to the version before, if this one still runs."""
        harm.load(BESIDE)
        super().heal(harm, change)


def key_of(files: Mapping[str, str], operation: str) -> str:
    """Return the field of a request that is a key and comes first."""
    _, _, call = answering(files, operation)
    asked = call.args.args[1].annotation if len(call.args.args) > 1 else None
    fields = structs(files).get(ast.unparse(asked).rpartition(".")[2] if asked else "", {})
    name, kind = next(iter(fields.items()), ("", ""))
    if kind != "Id":
        raise InvalidDesign(f"{operation} is not asked for one key", hint="choose an operation on one thing")
    return name
