"""What a system keeps on disk: it survives crashes, and damage is named."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from telic.errors import InvalidDesign, InvalidRecord, UsageError, WorldUnavailable
from telic.model import Change, Design, Window
from telic.runtime.wiring import EdgePolicy, NodePolicy, RetryPolicy
from telic.worlds.local import releases
from telic.worlds.local.change_log import MAX_DIFF, ChangeLog, files_diff
from telic.worlds.local.configuration import document, revision_settings, write_configuration
from telic.worlds.local.desired import Desired, DesiredService, load_desired
from telic.worlds.local.layout import Layout, log_tail, read_system, write_atomically
from telic.worlds.local.ports import Ports, is_free, listen
from telic.worlds.local.reconcile import differs_in_shape, read_design, reconcile
from telic.worlds.local.secret_files import secret, secret_path, written


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path / "state", tmp_path / "run")
    made.run.mkdir(mode=0o700)
    made.run.parent.chmod(0o700)
    made.make()
    return made


def change(number: int) -> Change:
    return Change(
        f"change-{number}", float(number), "deploy", "hotel", f"number {number}", "ann", before="1", after="2"
    )


def test_changes_are_read_back_and_chosen_by_time(tmp_path: Path) -> None:
    log = ChangeLog(tmp_path / "changes.jsonl")
    for number in range(5):
        log.append(change(number))
    again = ChangeLog(tmp_path / "changes.jsonl")
    assert again.within(Window(1, 3)) == [change(1), change(2)]
    assert again.find("change-4") == change(4)
    assert again.find("change-9") is None


def test_a_change_cut_short_by_a_crash_is_dropped_and_the_log_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    ChangeLog(path).append(change(1))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:20])
    log = ChangeLog(path)
    assert len(log) == 1
    log.append(change(2))
    assert ChangeLog(path).within(Window(0, 9)) == [change(1), change(2)]


def test_a_damaged_change_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    log = ChangeLog(path)
    log.append(change(1))
    log.append(change(2))
    path.write_bytes(b"rubbish\n" + path.read_bytes().split(b"\n", 1)[1])
    with pytest.raises(InvalidRecord, match=r"changes\.jsonl:1 is damaged") as caught:
        ChangeLog(path)
    assert "--fresh" in caught.value.hint


def test_a_long_diff_is_cut() -> None:
    text = files_diff({"a.py": ""}, {"a.py": "\n".join("x" * 50 for _ in range(10_000))})
    assert len(text) < MAX_DIFF + 100
    assert text.endswith("(cut)")


def desired() -> Desired:
    edges = {"hotel->postgres": EdgePolicy(0.5, RetryPolicy(max=2))}
    service = DesiredService(
        "hotel", 21001, "2", ["1", "2"], "abc", 3, 7, {"log.level": "INFO", "n": 3}, NodePolicy(5), edges
    )
    return Desired("hotel", "sha256:1", "/d", {"a->b": {"a": 1, "b": 2}}, {"postgres": 5}, {"hotel": service}, 9)


def test_desired_state_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "desired.json"
    assert load_desired(path) is None
    desired().save(path)
    assert load_desired(path) == desired()


@given(st.data())
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_damage_to_desired_state_is_an_error_with_a_way_out(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "desired.json"
    desired().save(path)
    text = path.read_bytes()
    damaged = text[: data.draw(st.integers(0, len(text) - 2))] + data.draw(st.binary(max_size=3))
    path.write_bytes(damaged)
    with pytest.raises(InvalidRecord, match=r"desired\.json") as caught:
        load_desired(path)
    assert "--fresh" in caught.value.hint


def test_a_version_without_history_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "desired.json"
    broken = desired()
    broken.services["hotel"].version = "9"
    broken.save(path)
    with pytest.raises(InvalidRecord, match="runs version 9"):
        load_desired(path)


def test_versions_count_up_and_lead_back() -> None:
    service = desired().services["hotel"]
    assert (service.previous_version, service.next_version, service.instance) == ("1", "3", "hotel-3")
    service.version = "1"
    assert (service.previous_version, service.next_version) == ("", "3")


def test_secrets_are_made_once_and_for_their_owner_alone(layout: Layout) -> None:
    first = secret(layout, "hotel")
    assert secret(layout, "hotel") == first
    assert len(first) >= 24
    assert stat.S_IMODE(secret_path(layout, "hotel").stat().st_mode) == 0o600


def test_who_is_killed_while_making_a_secret_leaves_none(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(handle: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", killed)
        with pytest.raises(KeyboardInterrupt):
            secret(layout, "hotel")
    assert not secret_path(layout, "hotel").exists()
    assert len(secret(layout, "hotel")) == 32
    assert list(written(layout)) == [str(secret_path(layout, "hotel"))]


def test_an_empty_secret_is_made_again(layout: Layout) -> None:
    secret_path(layout, "hotel").touch()
    assert len(secret(layout, "hotel")) == 32


def test_of_many_that_make_a_secret_at_once_all_get_the_same(layout: Layout) -> None:
    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(lambda _: secret(layout, "hotel"), range(64)))) == 1


def test_a_socket_folder_that_others_can_read_is_refused(layout: Layout) -> None:
    layout.run.chmod(0o755)
    with pytest.raises(UsageError, match="mode 755"):
        layout.make()


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot make") as caught:
        Layout(tmp_path / "file" / "hotel", tmp_path / "run").make()
    assert "TELIC_HOME" in caught.value.hint


def test_a_socket_path_that_is_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="too long") as caught:
        Layout(tmp_path / "hotel", tmp_path / ("x" * 100)).make()
    assert "TMPDIR" in caught.value.hint


def test_what_is_up_is_read_or_said_not_to_be(layout: Layout) -> None:
    with pytest.raises(WorldUnavailable, match="not running"):
        read_system(layout)
    layout.system_file.write_text("[")
    with pytest.raises(WorldUnavailable, match="not JSON"):
        read_system(layout)
    layout.system_file.write_text("[]")
    with pytest.raises(WorldUnavailable, match="object"):
        read_system(layout)


def test_an_atomic_write_leaves_no_draft(tmp_path: Path) -> None:
    write_atomically(tmp_path / "deep" / "file.json", b"{}")
    assert [each.name for each in (tmp_path / "deep").iterdir()] == ["file.json"]


def test_the_tail_of_a_log(tmp_path: Path) -> None:
    (tmp_path / "x.log").write_text("\n".join(f"line {number}" for number in range(5000)))
    assert log_tail(tmp_path / "x.log", 2) == "line 4998\nline 4999"
    assert log_tail(tmp_path / "none.log") == ""


def test_releases_are_copied_edited_and_read(layout: Layout, small_design: Design) -> None:
    releases.copy_release(layout, small_design.folder, "hotel", "1")
    path = "services/hotel/app.py"
    releases.edit_release(layout, "hotel", "1", "2", {path: "X = 1\n", "services/hotel/new.py": "Y = 2\n"})
    assert (layout.release("hotel", "2") / "VERSION").read_text() == "2\n"
    assert releases.release_files(layout, "hotel", "2")[path] == "X = 1\n"
    assert "services/hotel/new.py" not in releases.release_files(layout, "hotel", "1")


@pytest.mark.parametrize("path", ["../x.py", "/etc/x.py", "services/hotel/x.sh", "services/../../../x.py"])
def test_edits_stay_inside_the_release(layout: Layout, small_design: Design, path: str) -> None:
    releases.copy_release(layout, small_design.folder, "hotel", "1")
    with pytest.raises(UsageError, match="no source file"):
        releases.edit_release(layout, "hotel", "1", "2", {path: "x"})
    assert not layout.release("hotel", "2").exists()


def test_ports_are_handed_out_once(tmp_path: Path) -> None:
    ports = Ports()
    first, second = ports.allocate(), ports.allocate()
    assert first != second
    with listen(0) as taken:
        assert not is_free(taken.getsockname()[1])


def test_a_design_is_reconciled_with_what_ran_before(layout: Layout, small_design: Design) -> None:
    first = reconcile(None, small_design, layout)
    assert set(first.links) == {"users->gateway", "gateway->hotel", "hotel->postgres", "hotel->valkey"}
    assert first.services["gateway"].settings["upstream.hotel.port"] == first.links["gateway->hotel"]["a"]
    first.services["gateway"].settings["upstream.hotel.port"] = first.links["gateway->hotel"]["b"]
    first.services["hotel"].node = NodePolicy(queue=3)
    first.save(layout.desired)
    again = reconcile(load_desired(layout.desired), small_design, layout)
    assert again.links == first.links
    assert again.services["gateway"].settings["upstream.hotel.port"] == first.links["gateway->hotel"]["b"]
    assert again.services["hotel"].node == NodePolicy(queue=3)
    assert again.services["hotel"].version == "1"
    assert not differs_in_shape(again, small_design)


def test_new_code_in_a_design_is_a_new_version(layout: Layout, small_design: Design) -> None:
    first = reconcile(None, small_design, layout)
    (small_design.folder / "services" / "hotel" / "app.py").write_text("X = 2\n")
    again = reconcile(first, small_design, layout)
    assert (again.services["hotel"].version, again.services["hotel"].versions) == ("2", ["1", "2"])
    assert again.services["gateway"].version == "1"
    assert releases.release_files(layout, "hotel", "2")["services/hotel/app.py"] == "X = 2\n"


def test_ports_that_others_took_meanwhile_move_with_all_who_name_them(layout: Layout, small_design: Design) -> None:
    first = reconcile(None, small_design, layout)
    old = first.links["gateway->hotel"]["a"]
    with listen(old):
        again = reconcile(first, small_design, layout)
    assert again.links["gateway->hotel"]["a"] != old
    assert again.services["gateway"].settings["upstream.hotel.port"] == again.links["gateway->hotel"]["a"]


def test_a_missing_release_is_named(layout: Layout, small_design: Design) -> None:
    first = reconcile(None, small_design, layout)
    layout.release("hotel", "1").rename(layout.state / "elsewhere")
    with pytest.raises(InvalidRecord, match=r"releases/hotel/1 is missing"):
        reconcile(first, small_design, layout)


def test_a_design_that_is_no_design_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDesign, match="no design"):
        read_design(tmp_path)
    (tmp_path / "design.json").write_text("{}")
    with pytest.raises(InvalidDesign, match="schema"):
        read_design(tmp_path)


def test_the_configuration_file_holds_what_the_contract_says(layout: Layout, small_design: Design) -> None:
    first = reconcile(None, small_design, layout)
    service = first.services["hotel"]
    content = document(small_design, first, service, "http://127.0.0.1:4318", telemetry=False)
    write_configuration(layout, content, service.instance)
    files = {each.name for each in (layout.state / "config" / "hotel").iterdir()}
    assert files == {"1.json", "current.json", "hotel-1.json"}
    found = json.loads(layout.config("hotel", "current").read_bytes())
    assert found["schema"] == "telic/config/v1"
    assert found["listen"] == {"host": "127.0.0.1", "port": service.port}
    assert found["telemetry"] == {"endpoint": "http://127.0.0.1:4318", "enabled": False, "interval": 0.5}
    assert set(found["wiring"]["edges"]) == {"hotel->postgres", "hotel->valkey"}
    assert not any("password" in str(value) for key, value in found["settings"].items() if not key.endswith("_file"))
    assert revision_settings(layout, "hotel", "1") == service.settings
    assert revision_settings(layout, "hotel", "99") == {}
