"""What a colleague does to a running system by its own means, for better or worse: half of every world's harm."""

from __future__ import annotations

from collections.abc import Mapping

from telic.errors import UsageError
from telic.model import Change, Scalar, State, Topology
from telic.worlds.load.order import Order, extra
from telic.worlds.local import database
from telic.worlds.local.reconcile import read_design
from telic.worlds.local.store_trouble import POISON
from telic.worlds.local.world import AskedWorld, read

MOST_CAPACITY = 4.0  # of what is declared, as on larger machines [1]


class Colleague:
    """Deploys, pushes configuration and looks around."""

    def __init__(self, world: AskedWorld) -> None:
        self.world = world

    def push_config(self, service: str, changes: Mapping[str, Scalar], *, author: str, summary: str) -> Change:
        """Push a configuration revision as a colleague would."""
        asked = {"service": service, "changes": dict(changes), "author": author, "summary": summary}
        return read(Change, self.world.ask("push_config", **asked))

    def push_policy(self, target: str, changes: Mapping[str, object], *, author: str, summary: str) -> Change:
        """Push another policy of an edge or a service as a colleague would."""
        asked = {"target": target, "changes": dict(changes), "author": author, "summary": summary}
        return read(Change, self.world.ask("push_policy", **asked))

    def scale(self, service: str, replicas: int, *, author: str, summary: str) -> Change | None:
        """Let `service` run with 0 or 1 processes as a colleague would; None where it does so already."""
        asked = {"service": service, "replicas": replicas, "author": author, "summary": summary}
        return read(Change | None, self.world.ask("scale", **asked))  # type: ignore[arg-type]

    def deploy(self, service: str, edits: Mapping[str, str], *, author: str, summary: str) -> Change:
        """Deploy a version whose files differ by `edits` (path in the release to new text) as a colleague would."""
        asked = {"service": service, "edits": dict(edits), "author": author, "summary": summary}
        return read(Change, self.world.ask("deploy", **asked))

    def roll_out(self, service: str, edits: Mapping[str, str], *, author: str, summary: str) -> Change:
        """Put a version that differs by `edits` in the place of what runs; the old one ends first, nobody waits."""
        asked = {"service": service, "edits": dict(edits), "author": author, "summary": summary}
        return read(Change, self.world.ask("roll_out", **asked))

    def release_files(self, service: str) -> Mapping[str, str]:
        """Return the source files of the version of `service` that runs now."""
        return self.world.release_files(service)

    def restore(self, service: str, change: Change) -> None:
        """Take back what `push_config` or `deploy` did, if it is still in force."""
        self.world.ask("restore", service=service, change=change.id)

    def capacity(self, service: str, share: float) -> None:
        """Give `service` a `share` [1] of the slots that it declares, without a change in the log; 1.0 heals."""
        if not 0 < share <= MOST_CAPACITY:
            raise UsageError(f"a share of {share} of a capacity", hint=f"above 0, at most {MOST_CAPACITY:g}")
        self.world.ask("capacity", service=service, share=share)

    def flush(self, store: str) -> None:
        """Empty the cache called `store`."""
        self.world.ask("flush", store=store)

    def poison(self, trouble: str, subject: str, size: float) -> None:
        """Bring about the only trouble that a queue may have, or take it back where `size` is 0."""
        if trouble != POISON:
            raise UsageError(f"no trouble {trouble!r} with a queue", hint=POISON)
        self.world.ask("poison", subject=subject, count=round(size))

    def state(self) -> State:
        """Return the world's state, for choosing a place."""
        return self.world.state()

    def topology(self) -> Topology:
        """Return the world's topology, for choosing a place."""
        return self.world.topology()

    def sent(self, order: Mapping[str, str | float]) -> Order:
        """Return the order of a load besides the usual one, from what is wanted of it."""
        folder = self.world.design_folder()
        return extra(folder, str(self.world.about()["url"]), read_design(folder).workloads[0].id, order)

    def meant(self, service: str, table: str, privileges: str) -> str:
        """Return the privileges that a grant means, in words: ``ALL`` is what the design grants."""
        wanted = database.parse_privileges(privileges)
        if wanted != database.PRIVILEGES:
            return ", ".join(wanted)
        grants = read_design(self.world.design_folder()).grants
        found = [each.privileges for each in grants if (each.service, each.table) == (service, table)]
        if not found:
            raise UsageError(f"the design grants {service} nothing on {table}", hint="name the privileges")
        return ", ".join(privilege for granted in found for privilege in granted)
