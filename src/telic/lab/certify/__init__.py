"""Certificates: a scenario harms users, can be solved with the tools, and not by doing nothing or by cheating."""

from __future__ import annotations

from telic.lab.certify.certificate import CHEATERS, Certificate, Harmed, beside, current, find, remove
from telic.lab.certify.certifying import FAIR, certify, players, sample

__all__ = [
    "CHEATERS",
    "FAIR",
    "Certificate",
    "Harmed",
    "beside",
    "certify",
    "current",
    "find",
    "players",
    "remove",
    "sample",
]
