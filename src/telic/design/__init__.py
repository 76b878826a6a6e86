"""Intent to design: services, interfaces, code, tests, schema, seed data and wiring, the same for the same intent."""

from telic.design.folder import generate, read, rewire, wiring_digest
from telic.design.lints import Finding, lint
from telic.design.shelf import shelved
from telic.design.wiring import parse_wiring, read_wiring, write_wiring

__all__ = [
    "Finding",
    "generate",
    "lint",
    "parse_wiring",
    "read",
    "read_wiring",
    "rewire",
    "shelved",
    "wiring_digest",
    "write_wiring",
]
