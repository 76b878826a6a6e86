"""Values of settings in the type that a setting has."""

from __future__ import annotations

from telic.errors import ActionRefused
from telic.model import Scalar


def like(old: Scalar, value: Scalar, key: str) -> Scalar:
    """Read `value` as the type that the setting `key` has, of which `old` is a value.

    Raises
    ------
    ActionRefused
        It cannot be read so.
    """
    try:
        if isinstance(old, bool):
            return {"true": True, "false": False}[str(value).lower()]
        return type(old)(value)
    except (ValueError, KeyError) as error:
        raise ActionRefused(f"{key}={value!r} is no {type(old).__name__}", hint=f"it is {old!r} now") from error
