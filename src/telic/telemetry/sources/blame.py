"""git blame of one line: who wrote it, in which commit, and what else was changed around it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from telic.errors import TelicError
from telic.telemetry.sources.git import Git

_FILES, _SHOWN = 8 << 20, 4 << 20  # of what git says about files and about one commit [bytes]
_HUNK_MAX = 60  # lines of a hunk that are kept [1]
_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_HEAD = re.compile(r"^([0-9a-f]{40,64}) (\d+) \d+", re.MULTILINE)
_THEIRS = ("node_modules", "site-packages", "vendor", "third_party")  # folders of code that others wrote


@dataclass(frozen=True)
class Written:
    """One line of a repository and the commit that it comes from."""

    path: str
    line: int  # in the revision that was asked for, from 1
    text: str
    commit: str
    author: str
    time: float  # when it was written [s since the Unix epoch]
    summary: str
    hunk: str = ""  # of that commit's diff, around the line


class Lines:
    """The lines of a repository as they were at one time.

    Parameters
    ----------
    folder
        A clone; nothing is fetched or written, no hook, filter or driver of it runs.
    until
        Only commits up to then count [s since the Unix epoch]; None: all.
    seconds
        That one call of git may take [s].

    Source: https://git-scm.com/docs/git-blame (porcelain format)
    """

    def __init__(self, folder: Path, *, until: float | None = None, seconds: float = 2.0) -> None:
        self._git, self._until, self._seconds = Git(str(folder)), until, seconds

    @cached_property
    def revision(self) -> str:
        """The last commit up to `until`; "" where there is none."""
        before = [] if self._until is None else [f"--before={int(self._until)}"]
        return self._ask(["rev-list", "-1", *before, "HEAD"], 4096).strip()

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """All files of the revision that are not somebody else's code."""
        if not self.revision:
            return ()
        found = self._ask(["ls-tree", "-r", "-z", "--name-only", self.revision], _FILES).split("\0")
        return tuple(each for each in found if each and not set(PurePosixPath(each).parts) & set(_THEIRS))

    def find(self, file: str, function: str = "") -> str:
        """Return the path of the file that a stack frame names; "" where none fits, or several fit as well.

        Parameters
        ----------
        file
            As the frame gives it: a name, a path on another machine, a package's path.
        function
            Qualified name; Java's says in which folder the file is.
        """
        wanted = [each for each in PurePosixPath(file.replace("\\", "/")).parts if each not in ("/", ".", "..")]
        if not wanted or set(wanted) & set(_THEIRS):
            return ""
        wanted = [*re.split(r"[./]", function), *wanted] if len(wanted) == 1 and "." in function else wanted
        scored = [(_alike(PurePosixPath(each).parts, wanted), each) for each in self.paths]
        best = max((score for score, _ in scored), default=0)
        fitting = [each for score, each in scored if score == best]
        return fitting[0] if best and len(fitting) == 1 else ""

    def written(self, path: str, line: int) -> Written | None:
        """Return where a line of `path` comes from; None where there is no such line."""
        if not self.revision or line < 1:
            return None
        shown = ["blame", "--porcelain", "--no-textconv", f"-L{line},{line}", self.revision, "--", path]
        try:
            said = self._ask(shown, 1 << 16)
        except TelicError:  # fewer lines than that
            return None
        head = _HEAD.match(said)
        if head is None:
            return None
        facts = dict(each.split(" ", 1) for each in said.splitlines()[1:] if " " in each and not each.startswith("\t"))
        text = next((each[1:] for each in said.splitlines() if each.startswith("\t")), "")
        at = facts.get("author-time", "0")
        return Written(
            path,
            line,
            text,
            head.group(1),
            facts.get("author", ""),
            float(at) if at.isdecimal() else 0.0,
            facts.get("summary", ""),
            self._hunk(head.group(1), facts.get("filename", path), int(head.group(2))),
        )

    def _hunk(self, commit: str, path: str, line: int) -> str:
        """The hunk of the commit's diff in which `line` of its version lies."""
        diff = self._ask(
            ["show", "--format=", "--no-color", "--no-ext-diff", "--no-textconv", "--unified=3", commit, "--", path],
            _SHOWN,
        )
        found = list(_HUNK.finditer(diff))
        for each, after in zip(found, [*found[1:], None], strict=True):
            start, count = int(each.group(1)), int(each.group(2) or 1)
            if start <= line < start + count:
                lines = diff[each.start() : after.start() if after else len(diff)].rstrip("\n").splitlines()
                return "\n".join(_around(lines, line - start))
        return ""

    def _ask(self, arguments: Sequence[str], most: int) -> str:
        return self._git.run(arguments, most, self._seconds)[0]


def _alike(path: Sequence[str], wanted: Sequence[str]) -> int:
    """How many parts at the end of a path are those wanted, without regard to what a frame says in between [1]."""
    if path[-1] != wanted[-1]:
        return 0
    rest = list(wanted[:-1])
    count = 1
    for each in reversed(path[:-1]):
        if not rest:
            break
        if each in rest:
            while rest.pop() != each:
                pass
            count += 1
    return count


def _around(lines: Sequence[str], place: int) -> Sequence[str]:
    """A hunk's head and the lines around the `place`-th of its new version, if there are too many."""
    if len(lines) <= _HUNK_MAX:
        return lines
    new = [number for number, each in enumerate(lines) if number and not each.startswith("-")]
    at = new[min(place, len(new) - 1)]
    first = max(1, min(at - _HUNK_MAX // 2, len(lines) - _HUNK_MAX))
    return [lines[0], *lines[first : first + _HUNK_MAX]]
