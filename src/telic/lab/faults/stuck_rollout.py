"""Roll out a version of one service that never gets ready, in the place of the one that ran."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from telic.errors import InvalidDesign
from telic.lab import wording
from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.places import popular, revert_deploy, service_state
from telic.lab.rewriting import with_imports
from telic.lab.sources import file_named
from telic.model import Action, Change, Harm, Scalar, Truth

HOOK = ("async def _warm() -> None:", '    """Wait until everything is there."""', "    await asyncio.Event().wait()")


@fault("stuck-rollout", example={"service": "hotel", "version": "1"})
@dataclass(frozen=True)
class StuckRollout:
    """Roll out a version of one service that never gets ready, in the place of the one that ran.

    From outside: from the deploy on callers see refused connections; the new process lives, is idle and says nothing;
    it is starting for as long as one looks, and never ready; no process of the version before is left.

    Parameters
    ----------
    service
        Which one is deployed.
    version
        What ran before.
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: kubernetes.io, "Deployments" (failed deployment, ``progressDeadlineSeconds``; the strategy ``Recreate``);
    deployments in "Why does the cloud stop computing?", SoCC 2016 (upgrades).
    """

    name: ClassVar[str] = "stuck-rollout"
    layer: ClassVar[str] = "orchestration"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "stuck-rollout": "a new version never gets ready, and the old one has gone"
    }
    service: str
    version: str
    seed: int = 0

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a service below the entry whose version can be made."""
        found: list[Params] = []
        for each in popular(scene, "service"):
            try:
                with_hook(scene.harm.release_files(each))
            except InvalidDesign:
                continue
            found.append({"service": each, "version": service_state(scene.harm, each).version, "seed": seed})
        return choose(cls.name, found, fixed, dice(cls.name, seed))

    def inject(self, harm: Harm) -> Truth:
        """Roll out as a colleague would."""
        rng, edits = dice(f"{self.name}/words", self.seed), with_hook(harm.release_files(self.service))
        author, summary = wording.author(rng), wording.deploy_summary(self.service, rng)
        change = harm.roll_out(self.service, edits, author=author, summary=summary)
        return Truth(self.name, self.service, "stuck-rollout", change=change.id)

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Go back to the version before, if this one still runs."""
        revert_deploy(harm, change)

    def mitigations(self, harm: Harm) -> Sequence[Action]:
        """Return the version before."""
        return [Action("rollback", self.service, {"version": self.version})]


def with_hook(files: Mapping[str, str]) -> Mapping[str, str]:
    """Return the edit after which a service waits for ever before it serves."""
    path = file_named(files, "app.py")
    for node in ast.walk(ast.parse(files[path], filename=path)):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Application"):
            continue
        if any(each.arg == "on_start" for each in node.keywords) or node.func.end_col_offset is None:
            break
        rows = files[path].splitlines(keepends=True)
        at, column = (node.func.end_lineno or node.lineno) - 1, node.func.end_col_offset + 1
        data = rows[at].encode()
        rows[at] = (data[:column] + b"on_start=(_warm,), " + data[column:]).decode()
        build = next(line for line, text in enumerate(rows) if text.startswith("def build("))
        rows[build:build] = [*(f"{each}\n" for each in HOOK), "\n", "\n"]
        return {path: with_imports("".join(rows), ["import asyncio"])}
    raise InvalidDesign(f"{path} makes no Application without hooks", hint="choose another service")
