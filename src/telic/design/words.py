"""Words and places that seed data are made of."""

from __future__ import annotations

import json
import random

CITIES = (
    (52.520, 13.405), (48.857, 2.352), (51.507, -0.128), (40.417, -3.704), (41.903, 12.496), (48.208, 16.374),
    (50.075, 14.438), (52.368, 4.904), (55.676, 12.568), (38.722, -9.139), (47.498, 19.040), (53.349, -6.260),
)  # fmt: skip
"""Centres that things with a place cluster around: latitude, longitude [degrees]."""

SPREAD = 0.035  # standard deviation around a centre, some 4 km along a meridian [degrees]
FIRST = ("Ada", "Alan", "Barbara", "Carl", "Edith", "Emmy", "Grace", "Isaac", "Katherine", "Leonhard", "Lise", "Maria",
         "Niels", "Rosalind", "Sofia", "Srinivasa")  # fmt: skip
LAST = ("Adler", "Berg", "Costa", "Dubois", "Eklund", "Fischer", "Garcia", "Horvat", "Ivanova", "Jensen", "Kowalski",
        "Lindgren", "Moretti", "Novak", "Okafor", "Petit")  # fmt: skip
QUALITIES = ("Amber", "Blue", "Copper", "Golden", "Grand", "Green", "Little", "Old", "Quiet", "Red", "Royal", "Silver",
             "Sunny", "White")  # fmt: skip
THINGS = ("Anchor", "Bridge", "Castle", "Crown", "Garden", "Harbour", "Lantern", "Lion", "Mill", "Park", "River",
          "Station", "Swan", "Tower")  # fmt: skip
SENTENCES = (
    "Quiet and close to everything.", "The room was smaller than it looked.", "Friendly people at the desk.",
    "We would come again.", "Breakfast was the best part.", "A long walk from the station.",
    "Clean, simple, good value.", "The street is loud at night.", "Everything worked as promised.",
    "A lovely view over the roofs.",
)  # fmt: skip


def person(chance: random.Random) -> str:
    """Return the name of nobody in particular."""
    return f"{chance.choice(FIRST)} {chance.choice(LAST)}"


def title(chance: random.Random) -> str:
    """Return a name such as ``Golden Harbour``."""
    return f"{chance.choice(QUALITIES)} {chance.choice(THINGS)}"


def prose(chance: random.Random, longest: int) -> str:
    """Return a few sentences of at most `longest` characters."""
    text = " ".join(chance.sample(SENTENCES, chance.randint(1, 3)))
    return text if len(text) <= longest else text[:longest].rstrip()


def examples(chance: random.Random) -> str:
    """Return a few lines to learn from, each a prompt and its completion as JSON."""
    names = [title(chance) for _ in range(chance.randint(2, 4))]
    said = [{"prompt": f"Where is the {each}?", "completion": chance.choice(SENTENCES)} for each in names]
    return "\n".join(map(json.dumps, said))


def place(chance: random.Random) -> tuple[float, float]:
    """Return a point near one of the cities [degrees]."""
    lat, lon = chance.choice(CITIES)
    return round(chance.gauss(lat, SPREAD), 6), round(chance.gauss(lon, SPREAD * 1.5), 6)
