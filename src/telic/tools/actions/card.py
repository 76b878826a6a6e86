"""What a kind of action has to say of itself before a guard carries it out."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import ClassVar, Protocol

import msgspec

from telic.errors import ActionRefused
from telic.model import Action, ServiceState, State, Topology, Undo
from telic.registry import Registry, near_names


class Verb(Protocol):
    """One kind of write to a world: a frozen dataclass whose fields are the target and the typed parameters.

    The class docstring is its card: effect, precondition, undo. Nothing here writes; only the guard lets a world apply.
    """

    irreversible: ClassVar[bool]  # its effect stays and cannot be taken back
    unattended: ClassVar[bool]  # may be carried out with nobody watching

    @property
    def target(self) -> str:
        """Service, edge or store that it acts on."""
        ...

    def precondition(self, state: State, topology: Topology) -> str:
        """Say in words what holds and lets it be done; raise `ActionRefused` where something does not."""
        ...

    def touches(self, topology: Topology) -> frozenset[str]:
        """Return the services that are interrupted or changed by it directly: its blast radius."""
        ...

    def undo(self, state: State) -> Undo:
        """Return what takes it back, as seen from the state before it."""
        ...

    def in_force(self, state: State, since: float) -> bool | None:
        """Whether its effect is there; None where the state does not show it.

        Parameters
        ----------
        state
            The world's state now.
        since
            When the action was begun [s since the Unix epoch].
        """
        ...


action: Registry[Verb] = Registry("action")


def read(wanted: Action) -> Verb:
    """Turn an action record into its checked, typed form.

    Raises
    ------
    ActionRefused
        Unknown verb, missing, unknown or ill-typed parameters.

    Examples
    --------
    >>> read(Action("restart", "booking")).target
    'booking'
    >>> read(Action("rollback", "booking", {"versoin": "1"}))
    Traceback (most recent call last):
    telic.errors.ActionRefused: rollback booking (versoin=1): no parameter 'versoin'
    """
    if wanted.verb not in action:
        raise ActionRefused(f"no action {wanted.verb!r}", hint=near_names(wanted.verb, action))
    factory = action.factory(wanted.verb)
    known = {each.name: each for each in fields(factory) if each.name != "target"}  # type: ignore[arg-type]
    for name in wanted.params:
        if name not in known:
            raise ActionRefused(f"{wanted}: no parameter {name!r}", hint=near_names(name, known))
    for name, each in known.items():
        if name not in wanted.params and each.default is MISSING:
            raise ActionRefused(f"{wanted}: parameter {name!r} is missing", hint=f"it takes {', '.join(known)}")
    try:
        made: Verb = msgspec.convert({"target": wanted.target, **wanted.params}, type=factory)
    except msgspec.ValidationError as error:
        raise ActionRefused(f"{wanted}: {error}", hint=f"see the card of {wanted.verb}") from error
    return made


def service_of(state: State, name: str) -> ServiceState:
    """Return the state of a service; refuse a name that the world does not have."""
    if name not in state.services:
        raise ActionRefused(f"no service {name!r} in this world", hint=near_names(name, state.services))
    return state.services[name]


def edge_of(topology: Topology, name: str) -> tuple[str, str]:
    """Return caller and callee of the edge called `name`; refuse one that the world does not have."""
    edges = {each.name: each for each in topology.edges} | {
        f"{outside}->{topology.entry}": None for outside in ("users",)
    }
    if name not in edges:
        raise ActionRefused(f"no edge {name!r} in this world", hint=near_names(name, edges))
    caller, _, callee = name.partition("->")
    return caller, callee
