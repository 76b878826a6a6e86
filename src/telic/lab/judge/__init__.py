"""A language model that answers a checklist about episodes: beside the grades, never in them, and kept."""

from __future__ import annotations

from telic.lab.judge.asking import judge
from telic.lab.judge.checklist import CHECKLIST
from telic.lab.judge.verdict import Answer, Verdict, kept, shares

__all__ = ["CHECKLIST", "Answer", "Verdict", "judge", "kept", "shares"]
