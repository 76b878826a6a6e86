"""From a configuration to the server chain, and again when the configuration changes."""

from __future__ import annotations

import random
from collections.abc import Callable

from telic.clock import Clock
from telic.runtime.application import Application, Job
from telic.runtime.config import Config
from telic.runtime.policies.admission import DEFAULT_SLOTS, Admission
from telic.runtime.policies.cache import ReadThrough
from telic.runtime.policies.dedupe import Dedupe, MemoryAnswers
from telic.runtime.ports import Runtime
from telic.runtime.server.shell import DEADLINE, Chain
from telic.runtime.stores.answers import PostgresAnswers

FORGET_EVERY = 600.0  # between two deletions of old answers to idempotency keys [s]
FLAG = "feature."  # begins the settings that switch an operation on or off


class Assembly:
    """Keeps one instance's chain in step with its configuration; mechanisms that did not change keep their state.

    Parameters
    ----------
    chance
        Gives numbers from 0 to 1, for jitter.
    """

    def __init__(
        self,
        application: Application,
        runtime: Runtime,
        config: Config,
        *,
        chance: Callable[[], float] | None = None,
    ) -> None:
        self._chance = chance or random.Random().random
        self._application, self._runtime, self._clock = application, runtime, runtime.clock
        self._answers: PostgresAnswers | None = None
        if application.idempotency_table:
            self._answers = PostgresAnswers(runtime.database(), application.idempotency_table)
        self._dedupe = Dedupe(self._answers or MemoryAnswers(self._clock), self._clock)
        self._config = config
        self.chain = Chain(_admission(config, self._clock))
        self.apply(config)

    def jobs(self) -> tuple[Job, ...]:
        """Return the application's jobs, and the one that forgets old answers."""
        if self._answers is None:
            return self._application.jobs
        return (*self._application.jobs, Job("forget_answers", FORGET_EVERY, self._answers.forget_old))

    def apply(self, config: Config) -> None:
        """Put the policies of `config` in force."""
        chain, node = self.chain, config.wiring.node
        old, self._config = self._config, config
        if old.wiring.node != node or old.capacity != config.capacity:
            slots, service_time = capacity(config)
            chain.admission.configure(node, slots=slots, service_time=service_time)
        chain.dedupe = self._dedupe if node.dedupe else None
        cache = self._runtime.cache() if node.cache is not None else None
        if node.cache is None or cache is None:
            chain.cache = None
        elif chain.cache is None or chain.cache.policy != node.cache:
            chain.cache = ReadThrough(node.cache, cache, self._clock, self._chance)
        chain.cache_prefix = f"{config.system}:{config.service}:{config.version}:"
        chain.cancel, chain.shed = node.cancel, node.shed
        settings = config.settings
        chain.off = frozenset(
            name.removeprefix(FLAG) for name in settings if name.startswith(FLAG) and not settings[name]
        )
        chain.quota.rate = float(settings.get("request.quota", 0.0))
        chain.deadline = float(config.settings.get("request.deadline", DEADLINE))


def capacity(config: Config) -> tuple[int, float]:
    """Return slots [1] and service time [s] that the configuration declares."""
    declared = config.capacity
    return (DEFAULT_SLOTS, 0.0) if declared is None else (declared.slots, declared.service_time)


def _admission(config: Config, clock: Clock) -> Admission:
    slots, service_time = capacity(config)
    return Admission(config.wiring.node, clock, slots=slots, service_time=service_time)
