"""Where a system keeps what: the state folder and the folder of its sockets."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from telic.errors import UsageError, WorldUnavailable
from telic.settings import run_folder

LONGEST_SOCKET = ".s.PGSQL.29999.lock"
LONGEST_PATH = 107  # of a unix socket, sun_path [bytes]


@dataclass(frozen=True)
class Layout:
    """Paths of one system; docs/reference/contracts.md says what each holds."""

    state: Path
    run: Path  # sockets

    @classmethod
    def of(cls, state: Path) -> Layout:
        """Return the layout of the system in `state`, as seen from outside its namespace."""
        return cls(state.resolve(), run_folder(state))

    @property
    def system_file(self) -> Path:
        """What is up."""
        return self.state / "system.json"

    @property
    def lock(self) -> Path:
        """Held for as long as the world lives."""
        return self.state / "lock"

    @property
    def desired(self) -> Path:
        """Versions, configuration and ports that the next start recovers."""
        return self.state / "desired.json"

    @property
    def changes(self) -> Path:
        """The change log."""
        return self.state / "changes.jsonl"

    @property
    def secrets(self) -> Path:
        """Passwords and keys, readable by the owner alone."""
        return self.state / "secrets"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data."""
        return self.state / "stores" / "postgres"

    @property
    def replica(self) -> Path:
        """The data of PostgreSQL's replica."""
        return self.state / "stores" / "postgres-replica"

    @property
    def valkey(self) -> Path:
        """Valkey's data."""
        return self.state / "stores" / "valkey"

    @property
    def nats(self) -> Path:
        """NATS' streams."""
        return self.state / "stores" / "nats"

    @property
    def control(self) -> Path:
        """The supervisor's socket."""
        return self.run / "control.sock"

    @property
    def telemetry(self) -> Path:
        """The receiver's query socket."""
        return self.run / "telemetry.sock"

    @property
    def harm(self) -> Path:
        """The proxy's harm socket."""
        return self.run / "harm.sock"

    def log(self, process: str) -> Path:
        """Return the file that gets what `process` prints."""
        return self.state / "log" / f"{process}.log"

    def release(self, service: str, version: str) -> Path:
        """Return the folder of one deployed version's code."""
        return self.state / "releases" / service / version

    def config(self, service: str, name: str) -> Path:
        """Return a configuration file: ``current``, a revision or an instance."""
        return self.state / "config" / service / f"{name}.json"

    def make(self) -> None:
        """Create the folders; refuse a socket folder that belongs to somebody else."""
        try:
            for name in ("log", "stores", "telemetry", "secrets"):
                (self.state / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            hint = "set TELIC_HOME to a folder that you may write"
            raise UsageError(f"cannot make {self.state}: {error.strerror}", hint=hint) from error
        if len(str(self.run / LONGEST_SOCKET)) > LONGEST_PATH:
            raise UsageError(f"sockets in {self.run} have too long a path", hint="set TMPDIR to a shorter one")
        self.secrets.chmod(0o700)
        for folder in (self.run.parent, self.run):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = folder.lstat()
            if found.st_uid != os.getuid() or found.st_mode & 0o077:
                raise UsageError(
                    f"{folder} belongs to user {found.st_uid} with mode {found.st_mode & 0o777:o}",
                    hint="it must be yours with mode 700: remove it, or set TMPDIR",
                )


def write_atomically(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Replace a file's content so that readers, and a crash, see the old or the new and nothing between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_system(layout: Layout) -> dict[str, object]:
    """Return what `system.json` says is up.

    Raises
    ------
    WorldUnavailable
        Nothing is up there.
    """
    name = layout.state.name
    try:
        found = json.loads(layout.system_file.read_bytes())
    except FileNotFoundError as error:
        raise WorldUnavailable(f"{name} is not running", hint=f"start it with `telic up {name}`") from error
    except ValueError as error:
        raise WorldUnavailable(f"{layout.system_file} is not JSON: {error}", hint="remove the file") from error
    if not isinstance(found, dict):
        raise WorldUnavailable(f"{layout.system_file} does not hold an object", hint="remove the file")
    return found


def log_tail(path: Path, lines: int = 12) -> str:
    """Return the last `lines` [1] of a log."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 8192))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.strip().splitlines()[-lines:])
