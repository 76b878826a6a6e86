"""Where a source is: its address, what opens it, and how to speak of it without secrets."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from telic.errors import UsageError
from telic.model.redaction import HIDDEN
from telic.telemetry.sources.secrets import HARMLESS, forms, hide, parameter_is_secret

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Place:
    """One HTTP server and what it takes to be let in.

    Parameters
    ----------
    kind
        Name of the source, for messages.
    host, port, tls
        The server.
    path
        Prefix of every path, without a slash at its end.
    params
        Query parameters that every request carries.
    headers
        Headers that every request carries.
    secrets
        Every form in which a secret of it may appear.
    ca_file, client_file
        Certificates in PEM: whom to trust, and who we are; "" for the system's and for nobody.
    """

    kind: str
    host: str
    port: int
    tls: bool
    path: str
    params: tuple[tuple[str, str], ...] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    secrets: frozenset[str] = field(repr=False)
    ca_file: str = ""
    client_file: str = ""

    @classmethod
    def of(
        cls, kind: str, url: str, headers: Mapping[str, str] | None = None, *, ca_file: str = "", client_file: str = ""
    ) -> Place:
        """Read a URL; user and password in it become a header.

        Raises
        ------
        UsageError
            `url` is no http or https URL, or a certificate file is not there.

        Examples
        --------
        >>> Place.of("loki", "https://ann:hunter22@logs.example/loki?token=abcdef").shown
        'https://logs.example/loki?token=[redacted]'
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise UsageError(f"{kind}: {hide(url)!r} is no URL", hint=f"write {kind}=http://HOST:PORT") from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"{kind}: {hide(url)!r} is no http or https URL", hint=f"write {kind}=http://HOST:PORT")
        for path in (ca_file, client_file):
            if path and not Path(path).is_file():
                raise UsageError(f"{kind}: no file {path}", hint="name a certificate in PEM")
        carried, tls = dict(headers or {}), parts.scheme == "https"
        given: set[str] = {value for name, value in carried.items() if name.lower() not in HARMLESS}
        if parts.username is not None:
            user, password = unquote(parts.username), unquote(parts.password or "")
            carried["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
            given |= {carried["Authorization"], password or user}
        params = tuple(parse_qsl(parts.query, keep_blank_values=True))
        given |= {value for name, value in params if parameter_is_secret(name)}
        for name, value in carried.items():
            if not (name + value).isprintable() or not (name + value).isascii():
                raise UsageError(f"{kind}: header {name!r} cannot be sent", hint="ASCII in one line")
        port = port or (443 if tls else 80)
        return cls(
            kind, parts.hostname, port, tls, parts.path.rstrip("/"), params, carried, forms(given), ca_file, client_file
        )

    @property
    def shown(self) -> str:
        """The URL without secrets."""
        return self.say("", ())

    def say(self, path: str, params: Pairs) -> str:
        """Return the URL of a request for people: readable, not encoded, without secrets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == (443 if self.tls else 80) else f":{self.port}"
        shown = [(name, HIDDEN if parameter_is_secret(name) else value) for name, value in (*self.params, *params)]
        query = "?" + "&".join(f"{name}={value}" for name, value in shown) if shown else ""
        return self.hide(f"{'https' if self.tls else 'http'}://{host}{port}{self.path}{path}{query}")

    def hide(self, text: str) -> str:
        """Return `text` without the secrets of this place."""
        return hide(text, self.secrets)

    def context(self) -> ssl.SSLContext | None:
        """Return how to check the server's name and show ours, for https."""
        if not self.tls:
            return None
        made = ssl.create_default_context(cafile=self.ca_file or None)
        if self.client_file:
            made.load_cert_chain(self.client_file)
        return made
