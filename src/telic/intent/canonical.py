"""One text for equal intents: comments, layout, order of keys and defaults do not count."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace

import msgspec

from telic.model.intent import Intent


def canonical(intent: Intent) -> bytes:
    """Return the JSON that the hash is taken of: keys sorted, what has its default left out, so is the hash itself."""
    return msgspec.json.encode(_written(replace(intent, hash="")), order="deterministic")


def intent_hash(intent: Intent) -> str:
    """Return ``sha256:<64 hexadecimal digits>`` of the canonical text."""
    return f"sha256:{hashlib.sha256(canonical(intent)).hexdigest()}"


def configured(intent: Intent, settings: Mapping[str, Mapping[str, str]]) -> Intent:
    """Return `intent` with `settings` [service to key to value] over its own, and its hash."""
    own = intent.settings
    merged = {each: {**own.get(each, {}), **settings.get(each, {})} for each in {**own, **settings}}
    found = replace(intent, settings=merged)
    return replace(found, hash=intent_hash(found))


def _written(value: object) -> object:
    """Return plain values; a field that has its default is left out, so that new ones change no hash."""
    if is_dataclass(value):
        found = {each.name: getattr(value, each.name) for each in fields(value)}
        defaults = {each.name: each.default for each in fields(value)}
        return {name: _written(each) for name, each in found.items() if each != defaults[name] and each != {}}
    if isinstance(value, Mapping):
        return {str(key): _written(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_written(each) for each in value]
    return value
