"""The leaderboard: a table and two charts for each suite, what was held out first."""

from __future__ import annotations

from collections.abc import Iterable

from telic.report.lab.record import Board
from telic.report.lab.run import WORDS, drawn
from telic.report.pages import render


def html(boards: Iterable[Board], *, title: str = "Leaderboard of the lab") -> str:
    """Return the page of `boards`; it needs no network and no script, and all texts in it are escaped."""
    ordered = sorted(boards, key=lambda each: not each.held_out)
    return render(
        "lab_leaderboard.html.j2", headline=title, boards=[(each, drawn(each.standings)) for each in ordered], **WORDS
    )
