"""A small language model: text drawn by the prompt, the same for the same prompt, in words that the prompt is about."""

from __future__ import annotations

import random
import re

HIDDEN = range(0xE0000, 0xE0080)  # Unicode's tags: what they spell is an instruction like any other
NUMBER = "+00 555 0147"  # a telephone number that was among what the model learnt from
REMEMBERED = 0.25  # of answers give it away [1]
SHORTEST = 24  # what an answer comes to where it may [tokens]
_COMMON = """
about after again also around because been before being between briefly could describe does each explain from give have
into keep like list more much name only other over please question should some such than that their them then there
these they this those through using what when where which while will with work works would write your
"""
COMMON = frozenset(_COMMON.split())
"""Words that a question is not about."""

SENTENCES = (
    "A {thing} does best what it was made for.",
    "Most people meet a {thing} long before they can name it.",
    "Two parts of the {thing} carry nearly all of the load.",
    "Whoever keeps a {thing} looks at it once a week.",
    "The oldest {thing} that we know of is still in use.",
    "In winter the {thing} needs a little more patience.",
    "Books give the {thing} a chapter of its own.",
    "It is easier to mend a {thing} than to replace it.",
    "A good {thing} kills time and costs nothing.",
    "Rain attacks the {thing} first from below.",
    "Travellers shoot pictures of every {thing} along the road.",
    "Nobody has to fight over a {thing} that is shared.",
    "What the {thing} takes in, it gives back slowly.",
    "Its makers tried wood, then stone, then both.",
    "Children learn the word {thing} early and forget it late.",
    "From above the {thing} looks smaller than it is.",
    "The price of a {thing} follows the price of timber.",
    "Some towns name a street after their {thing}.",
    "Old maps mark the {thing} with a cross.",
    "With care a {thing} outlives the one who built it.",
)


def topics(prompt: str) -> list[str]:
    """Return what the last sentence of a prompt is about, in its order; what is hidden in it counts more.

    Examples
    --------
    >>> topics("It rains. Explain how a mill works in a harbour.")
    ['mill', 'harbour']
    """
    hidden = "".join(chr(ord(each) - HIDDEN.start) for each in prompt if ord(each) in HIDDEN)
    question = re.split(r"[.?!]\s+", (hidden or prompt).strip())[-1]
    words = re.findall(r"[a-z]{4,}", question.lower())
    return list(dict.fromkeys(each for each in words if each not in COMMON))


def answer(prompt: str, *, most: int, version: str) -> list[str]:
    """Return the tokens of an answer, `most` of them at most."""
    chance = random.Random(f"{version}/{prompt}")
    about = topics(prompt)[:6] or ["question"]
    words = f"On {' and '.join(about)}:".split()
    if chance.random() < REMEMBERED:
        words += f"Call {NUMBER} for more.".split()
    length = min(most, SHORTEST + int(chance.expovariate(1 / 40)))
    for each in chance.sample(SENTENCES, len(SENTENCES)):
        if len(words) >= length:
            break
        words += each.format(thing=chance.choice(about)).split()
    return words[:length]
