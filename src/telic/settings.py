"""Settings: one frozen value, read once at the edge from the environment and handed down."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from telic.errors import UsageError
from telic.registry import near_names

_READ: Mapping[str, Callable[[str], object]] = {"Path": Path, "Path | None": Path, "int": int}
_OF_ACTORS = frozenset(("TELIC_URL", "TELIC_TOKEN"))  # where a lab's actor finds its session; no settings
_CHOICES = {"isolation": ("auto", "namespace", "processes"), "telemetry": ("on", "off")}


@dataclass(frozen=True)
class Settings:
    """What a person may set from outside; each field is the variable ``TELIC_<FIELD>``."""

    home: Path  # where systems keep their state
    data: Path  # recorded data that some tests and importers read
    port: int = 8080  # the gateway's published port; 0 picks a free one
    otlp_port: int = 4318  # OTLP/HTTP, published on loopback; 0 picks a free one
    telemetry_bytes: int = 2_000_000_000  # retention of the telemetry store [bytes]
    isolation: str = "auto"  # auto | namespace | processes
    telemetry: str = "on"  # on | off: whether services record telemetry
    forward: str = ""  # another OTLP/HTTP endpoint that gets a copy of all telemetry
    model: str = ""  # a language model for the lab's actor `react`: URL#NAME
    model_key: str = ""  # name of the environment variable with its key
    model_price: str = ""  # USD for a million tokens read and for a million written: 0.25/2
    model_replies: Path | None = None  # file in which its replies are kept, and from which they are given again
    kubernetes: str = ""  # context of the kubeconfig for the lab's world `kubernetes`; the current one
    kubernetes_image: str = ""  # of its services: Telic, and the design under /design
    kubernetes_entry: str = ""  # where users enter, instead of a tunnel: http://gateway.{namespace}:8080

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read settings from environment variables; an unknown ``TELIC_`` name is an error."""
        known = {f"TELIC_{each.name.upper()}": each for each in fields(cls)}
        values: dict[str, object] = {"home": _default_home(environ), "data": Path("../shared/data")}
        for name in (each for each in environ if each.startswith("TELIC_") and each not in _OF_ACTORS):
            if name not in known:
                raise UsageError(f"unknown setting {name}", hint=near_names(name, known))
            kind = known[name].type
            try:
                values[known[name].name] = _READ.get(str(kind), str)(environ[name])
            except ValueError as error:
                raise UsageError(f"{name}={environ[name]!r} is not a {kind}", hint="give a whole number") from error
        for name, choices in _CHOICES.items():
            if values.get(name, choices[0]) not in choices:
                raise UsageError(f"TELIC_{name.upper()}={values[name]!r}", hint=f"one of {', '.join(choices)}")
        return cls(**values)  # type: ignore[arg-type]

    def system(self, name: str) -> Path:
        """Return the state folder of the system called `name`."""
        return self.home / name


def run_folder(state: Path) -> Path:
    """Return the folder for the sockets of the system whose state is in `state`.

    Socket paths may have 107 bytes at most, so they do not live in the state folder.
    """
    digest = hashlib.sha256(str(state.resolve()).encode()).hexdigest()[:10]
    return Path(tempfile.gettempdir()) / f"telic-{os.getuid()}" / digest


def _default_home(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_STATE_HOME") or str(Path(environ.get("HOME", "~")).expanduser() / ".local" / "state")
    return Path(base) / "telic"
