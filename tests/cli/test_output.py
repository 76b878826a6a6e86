"""Tables stay readable in a narrow terminal."""

from __future__ import annotations

import pytest

from telic.cli.output import console, table

HEADS = ("actor", "balanced accuracy", "false alarms", "detect", "localise", "explain", "mitigate", "predict", "solved")


def test_words_of_heads_stay_whole_where_a_table_is_wider_than_the_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(console, "_width", 80)
    with console.capture() as shown:
        table("run", HEADS, [("always 'something is wrong' (not played)", *["100%"] * 8)])
    lines = shown.get().splitlines()
    assert max(map(len, lines)) <= 80
    words = " ".join(lines).split()
    assert all(word in words for head in HEADS for word in head.split())


def test_a_name_that_leads_a_row_can_be_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "_width", 60)
    name = "social-passing-bad-deploy-exception-002"
    with console.capture() as shown:
        table(
            "wide",
            ("scenario", "what happens", "difficulty"),
            [(name, "bad-deploy-exception for 8 s", "goes by itself")],
        )
    assert name in shown.get()
