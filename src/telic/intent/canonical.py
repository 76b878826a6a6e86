"""One text for equal intents: comments, layout and order of keys do not count."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import msgspec

from telic.model.intent import Intent


def canonical(intent: Intent) -> bytes:
    """Return the JSON that the hash is taken of: keys sorted, the hash itself left out."""
    return msgspec.json.encode(replace(intent, hash=""), order="deterministic")


def intent_hash(intent: Intent) -> str:
    """Return ``sha256:<64 hexadecimal digits>`` of the canonical text."""
    return f"sha256:{hashlib.sha256(canonical(intent)).hexdigest()}"
