"""What became of one fault on a live system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Line:
    """One fault: how soon users felt it, how soon they were well after it was taken back.

    Attributes
    ----------
    felt
        From the end of the injection to the end of the first second with harm [s]; None: never.
    healed
        From the end of the healing to the first of three seconds without harm [s]; None: never.
    lasted
        How long it was in force [s].
    why
        What went otherwise, in words.
    """

    name: str
    layer: str
    entity: str = ""
    felt: float | None = None
    healed: float | None = None
    lasted: float = 0.0
    why: str = ""

    @staticmethod
    def head() -> str:
        """Return the head of the table."""
        return f"{'fault':24} {'layer':14} {'entity':22} {'felt s':>7} {'well s':>7}  why not"

    def plain(self) -> Mapping[str, object]:
        """Return it as JSON has it."""
        return asdict(self)

    def __str__(self) -> str:
        told = ["never" if each is None else f"{each:.1f}" for each in (self.felt, self.healed)]
        return f"{self.name:24} {self.layer:14} {self.entity:22} {told[0]:>7} {told[1]:>7}  {self.why}"
