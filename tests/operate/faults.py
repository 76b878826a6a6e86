"""What may be wrong with the synthetic hotel, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass

from telic.model import Action


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong from `begins` on."""

    mechanism: str
    entity: str  # as a diagnosis should name it
    begins: float  # [s since the Unix epoch]
    detail: str = ""  # statement, operation, callee, table
    size: float = 0.3  # seconds, or a share
    kind: str = "config"  # crash-loop: config | deploy

    @property
    def service(self) -> str:
        """Whose change or process it is."""
        return self.entity.partition("->")[0]

    def mended_by(self, action: Action) -> bool:
        """Whether `action` takes it away."""
        match self.mechanism:
            case "hang" | "cpu-starvation":
                return (action.verb, action.target) == ("restart", self.service)
            case "slow-query" | "exception":
                return (action.verb, action.target) == ("rollback", self.service)
            case "crash-loop":
                wanted = "set_config" if self.kind == "config" else "rollback"
                return (action.verb, action.target) == (wanted, self.service)
            case "wrong-config":
                edge = f"{self.service}->{self.detail}"
                return (action.verb, action.target) == ("set_config", self.service) or (
                    action.verb,
                    action.target,
                ) == ("failover", edge)
            case "permission-revoked":
                return (action.verb, action.target) == ("grant", self.service)
            case "metastable-overload":
                return (action.verb, action.target) == ("escape", self.service)
            case "network-delay" | "network-partition":
                return (action.verb, action.target) == ("failover", self.entity)
        return False
