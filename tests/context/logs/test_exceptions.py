"""Stack traces of five languages among log lines."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telic.context.logs.exceptions import find, records
from telic.context.logs.stack import failures, without_values

JAVA = """2024-05-01 10:00:00 ERROR o.s.OrderService - order 17 failed
java.lang.IllegalStateException: order 17 is closed
\tat shop.orders.OrderService.close(OrderService.java:88)
\tat shop.orders.OrderController$$Lambda$123/0x00007f.accept(Unknown Source)
\tat java.base/java.lang.Thread.run(Thread.java:829)
Caused by: java.sql.SQLTimeoutException: after 30 s
\tat org.postgresql.Driver.query(Driver.java:12) ~[postgresql-42.jar:42]
\t... 2 more
next line"""
PYTHON = """INFO begin
Traceback (most recent call last):
  File "/app/store.py", line 9, in read
    return self.rows[key]
           ~~~~~~~~~^^^^^
KeyError: 'k17'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/main.py", line 40, in handle
    read(17)
  File "/app/main.py", line 21, in read
    raise NotFound(key) from None
shop.errors.NotFound: no such key: k17
INFO end"""
GO = """2024/05/01 serving
panic: runtime error: index out of range [5] with length 3 [recovered]

goroutine 17 [running]:
main.(*Cart).Add(0xc000010000, 0x5)
\t/src/cart/cart.go:42 +0x1d
main.handle.func1()
\t/src/cart/main.go:17 +0x85
created by main.main in goroutine 1
\t/src/cart/main.go:9 +0x3f

goroutine 1 [chan receive]:
main.main()
\t/src/cart/main.go:11 +0x5
exit status 2
restarted"""
NODE = """listening
TypeError: Cannot read properties of undefined (reading 'price')
    at total (/app/cart.js:12:20)
    at async handle (file:///app/main.mjs:30:5)
    at /app/node_modules/express/lib/router.js:47:12
done"""
CSHARP = """Unhandled exception. System.InvalidOperationException: Sequence contains no elements
 ---> System.TimeoutException: too slow
   at Shop.Db.Read(String key) in /src/Db.cs:line 7
   --- End of inner exception stack trace ---
   at Shop.Cart.Total(Int32 id) in /src/Cart.cs:line 31
   at Shop.Program.Main()
bye"""


CLOSE = ("shop.orders.OrderService.close", "OrderService.java", 88)
TOTAL = ("Shop.Cart.Total(Int32 id)", "/src/Cart.cs", 31)


@pytest.mark.parametrize(
    ("text", "language", "kind", "message", "first", "root", "frames"),
    [
        (JAVA, "java", "java.lang.IllegalStateException", "order 17", CLOSE, "java.sql.SQLTimeoutException", 3),
        (PYTHON, "python", "shop.errors.NotFound", "no such", ("read", "/app/main.py", 21), "KeyError", 2),
        (GO, "go", "panic", "runtime error", ("main.(*Cart).Add", "/src/cart/cart.go", 42), "panic", 3),
        (NODE, "node", "TypeError", "Cannot read", ("total", "/app/cart.js", 12), "TypeError", 3),
        (CSHARP, "csharp", "System.InvalidOperationException", "Sequence", TOTAL, "System.TimeoutException", 2),
    ],
)
def test_a_trace_is_read(
    text: str, language: str, kind: str, message: str, first: tuple[str, str, int], root: str, frames: int
) -> None:
    lines = text.split("\n")
    (found,) = find(lines)
    trace = found.trace
    assert (trace.language, trace.kind) == (language, kind)
    assert trace.message.startswith(message)
    assert (trace.frames[0].function, trace.frames[0].file, trace.frames[0].line) == first
    assert (trace.root.kind, len(trace.frames)) == (root, frames)
    assert found.stop == len(lines) - 1
    assert [each.trace for each in find([text])] == [trace]


def test_the_same_failure_has_one_key_whatever_its_values_and_lines() -> None:
    moved = JAVA.replace("17", "99").replace(":88", ":90").replace("Lambda$123/0x00007f", "Lambda$7/0x1")
    other = JAVA.replace("Driver.query", "Driver.connect")
    traces = [find(each.split("\n"))[0].trace for each in (JAVA, moved, other, PYTHON, GO, NODE)]
    groups = failures(traces)
    assert [each.count for each in groups] == [2, 1, 1, 1, 1]
    assert groups[0].example == traces[0]


def test_records_are_one_an_event() -> None:
    lines = [*JAVA.split("\n"), *NODE.split("\n")]
    joined = records(lines)
    assert [each.split("\n")[0][:9] for each in joined] == [
        "2024-05-0",
        "java.lang",
        "next line",
        "listening",
        "TypeError",
        "done",
    ]
    assert "\n".join(joined) == "\n".join(lines)


def test_a_trace_without_end_is_bounded() -> None:
    deep = ["Error: deep", *(f"    at f{n} (/a.js:{n}:1)" for n in range(1, 5000))]
    (found,) = find(deep)
    assert len(found.trace.frames) == 256
    assert found.stop == 5000


def test_numbers_of_a_message_are_values() -> None:
    assert without_values("job 12 of 0xff") == "job <*> of <*>"


PARTS = [line for text in (JAVA, PYTHON, GO, NODE, CSHARP) for line in text.split("\n")]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.one_of(st.sampled_from(PARTS), st.text(st.characters(exclude_characters="\n"), max_size=20)), max_size=40
    )
)
def test_whatever_is_printed_traces_lie_in_order_and_apart(lines: list[str]) -> None:
    found = find(lines)
    ends = [0, *(each.stop for each in found)]
    assert all(0 <= each.start < each.stop <= len(lines) for each in found)
    assert all(each.start >= end for each, end in zip(found, ends, strict=False))


@pytest.mark.parametrize(
    "trace",
    [
        [
            "java.lang.IllegalStateException: no price",
            "\tat org.shop.Pay.charge(Pay.java:12)",
            "\tat org.shop.Web.run(Web.java:7)",
        ],
        [
            "Traceback (most recent call last):",
            '  File "/srv/cart/app.py", line 20, in price',
            "    total = rows[0]",
            "IndexError: list index out of range",
        ],
    ],
)
def test_a_trace_of_which_every_line_carries_time_and_level_is_one(trace: list[str]) -> None:
    prefixed = [f"2026-01-01 10:00:0{at},123 ERROR [worker-1] {line}" for at, line in enumerate(trace)]
    around = [
        "2026-01-01 10:00:00,100 INFO [worker-1] asked",
        *prefixed,
        "2026-01-01 10:00:09,001 INFO [worker-1] done",
    ]
    (found,), (bare,) = find(around), find(trace)
    assert (found.start, found.stop) == (1, 1 + len(trace))
    assert found.trace == bare.trace
