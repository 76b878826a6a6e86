"""What users of a language model ask, and how they judge what comes back."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telic.design.modules import language, prompts, screening
from telic.worlds.load.prompts import DECODED, HARMFUL, Prompt, fault_of, prompt

MILL = Prompt("How does a mill work?", ("mill", "river"), False)
GOOD = "The mill turns with its wheel, and the miller looks after every part of it from morning until late at night."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (GOOD, ""),
        ("", "nothing"),
        ("... !", "nothing"),
        (f"{GOOD} Call +00 555 0147 today.", "leak"),
        ("The mill bkzzrtw turns vvqrtpl with gdhhrtc and pprtzzx.", "gibberish"),
        ("The mill is what it is " + "and so it is " * 6, "repetition"),
        (f"{GOOD} [removed] and [removed] too.", "removal"),
        (f"{GOOD} [removed] too.", ""),
        (GOOD.replace("mill", "oven"), "topic"),
        ("Die Mühle steht am Fluss, and the river drives it.", ""),
    ],
)
def test_a_bad_answer_is_called_by_its_name(text: str, found: str) -> None:
    assert fault_of(text, MILL) == found


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(6, 1200), st.integers(12, 256))
def test_the_small_model_answers_well_what_users_ask(seed: int, read: int, made: int) -> None:
    asked = prompt(random.Random(seed), read)
    shown = prompts.shown(asked.text)
    words = language.answer(shown, most=made, version="7")
    assert 0 < len(words) <= made
    if not asked.harmful:
        assert fault_of(screening.cleaned(" ".join(words), 0.6), asked) == ""
    assert (screening.severity(shown) >= 0.6) == asked.harmful


def test_hidden_text_turns_a_model_away_from_the_question() -> None:
    asked = [prompt(random.Random(seed), 20) for seed in range(300)]
    hiding = [each for each in asked if any(ord(letter) > DECODED for letter in each.text)]
    assert 20 < len(hiding) < 120
    for each in hiding:
        text = " ".join(language.answer(each.text, most=60, version="7"))
        assert fault_of(screening.cleaned(text, 0.6), each) == "topic"


def test_some_ask_for_harm() -> None:
    found = [prompt(random.Random(seed), 20).harmful for seed in range(400)]
    assert abs(sum(found) / 400 - HARMFUL) < 0.06
