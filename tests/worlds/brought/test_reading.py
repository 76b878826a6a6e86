"""The file of a brought system: what it says, and what is wrong with it, by line, with what to write instead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from telic.errors import UsageError
from telic.worlds import brought
from telic.worlds.brought import designing
from telic.worlds.brought.system import desired_of
from telic.worlds.load.exchange import Answer
from telic.worlds.load.flows.plain import Plain, judge
from telic.worlds.load.plan import Planned

EXAMPLE = Path(__file__).parents[3] / "examples" / "04-bring-your-system"
WHOLE = """schema = "telic/app/v1"
name = "shop"
entry = "web"
url = "http://127.0.0.1:8123"
[services.web]
start = "python web.py"
calls = ["stock"]
calls_by = {stock = "STOCK_URL"}
[services.web.env]
COLOUR = "red"
API_KEY = "sk-1234567890abcdef1234567890abcdef"
[services.stock]
start = "python stock.py"
url = "http://127.0.0.1:8124"
[[operations]]
name = "list"
get = "/books"
"""
ONE = 'schema = "telic/app/v1"\nname = "one"\nurl = "http://127.0.0.1:8123"\nstart = "python app.py"\n'
OPERATION = '[[operations]]\nname = "list"\nget = "/"\n'


def parsed(folder: Path, text: str) -> brought.App:
    (folder / brought.FILE).write_text(text, encoding="utf-8")
    return brought.read(folder)


def test_the_example_is_two_services_that_start_callees_first() -> None:
    app = brought.read(EXAMPLE)
    assert [each.name for each in app.callees_first()] == ["stock", "web"]
    assert (app.service("web").port, app.service("stock").port, app.promise.latency) == (8123, 8124, 0.5)


def test_one_start_command_is_one_service_of_the_systems_name(tmp_path: Path) -> None:
    app = parsed(tmp_path, ONE + OPERATION)
    assert (app.entry, [each.start for each in app.services]) == ("one", ["python app.py"])


def test_services_that_call_each_other_in_a_circle_all_start(tmp_path: Path) -> None:
    app = parsed(tmp_path, WHOLE.replace("[services.stock]\n", '[services.stock]\ncalls = ["web"]\n'))
    assert sorted(each.name for each in app.callees_first()) == ["stock", "web"]


@pytest.mark.parametrize(
    ("old", "new", "says", "hint"),
    [
        ("telic/app/v1", "telic/app/v9", ":1: schema is 'telic/app/v9'", 'write schema = "telic/app/v1"'),
        ('name = "shop"', 'nane = "shop"', ":2: the file has no 'nane'", "name"),
        ('name = "shop"', 'name = "My Shop"', ":2: the name 'My Shop'", "small letters"),
        ('entry = "web"', 'entry = "wev"', ":3: entry = 'wev' is no service", "web"),
        ('url = "http://127.0.0.1:8123"\n', "", "url is missing", "127.0.0.1"),
        ("127.0.0.1:8123", "example.org:80", ":4: url", "loopback"),
        ('start = "python web.py"', 'start = ""', ":6: services.web: start", "python web.py"),
        ('start = "python web.py"\n', "", ":5: services.web: start is missing", "start"),
        ('start = "python web.py"', 'start = "python \'web"', "No closing quotation", "python web.py"),
        ('calls = ["stock"]', 'calls = ["stok"]', ":7: web calls 'stok', which is no other service", "stock"),
        ('calls = ["stock"]', 'calls = ["web"]', "web calls 'web'", "stock"),
        ('calls = ["stock"]', 'calls = "stock"', ":7: services.web: calls = 'stock'", "list"),
        ('calls = ["stock"]\n', "", "calls_by names stock, calls does not", "add stock"),
        ('url = "http://127.0.0.1:8124"\n', "", "stock has no url, so STOCK_URL", "url"),
        ("COLOUR", "OTEL_SERVICE_NAME", ":10: services.web.env: 'OTEL_SERVICE_NAME'", "Telic does not set"),
        ('get = "/books"', 'get = "books"', ":17: get = 'books'", "begins with /"),
        ('get = "/books"', 'method = "FETCH"\npath = "/"', ":17: list: method 'FETCH'", "PATCH"),
        ('get = "/books"', 'get = "/"\nweight = 0', "weight = 0", "above 0"),
        ('get = "/books"', 'get = "/"\ncalls = ["mail"]', "web does not call 'mail'", "stock"),
        ('get = "/books"', 'get = "/"\n[objectives]\nlatency = 99', "latency = 99", "at most 3"),
        ('get = "/books"', 'get = "/"\n' + OPERATION, "two operations are called list", "name of its own"),
        (OPERATION.replace('"/"', '"/books"'), "", "no [[operations]]", "what users do"),
        ('entry = "web"', 'entry = "web"\nnetwork = "mine"', ":4: network = 'mine'", "own, or host"),
        ('entry = "web"', 'entry = "web"\nstart = "x"', "start beside [services]", "table of its service"),
        ('entry = "web"', 'entry = "web', ":3:", "TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_a_next_step(
    tmp_path: Path, old: str, new: str, says: str, hint: str
) -> None:
    assert old in WHOLE
    with pytest.raises(UsageError, match=re.escape(says)) as caught:
        parsed(tmp_path, WHOLE.replace(old, new, 1))
    assert hint in caught.value.hint


def test_a_folder_without_the_file_brings_nothing(tmp_path: Path) -> None:
    assert brought.folder_of(str(tmp_path)) is None
    assert brought.folder_of("hotel") is None
    (tmp_path / brought.FILE).write_text(WHOLE)
    assert brought.folder_of(str(tmp_path)) == brought.folder_of(str(tmp_path / brought.FILE)) == tmp_path.resolve()


def test_its_design_is_the_same_again_until_a_source_changes(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    parsed(folder, WHOLE)
    first = designing.written(folder, tmp_path / "designs")
    (folder / "data.bin").write_bytes(b"x")
    assert designing.written(folder, tmp_path / "designs").hash == first.hash
    opened, found = designing.opened(first.folder)
    assert (opened, found.folder) == (first, str(folder))
    assert opened.edges == (("web", "stock"),)
    (folder / "web.py").write_text("pass\n")
    assert designing.written(folder, tmp_path / "designs").hash != first.hash


def test_settings_show_the_environment_and_no_secret_and_an_edge_by_a_variable_has_two_links(tmp_path: Path) -> None:
    app = parsed(tmp_path, WHOLE)
    desired = desired_of(designing.design_of(tmp_path, app), app)
    assert set(desired.services["web"].settings) == {"COLOUR", "upstream.stock.port"}
    assert set(desired.links) == {"users->web", "web->stock"}
    assert desired.services["web"].settings["upstream.stock.port"] == desired.links["web->stock"]["a"]


def test_users_send_what_the_file_says_and_take_what_is_no_error(tmp_path: Path) -> None:
    post = 'method = "POST"\npath = "/orders?now"\nbody = {book = 7}\n'
    app = parsed(tmp_path, WHOLE.replace('get = "/books"\n', post))
    asked = Plain(app.operations[0]).ask(Planned(0, 0.0, "list", 0, 1))
    head, _, body = asked.payload("127.0.0.1:1").partition(b"\r\n\r\n")
    assert head.startswith(b"POST /orders?now HTTP/1.1\r\nhost: 127.0.0.1:1\r\n")
    assert b"content-length: 11" in head
    assert body == b'{"book": 7}'
    reasons = [judge(each).reason for each in (Answer(200), Answer(302), Answer(404), Answer(problem="timeout"))]
    assert reasons == ["", "", "status_404", "timeout"]
