"""What changes between two policies, in words with units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass

from telic.runtime.wiring import BreakerPolicy, CachePolicy, EdgePolicy, NodePolicy, RetryPolicy

Policy = EdgePolicy | NodePolicy | RetryPolicy | BreakerPolicy | CachePolicy


def differences(old: EdgePolicy | NodePolicy, new: EdgePolicy | NodePolicy) -> list[str]:
    """Say what differs, a phrase for each field: ``retries: up to 3, no budget -> none``."""
    return [
        f"{_NAMES.get(each.name, each.name)} {_said(each.name, was)} -> {_said(each.name, will)}"
        for each in fields(new)
        if (was := getattr(old, each.name)) != (will := getattr(new, each.name))
    ]


def _said(name: str, value: object) -> str:
    if value is None:
        return "none"
    if is_dataclass(value):
        return _whole(value)  # type: ignore[arg-type]
    if isinstance(value, bool):
        return "on" if value else "off"
    return _VALUES.get(name, str)(value)


def _whole(policy: Policy) -> str:
    """Say a policy inside another."""
    match policy:
        case RetryPolicy(max=0):
            return "none"
        case RetryPolicy():
            budget = f"for {_percent(policy.budget)} of the requests" if policy.budget > 0 else "without a budget"
            wait = f"after {_seconds(policy.backoff)}{' at random' * policy.jitter}" if policy.backoff else "at once"
            return f"up to {policy.max} {budget}, {wait}"
        case BreakerPolicy():
            return (
                f"open {_seconds(policy.open)} when {_percent(policy.ratio)} of {policy.minimum} or more calls "
                f"fail in {_seconds(policy.window)}"
            )
        case CachePolicy():
            misses = "one load a key" if policy.single else "every miss loads"
            return f"{_seconds(policy.ttl)}, {misses}, on error {policy.on_error}"
    return ", ".join(f"{each.name} {_said(each.name, getattr(policy, each.name))}" for each in fields(policy))


def _seconds(value: object) -> str:
    seconds = float(str(value))
    return f"{seconds:g} s" if seconds >= 1 or seconds == 0 else f"{seconds * 1000:g} ms"


def _places(value: object) -> str:
    return "unbounded" if value == -1 else f"{value} places"


def _age(value: object) -> str:
    return "never" if value == 0 else _seconds(value)


def _percent(value: object) -> str:
    return f"{100 * float(str(value)):.3g} %"


_NAMES: Mapping[str, str] = {
    "retry": "retries",
    "deadline": "deadline passed on",
    "dedupe": "repeats answered from the first",
    "cancel": "work of a caller that left is cancelled",
    "max_age": "refused after waiting",
    "shed": "shed at the door",
}

_VALUES: Mapping[str, Callable[[object], str]] = {
    "timeout": _seconds,
    "queue": _places,
    "max_age": _age,
    "shed": _percent,
}
