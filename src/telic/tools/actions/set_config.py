"""Change one setting of a service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from telic.errors import ActionRefused
from telic.model import Action, Scalar, State, Topology, Undo
from telic.model.redaction import names_secret
from telic.registry import near_names
from telic.tools.actions.card import action, service_of


@action("set_config", example={"target": "search", "key": "upstream.hotel.port", "value": 22011})
@dataclass(frozen=True)
class SetConfig:
    """Push a configuration revision in which one setting has another value.

    Effect: the service re-reads it within half a second, or is started again if it had ended.
    Precondition: the setting exists, is no secret and has another value now.
    Undo: the old value.
    """

    irreversible: ClassVar[bool] = False
    unattended: ClassVar[bool] = True
    target: str
    key: str
    value: str | int | float | bool

    def precondition(self, state: State, topology: Topology) -> str:
        """Refuse unknown keys, secrets and a value that is in force already."""
        config = service_of(state, self.target).config
        if self.key not in config:
            raise ActionRefused(f"{self.target} has no setting {self.key!r}", hint=near_names(self.key, config))
        if names_secret(self.key):
            raise ActionRefused(f"{self.key} of {self.target} is a secret", hint="a person has to change it")
        if config[self.key] == self.value and type(config[self.key]) is type(self.value):
            raise ActionRefused(f"{self.key} of {self.target} is {self.value!r} already", hint="nothing would change")
        return f"{self.key} of {self.target} is {config[self.key]!r}"

    def touches(self, topology: Topology) -> frozenset[str]:
        """Only the service itself."""
        return frozenset({self.target})

    def undo(self, state: State) -> Undo:
        """Set what is there now."""
        old: Scalar = service_of(state, self.target).config[self.key]
        return Undo(
            Action("set_config", self.target, {"key": self.key, "value": old}, f"take back {self.key}={self.value!r}")
        )

    def in_force(self, state: State, since: float) -> bool | None:
        """Whether the setting has the value."""
        return service_of(state, self.target).config.get(self.key) == self.value
