"""git: what was committed, as changes with their diffs."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import ClassVar

from telic.errors import SourceFailed, UsageError
from telic.telemetry.sources.card import Answer, Exhausted, Filter, Question, Signal, source
from telic.telemetry.sources.rows import Row, collect, no_such_signal, text_of
from telic.telemetry.sources.secrets import hide, one_line

DIFF_MAX = 32_000  # of one commit that is kept [characters]
COMMITS = 2000  # of one answer [1]
_FORM = "%x1e%H%x1f%ct%x1f%an%x1f%s%x1f%P%x1f%D%x1e"
_OFF = ("core.fsmonitor=false", "core.hooksPath=/dev/null", "log.showSignature=false", "protocol.allow=never")
_QUIET = tuple(word for each in _OFF for word in ("-c", each))


@source("git", example={"url": "."})
class Git:
    """Commits of a local repository, by the time at which they were committed, each with its files and its diff.

    A commit has no entity unless its files lie in a folder with the name of a service that is asked for, or in one
    right below a folder of services (``services/cart/...`` is cart). Nothing is fetched or written, no hook runs.

    Parameters
    ----------
    url
        The repository's folder.
    branch
        What to follow.
    entity
        The service, where the whole repository is one.
    roots
        Folders whose subfolders are services.

    Source: https://git-scm.com/docs/git-log
    """

    offers: ClassVar[tuple[Signal, ...]] = ("changes",)
    pushes: ClassVar[tuple[Filter, ...]] = ("window",)

    def __init__(
        self,
        url: str,
        *,
        branch: str = "HEAD",
        entity: str = "",
        roots: Sequence[str] = ("services", "apps", "cmd", "packages", "microservices"),
    ) -> None:
        if branch.startswith("-") or not branch:
            raise UsageError(f"git: {branch!r} is no branch", hint="name one, such as main")
        self._folder, self._branch, self._entity = Path(url).expanduser(), branch, entity
        self._roots = frozenset(roots)

    @property
    def where(self) -> str:
        """The repository's folder."""
        return str(self._folder)

    def fetch(self, question: Question) -> Answer:
        """Answer within the limits of `question`; its `query` is a path within the repository."""
        if question.signal != "changes":
            raise no_such_signal("git", question.signal, self.offers)
        asked = ["git", "log", f"--since={question.window.start:.0f}", f"--until={question.window.end:.0f}"]
        asked += [f"--max-count={min(COMMITS, question.limit.rows)}", self._branch]
        cut: list[str] = []
        rows = list(self._commits(question, cut))
        table, more = collect(question, rows)
        if len(rows) >= min(COMMITS, question.limit.rows):
            cut.append(f"changes: stopped at {len(rows)} commits; there may be more")
        queries = (f"{' '.join(asked)} (in {self._folder})",)
        return Answer(table, (*cut, *more), queries, sum(len(str(row["diff"])) for row in rows))

    def _commits(self, question: Question, cut: list[str]) -> Iterator[Row]:
        window, limit = question.window, question.limit
        most = f"--max-count={min(COMMITS, limit.rows)}"
        times = [f"--since={int(window.start)}", f"--until={int(window.end)}"]
        shown = ["--patch", "--diff-merges=first-parent", "--no-color", "--no-ext-diff", "--no-textconv", "--unified=3"]
        command = ["log", most, *times, *shown, f"--format={_FORM}", self._branch, "--"]
        text, whole = self.run([*command, *([question.query] if question.query else [])], limit.bytes, limit.seconds)
        if not whole:
            cut.append(f"changes: incomplete, the commits have more than {limit.bytes} bytes of diff")
        parts = text.split("\x1e")[1:]
        for head, diff in zip(parts[::2], parts[1::2], strict=False):
            yield from self._row(head, diff.strip("\n"), question.entities)

    def _row(self, head: str, diff: str, entities: Sequence[str]) -> Iterator[Row]:
        fields = head.split("\x1f")
        if len(fields) != 6 or not fields[1].isdecimal():
            return
        files = re.findall(r"^diff --git \"?a/.*? \"?b/(.*?)\"?$", diff, re.M)
        said = {"files": files[:200], "refs": fields[5], "merge": " " in fields[4]}
        yield {
            "time_ns": int(fields[1]) * 10**9,
            "kind": "commit",
            "entity": self._entity or self.entity_of(files, entities),
            "id": fields[0],
            "summary": fields[3],
            "diff": diff if len(diff) <= DIFF_MAX else f"{diff[:DIFF_MAX]}\n... {len(diff) - DIFF_MAX} more characters",
            "author": fields[2],
            "attributes": text_of({name: value for name, value in said.items() if value}),
        }

    def entity_of(self, files: Sequence[str], entities: Sequence[str]) -> str:
        """Return the service that all `files` belong to; "" where there is none, or more than one."""
        wanted, found = frozenset(entities), set()
        for each in files:
            folders = PurePosixPath(each).parts[:-1]
            named = [folder for folder in folders if folder in wanted]
            below = [after for before, after in pairwise(folders) if before in self._roots]
            found |= {*named[:1]} or {*below[:1]}
        return found.pop() if len(found) == 1 else ""

    def run(self, arguments: Sequence[str], most: int, seconds: float) -> tuple[str, bool]:
        """Run git; return at most `most` bytes of what it says, and whether that is all."""
        command = ["git", "--no-pager", "--no-optional-locks", *_QUIET, "-C", str(self._folder), *arguments]
        environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environ |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        ends = time.monotonic() + seconds
        try:
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ) as process:
                return self._said(process, most, ends)
        except OSError as error:
            raise SourceFailed(f"git at {self._folder} cannot run: {error.strerror}", hint="install git") from error

    def _said(self, process: subprocess.Popen[bytes], most: int, ends: float) -> tuple[str, bool]:
        assert process.stdout is not None
        assert process.stderr is not None
        watch = threading.Timer(max(0.0, ends - time.monotonic()), process.kill)
        watch.daemon = True
        watch.start()
        try:
            data = process.stdout.read(most + 1)
            if len(data) > most:
                process.kill()
                return data[:most].decode(errors="replace"), False
            wrong = process.stderr.read(4096).decode(errors="replace")
            code = process.wait()
        finally:
            watch.cancel()
        if time.monotonic() >= ends:
            raise Exhausted(
                f"git at {self._folder} did not end in time", hint="give it more time, or narrow the window"
            )
        if code:
            raise SourceFailed(
                f"git at {self._folder} failed: {one_line(hide(wrong))}",
                hint="is it a repository, and may you read it? check the path and the branch",
                url=str(self._folder),
            )
        return data.decode(errors="replace"), True
