"""Diffs: every form that change logs hold, and anything else without harm."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from telic.context.changes.diff import pairs, parse

GIT = """diff --git a/app/db.py b/app/db.py
index 83db48f..bf3c1e2 100644
--- a/app/db.py
+++ b/app/db.py
@@ -10,3 +10,3 @@ def connect():
     retries = 3
-    pool = 50
+    pool = 10
diff --git a/README.md b/README.md
--- a/README.md
+++ b/README.md
@@ -1 +1 @@
-old
+new
"""


def test_reads_what_git_writes() -> None:
    diff = parse(GIT)
    assert diff.paths == ("app/db.py", "README.md")
    assert diff.added == ("    pool = 10", "new")
    assert diff.hunks[0].heading == "def connect():"
    assert [(each.kind, each.number) for each in diff.hunks[0].lines] == [(" ", 10), ("-", 11), ("+", 11)]


def test_reads_the_short_forms() -> None:
    short = parse("@@ pkg/a.go: func A() {\n-\tx := 1\n+\tx := 2\n@@ pkg/b.go @@\n+\ty := 3\n@@ note: not a file\n z")
    assert [(each.path, each.heading) for each in short.hunks] == [("pkg/a.go", "func A() {"), ("pkg/b.go", "")]
    assert parse("-a\n+b", ["conf/x.yaml"]).paths == ("conf/x.yaml",)
    assert parse("pool.size: 50 -> 10").removed == ("pool.size: 50",)


def test_pairs_each_line_once() -> None:
    hunk = parse("-a = 1\n-b = 2\n-gone()\n+b = 3\n+a = 4").hunks[0]
    assert pairs(hunk) == (("a = 1", "a = 4"), ("b = 2", "b = 3"))


@given(st.text(alphabet="+-@ \nabc/.:>0\t\u2192", max_size=300), st.lists(st.text(max_size=12), max_size=2))
def test_never_fails_and_keeps_changed_lines(text: str, files: list[str]) -> None:
    diff = parse(text, files)
    lines = text.splitlines()
    assert len(diff.added) <= max(len(lines), 1)
    assert all(each.changed for each in diff.hunks)
    for hunk in diff.hunks:
        assert len(pairs(hunk)) <= min(len(hunk.of("+")), len(hunk.of("-")))


@given(st.lists(st.from_regex(r"[a-z][a-z =.()0-9]{0,20}", fullmatch=True), min_size=1, max_size=8))
def test_added_lines_come_back(lines: list[str]) -> None:
    assert parse("@@ a/b.py @@\n" + "\n".join(f"+{each}" for each in lines)).added == tuple(lines)
