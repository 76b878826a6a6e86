"""What a folder says of the system in it: how its services start, who calls whom, what users do, what they want."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

SCHEMA = "telic/app/v1"
FILE = "telic.toml"


@dataclass(frozen=True)
class Service:
    """One program.

    Attributes
    ----------
    start
        Its command line, run in the folder without a shell.
    url
        Where it answers on loopback; empty where nobody has to know.
    ready
        Path that is answered with 2xx once it can serve; empty: as soon as it listens, or lives where it has no `url`.
    calls
        Services that it calls.
    calls_by
        Service to the environment variable in which it is given the address of that service.
    env
        What its environment holds besides.
    """

    name: str
    start: str
    url: str = ""
    ready: str = ""
    calls: tuple[str, ...] = ()
    calls_by: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def port(self) -> int:
        """The port of its `url`; 0 where it has none."""
        return (urlsplit(self.url).port or 80) if self.url else 0


@dataclass(frozen=True)
class Operation:
    """One thing that users do: a request to the entry, right when its status is below 400."""

    name: str
    method: str = "GET"
    path: str = "/"
    body: str = ""
    weight: float = 1.0  # how often, next to the others [1]
    calls: tuple[str, ...] | None = None  # whom the entry calls for it; None: everybody that it calls


@dataclass(frozen=True)
class Promise:
    """What users want."""

    availability: float = 0.99  # of requests are answered rightly [1]
    latency: float = 1.0  # in which a right answer has to come [s]
    in_time: float = 0.99  # of requests are answered within `latency` [1]


@dataclass(frozen=True)
class App:
    """A system that somebody brought.

    Attributes
    ----------
    network
        ``own``: a loopback device of its own, where nobody else listens; ``host``: this machine's, with whatever of
        it the programs need, and then without a process namespace.
    """

    name: str
    entry: str  # the service that users call
    services: tuple[Service, ...]
    operations: tuple[Operation, ...]
    promise: Promise = Promise()
    rate: float = 20.0  # of users, where a scenario says nothing [requests/s]
    ready_within: float = 20.0  # each service [s]
    network: Literal["own", "host"] = "own"

    def service(self, name: str) -> Service:
        """Return the service called `name`; the file was checked, so it exists."""
        return next(each for each in self.services if each.name == name)

    def callees_first(self) -> tuple[Service, ...]:
        """Return the services so that each comes after those that it calls, as far as they do not call in a circle."""
        return tuple(self.service(name) for name in dict.fromkeys(self._below(self.entry, ()))) + tuple(
            each for each in self.services if each.name not in self._below(self.entry, ())
        )

    def _below(self, name: str, above: tuple[str, ...]) -> Iterator[str]:
        for each in self.service(name).calls:
            if each not in above:
                yield from self._below(each, (*above, name))
        yield name
