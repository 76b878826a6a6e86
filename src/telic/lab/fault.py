"""What a fault is: a place and a size chosen by seed, harm done at its real layer, and the way back."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar, Protocol, runtime_checkable

from telic.errors import UsageError
from telic.model import Change, Design, Harm, Scalar, Truth, Window
from telic.registry import Registry, near_names

Params = dict[str, Scalar]


@dataclass(frozen=True)
class Scene:
    """Where a fault may happen: the running world and the design that it runs."""

    harm: Harm
    design: Design
    changes: Callable[[Window], list[Change]] = lambda window: []  # the change log, for the way back after a crash
    rate: float | None = None  # of users, where it is not that of the design's first workload [requests/s]


@runtime_checkable
class Fault(Protocol):
    """One way in which systems break. A frozen dataclass: its fields are all that it takes to heal it again.

    With `beyond = True` in its class no tool of an operator reaches it; scenarios then ask nobody to mitigate it.
    """

    name: ClassVar[str]

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose parameters by `seed` so that users are certainly hurt; `fixed` ones are kept."""
        ...

    def inject(self, harm: Harm) -> Truth:
        """Do the harm; say what is now wrong."""
        ...

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Take the harm back where it is still in force; harmless otherwise, also twice or after a crash.

        `change` is what the injection pushed or deployed, None where it came to no change.
        """
        ...


@runtime_checkable
class Selective(Protocol):
    """The harm of a world that runs no code: only some kinds mean something there."""

    def require(self, kind: str) -> None:
        """Raise `UsageError` where `kind` means nothing there, with the reason."""
        ...

    def prepare(self, culprit: Fault) -> None:
        """Be told which fault is injected next: its version or setting shows nothing to a world that runs no code."""
        ...


@runtime_checkable
class Scalable(Protocol):
    """A fault that can also be there in part, so that it may grow."""

    def scaled(self, share: float) -> Fault:
        """Return the same fault with a `share` of its size [1]."""
        ...


fault: Registry[Fault] = Registry("fault")


def grows(kind: str) -> bool:
    """Whether the fault called `kind` has sizes, so that it may come little by little."""
    made = fault.factory(kind)
    return hasattr(made, "scaled") and getattr(made, "grows", True) != ()


def dice(name: str, seed: int) -> random.Random:
    """Return the source of randomness of fault `name` under `seed`; equal for equal arguments."""
    return random.Random(f"telic/{name}/{seed}")


def choose(name: str, candidates: Sequence[Params], fixed: Mapping[str, Scalar], rng: random.Random) -> Params:
    """Choose one of `candidates` that agrees with `fixed`, and put `fixed` over it.

    Raises
    ------
    UsageError
        No place where users would certainly be hurt agrees with `fixed`.
    """
    fitting = [each for each in candidates if all(each.get(key, value) == value for key, value in fixed.items())]
    if not fitting:
        wanted = ", ".join(f"{key}={value}" for key, value in fixed.items()) or "this workload"
        places = "; ".join(sorted({", ".join(f"{k}={v}" for k, v in each.items()) for each in candidates})[:8])
        raise UsageError(
            f"{name}: no place where users are certainly hurt fits {wanted}", hint=f"such places: {places or 'none'}"
        )
    return {**rng.choice(fitting), **fixed}


def params_from_text(name: str, given: Sequence[str]) -> Params:
    """Read ``key=value`` texts as parameters of fault `name`, by the types of its fields."""
    kinds = {each.name: each.type for each in fields(fault.factory(name))}  # type: ignore[arg-type]
    params: Params = {}
    for each in given:
        key, sign, value = each.partition("=")
        if not sign or key not in kinds:
            raise UsageError(f"{name} has no parameter {each!r}", hint=f"write key=value; {near_names(key, kinds)}")
        try:
            params[key] = {"int": int, "float": float}.get(str(kinds[key]), str)(value)
        except ValueError as error:
            raise UsageError(f"{each}: not a {kinds[key]}", hint="give a number") from error
    return params


def make(name: str, params: Mapping[str, Scalar]) -> Fault:
    """Make the fault called `name`; every field without a default has to be in `params`."""
    known: dict[str, Any] = {each.name: each for each in fields(fault.factory(name))}  # type: ignore[arg-type]
    missing = [key for key, each in known.items() if each.default is MISSING and key not in params]
    unknown = [key for key in params if key not in known]
    if missing or unknown:
        what = f"misses {', '.join(missing)}" if missing else f"has no parameter {', '.join(unknown)}"
        raise UsageError(f"fault {name} {what}", hint=f"its parameters: {', '.join(known)}")
    return fault.create(name, **params)
