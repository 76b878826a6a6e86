"""A world of two services in memory that obeys actions, for tests of the guard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from telic.clock import Clock, VirtualClock
from telic.errors import ActionRefused, WorldUnavailable
from telic.model import (
    Action,
    ActionRecord,
    Change,
    Design,
    Edge,
    Entity,
    InstanceState,
    LinkState,
    Row,
    Scalar,
    ServiceState,
    State,
    Store,
    StoreState,
    Topology,
    Undo,
    Window,
)
from telic.tools.health import Judgement


class Killed(BaseException):
    """The operator's process ends here."""


@dataclass
class SmallWorld:
    """Gateway and hotel, PostgreSQL and Valkey; `point` is called wherever a process may die."""

    clock: Clock = field(default_factory=VirtualClock)
    point: Callable[[str], None] = lambda name: None
    version: str = "2"
    port: int = 20999
    link: str = "a"
    missing: tuple[str, ...] = ("hotel: SELECT, UPDATE ON hotel.hotels",)
    started: float = 0.0
    runs: bool = True  # the hotel
    policies: dict[str, object] = field(default_factory=dict)
    applied: list[Action] = field(default_factory=list)
    failing: int = 0  # so many applies fail with a WorldError, without effect
    failing_after: int = 0  # the same after their effect

    def topology(self) -> Topology:
        names = ("gateway", "hotel")
        stores = ("postgres", "valkey")
        return Topology(
            "small",
            (*(Entity(each, "service") for each in names), *(Entity(each, "store") for each in stores)),
            (
                Edge("gateway", "hotel"),
                Edge("hotel", "postgres", "uses"),
                Edge("hotel", "valkey", "uses"),
                Edge("gateway", "valkey", "uses"),
            ),
        )

    def state(self) -> State:
        def instance(name: str, version: str) -> InstanceState:
            phase = "ready" if self.runs or name != "hotel" else "stopped"
            return InstanceState(f"{name}-1", 7, phase, version, self.started)  # type: ignore[arg-type]

        gateway = ServiceState(
            "gateway",
            "1",
            "",
            1,
            {"upstream.hotel.port": self.port, "log.level": "INFO", "token.secret": "x"},
            self.policies,
            (instance("gateway", "1"),),
        )
        hotel = ServiceState(
            "hotel", self.version, "1", 1, {"log.level": "INFO"}, {}, (instance("hotel", self.version),)
        )
        return State(
            "small",
            self.clock.time(),
            {"gateway": gateway, "hotel": hotel},
            {
                "postgres": StoreState("postgres", instance("postgres", "18"), self.missing),
                "valkey": StoreState("valkey", instance("valkey", "9")),
            },
            {"gateway->hotel": LinkState("gateway->hotel", self.link, {"a": 22011, "b": 22012})},
            {"/s/hotel": 1.0, "/s/hotel-2": 5.0},
        )

    def changes(self, window: Window) -> list[Change]:
        return []

    def store(self) -> Store:
        return NoTelemetry()

    def deploy(self, design: Design) -> None:
        return None

    def dry_run(self, action: Action) -> str:
        if action.target == "nobody":
            raise ActionRefused("nobody is not known here")
        return f"would {action}"

    def apply(self, action: Action) -> Undo:
        self.point(f"before {action.verb}")
        if self.failing:
            self.failing -= 1
            raise WorldUnavailable("the supervisor does not answer")
        self._obey(action)
        self.applied.append(action)
        if self.failing_after:
            self.failing_after -= 1
            raise WorldUnavailable("the supervisor went away")
        self.point(f"after {action.verb}")
        return Undo(None)

    def close(self) -> None:
        return None

    def fingerprint(self) -> tuple[object, ...]:
        """Everything that an action may change for good."""
        return self.version, self.port, self.link, self.missing, self.runs, tuple(sorted(self.policies))

    def _obey(self, action: Action) -> None:
        match action.verb:
            case "rollback":
                self.version = str(action.params["version"])
            case "set_config":
                self.port = int(action.params["value"])
            case "failover":
                self.link = str(action.params["link"])
            case "grant":
                self.missing = ()
            case "revoke":
                self.missing = (f"hotel: {action.params['privileges']} ON {action.params['table']}",)
            case "restart":
                self.started = self.clock.time()
            case "scale":
                self.runs = bool(action.params["replicas"])
            case "set_policy":
                self.policies[action.target] = {}


class NoTelemetry:
    """A store with nothing in it."""

    def query(self, sql: str, params: object = (), *, limit: int = 10_000, timeout: float = 5.0) -> list[Row]:
        return []


@dataclass
class Oracle:
    """Says that an action helped when it is one of `good`, after 3 s."""

    clock: Clock
    good: tuple[str, ...] = ()
    point: Callable[[str], None] = lambda name: None
    asked: list[ActionRecord] = field(default_factory=list)

    async def judge(self, record: ActionRecord) -> Judgement:
        self.asked.append(record)
        self.point("judging")
        await self.clock.sleep(3.0)
        self.point("judged")
        helped = record.action.verb in self.good
        return Judgement(helped, "2 % bad" if helped else "80 % bad")


def wanted(verb: str) -> Action:
    """An action that the small world can carry out."""
    table: dict[str, tuple[str, dict[str, Scalar]]] = {
        "restart": ("hotel", {}),
        "rollback": ("hotel", {"version": "1"}),
        "set_config": ("gateway", {"key": "upstream.hotel.port", "value": 22011}),
        "failover": ("gateway->hotel", {"link": "b"}),
        "grant": ("hotel", {"table": "hotel.hotels", "privileges": "SELECT, UPDATE"}),
        "set_policy": ("gateway->hotel", {"policy": '{"timeout": 0.5}'}),
        "scale": ("hotel", {"replicas": 1}),
        "flush_cache": ("valkey", {}),
        "reopen": ("hotel", {"shed": 0.0}),
        "revoke": ("hotel", {"table": "hotel.hotels", "privileges": "DELETE"}),
    }
    target, params = table[verb]
    return replace(Action(verb, target, params), reason="a test")
