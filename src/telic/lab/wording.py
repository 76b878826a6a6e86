"""What colleagues write when they change something: authors and summaries that give nothing away."""

from __future__ import annotations

import random

_AUTHORS = (
    "anna.keller",
    "bruno.silva",
    "chen.wei",
    "dana.novak",
    "elif.demir",
    "farid.haddad",
    "greta.lind",
    "hugo.moreau",
    "ines.costa",
    "jonas.berg",
)

_DEPLOYS = (
    "{service}: clean up after review",
    "{service}: follow the new naming in {topic}",
    "{service}: move {topic} closer to where it is used",
    "{service}: prepare {topic} for the next release",
    "{service}: rework {topic} as agreed in planning",
    "{service}: small follow-up on {topic}",
    "{service}: {topic}, second part",
    "{service}: {topic} as product asked",
)

_TOPICS = ("ordering of results", "page sizes", "the reply format", "default values", "the summary fields", "rounding")

_CONFIGS = (
    "{service}: align settings with the other environments",
    "{service}: settings from last week's review",
    "{service}: tune settings for the season",
    "{service}: update settings, see ticket {ticket}",
)


def author(rng: random.Random) -> str:
    """Return a colleague."""
    return rng.choice(_AUTHORS)


def deploy_summary(service: str, rng: random.Random) -> str:
    """Return a commit message for a deploy of `service`."""
    return rng.choice(_DEPLOYS).format(service=service, topic=rng.choice(_TOPICS))


def config_summary(service: str, rng: random.Random) -> str:
    """Return a message for a configuration push to `service`."""
    return rng.choice(_CONFIGS).format(service=service, ticket=f"OPS-{rng.randint(1200, 4800)}")
