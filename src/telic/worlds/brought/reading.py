"""Reads the file of a system that somebody brought; every complaint names file and line, and what to write instead."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from telic.errors import UsageError
from telic.registry import near_names
from telic.worlds.brought.app import FILE, SCHEMA, App, Operation, Promise, Service

TOP = (
    "schema", "name", "entry", "url", "ready", "start", "env", "rate", "ready_within", "network", "services",
    "operations", "objectives",
)  # fmt: skip
SERVICE = ("start", "url", "ready", "calls", "calls_by", "env")
OPERATION = ("name", "get", "method", "path", "body", "weight", "calls")
OBJECTIVES = ("availability", "latency", "in_time")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
LONGEST_START = 45.0  # of one service [s]
LOOPBACK = ("127.0.0.1", "localhost")
NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
OURS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_SERVICE_NAME")


def folder_of(app: str) -> Path | None:
    """Return the folder of the system that `app` (a folder, or the file in it) brings; None where it brings none."""
    path = Path(app)
    folder = path.parent if path.name == FILE else path
    return folder.resolve() if (folder / FILE).is_file() else None


def read(folder: Path) -> App:
    """Read what the file in `folder` says.

    Raises
    ------
    UsageError
        No such file, no TOML, or a key or value that does not fit; the message has file and line.
    """
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}", hint=f"name a folder with a {FILE}") from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise UsageError(f"{path}:{line[1] if line else 1}: {error}", hint="write TOML: toml.io") from error
    return _Reading(path, text, document).app()


@dataclass(frozen=True)
class _Reading:
    """One file while it is read."""

    path: Path
    text: str
    document: Mapping[str, Any]

    def app(self) -> App:
        self._only(self.document, TOP, "the file")
        if self.document.get("schema") != SCHEMA:
            raise self._wrong(f"schema is {self.document.get('schema')!r}", f'write schema = "{SCHEMA}"', "schema")
        name = self._name(self._text(self.document, "name"), "name")
        services = self._services(name)
        known = [each.name for each in services]
        entry = self._text(self.document, "entry", known[0] if len(known) == 1 else "")
        if entry not in known:
            raise self._wrong(f"entry = {entry!r} is no service", near_names(entry, known), "entry")
        operations = self._operations(next(each for each in services if each.name == entry))
        within = self._number(self.document, "ready_within", App.ready_within, most=LONGEST_START)
        rate = self._number(self.document, "rate", App.rate)
        network = self._text(self.document, "network", "own")
        if network not in ("own", "host"):
            raise self._wrong(f"network = {network!r}", "own, or host", "network")
        return App(name, entry, services, operations, self._promise(), rate, within, network)  # type: ignore[arg-type]

    def _services(self, name: str) -> tuple[Service, ...]:
        given = self._table(self.document, "services")
        if given and "start" in self.document:
            raise self._wrong("start beside [services]", "put it into the table of its service", "start")
        if not given:
            given = {name: {key: self.document[key] for key in ("start", "env") if key in self.document}}
        entry = self.document.get("entry", next(iter(given)) if len(given) == 1 else "")
        found = []
        for each in given:
            said = dict(self._table(given, each))
            if each == entry:
                said |= {key: self.document[key] for key in ("url", "ready") if key in self.document}
                if "url" not in said:
                    raise self._wrong("url is missing", 'say where users reach it: url = "http://127.0.0.1:8123"')
            found.append(self._service(each, said))
        for one in found:
            self._check_calls(one, {each.name: each for each in found})
        return tuple(found)

    def _service(self, name: str, said: Mapping[str, Any]) -> Service:
        where = f"services.{self._name(name, name)}"
        self._only(said, SERVICE, f"[{where}]")
        start = self._text(said, "start", where=where)
        try:
            if not shlex.split(start):
                raise ValueError("no command")
        except ValueError as error:
            raise self._wrong(f"{where}: start = {start!r}: {error}", "such as: python web.py", "start") from error
        env = self._strings(said, "env", where)
        for each in env:
            if not VARIABLE.fullmatch(each) or each in OURS:
                raise self._wrong(f"{where}.env: {each!r}", "a name of a variable that Telic does not set", each)
        return Service(
            name,
            start,
            self._url(self._text(said, "url", "", where)),
            self._path(self._text(said, "ready", "", where), "ready"),
            self._names(said, "calls", where),
            self._strings(said, "calls_by", where),
            env,
        )

    def _check_calls(self, service: Service, known: Mapping[str, Service]) -> None:
        for each in (*service.calls, *service.calls_by):
            if each not in known or each == service.name:
                others = [name for name in known if name != service.name]
                hint = near_names(each, others) if others else "this system has no other service"
                raise self._wrong(f"{service.name} calls {each!r}, which is no other service", hint, "calls")
        for each, variable in service.calls_by.items():
            if each not in service.calls:
                raise self._wrong(
                    f"{service.name}: calls_by names {each}, calls does not", f"add {each} to calls", each
                )
            if not known[each].url:
                hint = f'[services.{each}] url = "http://127.0.0.1:PORT"'
                raise self._wrong(f"{each} has no url, so {variable} of {service.name} cannot lead there", hint, each)
        if service.ready and not service.url:
            raise self._wrong(f"{service.name} has a ready path and no url", 'url = "http://127.0.0.1:PORT"', "ready")

    def _operations(self, entry: Service) -> tuple[Operation, ...]:
        given = self.document.get("operations", [])
        if not isinstance(given, list) or not given:
            raise self._wrong("no [[operations]]", 'say what users do: [[operations]] name = "list", get = "/books"')
        found = []
        for each in given:
            if not isinstance(each, dict):
                raise self._wrong("operations is no list of tables", "write [[operations]]", "operations")
            found.append(self._operation(each, entry))
        names = [each.name for each in found]
        if twice := next((each for each in names if names.count(each) > 1), ""):
            raise self._wrong(f"two operations are called {twice}", "give each a name of its own", "name")
        return tuple(found)

    def _operation(self, said: Mapping[str, Any], entry: Service) -> Operation:
        self._only(said, OPERATION, "[[operations]]")
        name = self._name(self._text(said, "name", where="operations"), "name")
        if "get" in said and ("path" in said or "method" in said):
            raise self._wrong(f"{name}: get beside method or path", 'write get = "/x", or method and path', "get")
        method = self._text(said, "method", "GET").upper()
        if method not in METHODS:
            raise self._wrong(f"{name}: method {method!r}", near_names(method, METHODS), "method")
        key = "get" if "get" in said else "path"
        path = self._path(self._text(said, key, where=name), key)
        body = said.get("body", "")
        calls = self._names(said, "calls", name) if "calls" in said else None
        for each in calls or ():
            if each not in entry.calls:
                hint = near_names(each, entry.calls) if entry.calls else f"{entry.name} calls nobody"
                raise self._wrong(f"{name}: {entry.name} does not call {each!r}", hint, "calls")
        weight = self._number(said, "weight", 1.0)
        return Operation(name, method, path, body if isinstance(body, str) else json.dumps(body), weight, calls)

    def _promise(self) -> Promise:
        said = self._table(self.document, "objectives")
        self._only(said, OBJECTIVES, "[objectives]")
        shares = {
            key: self._number(said, key, getattr(Promise, key), most=0.99999) for key in ("availability", "in_time")
        }
        return Promise(latency=self._number(said, "latency", Promise.latency, most=3.0), **shares)

    def _url(self, url: str) -> str:
        if not url:
            return ""
        try:
            parts = urlsplit(url)
            fits = parts.scheme == "http" and parts.hostname in LOOPBACK and parts.port is not None
            fits = fits and parts.path in ("", "/")
        except ValueError:
            fits = False
        if not fits:
            raise self._wrong(f"url = {url!r}", "http://127.0.0.1:PORT; systems run on loopback only", "url")
        return url.rstrip("/")

    def _path(self, path: str, key: str) -> str:
        if path and (not path.startswith("/") or re.search(r"\s", path)):
            raise self._wrong(f"{key} = {path!r}", "a path without spaces that begins with /", key)
        return path

    def _name(self, name: str, key: str) -> str:
        if not NAME.fullmatch(name):
            raise self._wrong(f"the name {name!r}", "small letters, digits, _ and -; a letter first; 40 at most", key)
        return name

    def _text(self, table: Mapping[str, Any], key: str, default: str | None = None, where: str = "") -> str:
        at = f"{where}: " if where else ""
        if key not in table and default is None:
            raise self._wrong(f"{at}{key} is missing", f'write {key} = "..."', where.rpartition(".")[2])
        found = table.get(key, default)
        if not isinstance(found, str):
            raise self._wrong(f"{at}{key} = {found!r}", "give a text", key)
        return found

    def _number(self, table: Mapping[str, Any], key: str, default: float, *, most: float = 10_000.0) -> float:
        found = table.get(key, default)
        if isinstance(found, bool) or not isinstance(found, int | float) or not 0 < found <= most:
            raise self._wrong(f"{key} = {found!r}", f"a number above 0, at most {most:g}", key)
        return float(found)

    def _table(self, table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        found = table.get(key, {})
        if not isinstance(found, dict):
            raise self._wrong(f"{key} is no table", f"write [{key}]", key)
        return found

    def _strings(self, table: Mapping[str, Any], key: str, where: str) -> dict[str, str]:
        found = self._table(table, key)
        if wrong := next((each for each in found if not isinstance(found[each], str | int | float)), ""):
            raise self._wrong(f"{where}.{key}: {wrong} = {found[wrong]!r}", "give a text", wrong)
        return {each: str(value) for each, value in found.items()}

    def _names(self, table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
        found = table.get(key, [])
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise self._wrong(f"{where}: {key} = {found!r}", 'a list of names: ["stock"]', key)
        return tuple(dict.fromkeys(found))

    def _only(self, given: Mapping[str, Any], known: tuple[str, ...], what: str) -> None:
        for name in given:
            if name not in known:
                raise self._wrong(f"{what} has no {name!r}", near_names(name, known), name)

    def _wrong(self, message: str, hint: str, key: str = "") -> UsageError:
        sets: Callable[[str], bool] = lambda line: bool(re.match(rf"\s*(\[.*\b|\"?){re.escape(key)}\b", line))  # noqa: E731
        lines = enumerate(self.text.splitlines(), 1)
        number = next((at for at, line in lines if key and sets(line)), 1)
        return UsageError(f"{self.path}:{number}: {message}", hint=hint)
