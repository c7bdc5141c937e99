"""Services that people named: a list of what waits, a command each to add, match or dismiss; then the name is gone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ops_kit import ASSET, FORM, Ops, row

from kobo_sync.csv_files import append_row
from kobo_sync.errors import ConfigError
from kobo_sync.services import add_service, read_services
from kobo_sync.store import tables
from kobo_sync.store.purge import purge_due
from kobo_sync.store.scores import documents
from kobo_sync.store.store import Store
from kobo_sync.store.texts import texts_of
from kobo_sync.sync.all_forms import framework_of, sync_workspace
from kobo_sync.sync.rounds import close_round, may_close
from kobo_sync.workspace import open_workspace

pytest_plugins = ["ops_fixture"]

NAME = "Zyxwabo Corner"
ACCEPT = ("--code", "S09", "--label", "Corner House", "--locale", "north", "--type", "drop-in", "--yes")


def named(id_: int, name: str = NAME, **answers: Any) -> dict[str, Any]:
    return row(id_, on_list="no", place=None, called=name, **answers)


def synced(ops: Ops, *rows: dict[str, Any]) -> None:
    ops.seed(*rows)
    assert ops.run("sync")[0] == 0


def on_disk(ops: Ops, words: str = "zyxwabo") -> bool:
    files = [path for path in ops.space.root.rglob("*") if path.is_file()]
    return any(words in path.read_bytes().decode("latin-1").casefold() for path in files)


def about(ops: Ops) -> dict[int, str]:
    with Store(ops.space.store) as store, store.read() as connection:
        found = connection.execute(tables.submission.select().where(tables.submission.c.form == FORM)).all()
    return {one.id: one.service for one in found}


def links(ops: Ops) -> int:
    with Store(ops.space.store) as store, store.read() as connection:
        return len(connection.execute(tables.service_link.select()).all())


def test_the_list_puts_the_same_name_together(ops: Ops) -> None:
    """What waits is listed once a name, however it is spelled, with how often; a name on the list is recognised."""
    synced(ops, named(1), named(2, "ZYXWABO-corner"), named(3, "service 1"), row(4))
    code, said = ops.run("services", "proposed")
    assert code == 0
    assert "nobody else should see this screen" in said
    assert "1: “Zyxwabo Corner” — 2 submissions" in said
    assert "3: “service 1” — 1 submission" in said
    assert "kobo-sync services match 3 --to S01" in said
    _, said = ops.run("services", "proposed", "--json")
    assert [one["submissions"] for one in json.loads(said)] == [[1, 2], [3]]
    assert "zyxwabo" not in said.casefold()


def test_status_says_that_services_wait(ops: Ops) -> None:
    """A named service is no text to be redacted: status counts it by itself, and says where to see it."""
    synced(ops, named(1), named(2), row(4))
    _, said = ops.run("status")
    assert "2 interviews name a service that is not on your list. See: kobo-sync services proposed" in said
    assert "to be redacted" not in said
    _, said = ops.run("status", "--json")
    assert json.loads(said)["services_named"] == 2
    ops.run("services", "dismiss", "1", "--yes")
    assert "services proposed" not in ops.run("status")[1]


def test_a_name_with_a_number_of_somebody_is_not_shown(ops: Ops) -> None:
    """What holds a phone number, an address or an account is not in the list; it says how to look at it."""
    synced(ops, named(1, "Zyxwabo, call 0812 3456 789"))
    _, said = ops.run("services", "proposed")
    assert "0812" not in said
    assert "kobo-sync texts show 1" in said


@pytest.mark.file_store
def test_an_accepted_service_is_listed_linked_and_its_name_gone(ops: Ops) -> None:
    """Accepting adds the row, links all that typed the same, and removes what was typed in the same run."""
    synced(ops, named(1), named(2, "zyxwabo corner"), named(3, "Another"), row(4))
    assert on_disk(ops)
    code, said = ops.run("services", "accept", "2", *ACCEPT)
    assert code == 0
    assert "2 submissions count for it now" in said
    assert "kobo-sync deploy" in said
    assert "zyxwabo" not in said.casefold()
    assert about(ops) == {1: "S09", 2: "S09", 3: "", 4: "S01"}
    assert not on_disk(ops)
    assert read_services(ops.space.services_file)["S09"].label == "Corner House"
    assert "Klinik Mawar,12 Palm Road,Wanjiku" in ops.space.services_file.read_text(encoding="utf-8")
    with Store(ops.space.store) as store:
        assert [one.document["place"] for one in documents(store, "S09", ["2026-07"])] == ["S09", "S09"]
        assert not purge_due(store)
    assert ops.run("services", "accept", "1", *ACCEPT)[0] == 2  # nothing of it waits any more


@pytest.mark.file_store
def test_what_is_not_given_is_asked_for(ops: Ops) -> None:
    """Without options the command asks for code, label and place, and for a yes."""
    synced(ops, named(1))
    assert ops.run("services", "accept", "1", typed="S09\nCorner House\nnorth\nn\n")[0] == 1
    assert on_disk(ops)
    assert ops.run("services", "accept", "1", typed="S09\nCorner House\nnorth\ny\n")[0] == 0
    assert about(ops) == {1: "S09"}


@pytest.mark.file_store
def test_neither_an_edit_nor_a_sweep_brings_the_name_back(ops: Ops) -> None:
    """Read again after an edit, in a full sweep or by a retry, the submission stays linked and its name away."""
    synced(ops, named(1), named(2))
    ops.run("services", "accept", "1", *ACCEPT)
    ops.edit([1], visits="7")
    assert ops.run("sync")[0] == 0
    sync_workspace(ops.space, progress=lambda _done, _total: None, sweep=True, retry=True)
    with Store(ops.space.store) as store:
        kept = {one.id: one.document for one in documents(store, "S09", ["2026-07"])}
        assert texts_of(store, 1) == ()
    assert kept[1]["visits"] == 7
    assert kept[1]["place"] == "S09"
    assert about(ops) == {1: "S09", 2: "S09"}
    assert not on_disk(ops)
    assert ops.run("services", "proposed")[1].startswith("No service waits")


@pytest.mark.file_store
def test_another_name_or_another_choice_on_the_server_counts(ops: Ops) -> None:
    """Who types another name asks anew, and who chooses a listed service in KoboToolbox is believed."""
    synced(ops, named(1), named(2), named(3))
    ops.run("services", "accept", "1", *ACCEPT)
    ops.edit([1], called="Elsewhere")
    ops.edit([2], on_list="yes", place="S02", called="")
    ops.edit([3], called="zyxwabo  CORNER")
    assert ops.run("sync")[0] == 0
    assert about(ops) == {1: "", 2: "S02", 3: "S09"}
    assert "Elsewhere" in ops.run("services", "proposed")[1]
    assert not on_disk(ops)


@pytest.mark.file_store
def test_match_links_to_a_listed_service_and_dismiss_to_none(ops: Ops) -> None:
    """A name can stand for a service that is on the list, or for none; either way what was typed is gone."""
    synced(ops, named(1), named(2, "Zyxwabo is lovely"), named(3, "Zyxwabo 3"))
    assert ops.run("services", "match", "1", "--to", "S07", "--yes")[0] == 2
    assert ops.run("services", "match", "1", "2", "--to", "S02", "--yes")[0] == 0
    assert ops.run("services", "dismiss", "3", "--yes")[0] == 0
    assert about(ops) == {1: "S02", 2: "S02", 3: ""}
    assert not on_disk(ops)
    ops.edit([3], visits="1")
    ops.run("sync")
    assert not on_disk(ops)
    assert ops.run("services", "proposed")[1].startswith("No service waits")


def test_a_link_goes_with_its_submission(ops: Ops) -> None:
    """Of a submission that is deleted no link stays; of two copies, it stays for the one that is left."""
    synced(ops, named(1), named(2, **{"meta/rootUuid": f"uuid:{row(1)['_uuid']}"}), *(row(n) for n in range(3, 20)))
    ops.run("services", "accept", "1", *ACCEPT)
    assert links(ops) == 1
    ops.call("DELETE", "bulk/", {"payload": {"submission_ids": [1]}})
    assert ops.run("sync")[0] == 0
    ops.edit([2], visits="9")
    assert ops.run("sync")[0] == 0
    assert (about(ops)[2], links(ops)) == ("S09", 1)
    ops.call("DELETE", "bulk/", {"payload": {"submission_ids": [2]}})
    assert ops.run("sync")[0] == 0
    assert links(ops) == 0


@pytest.mark.file_store
def test_a_closed_round_keeps_its_figures(ops: Ops) -> None:
    """A name in a closed round is removed; its submission enters no score there, now or after a withdrawal."""
    synced(ops, named(1), row(2), row(3))
    framework = framework_of(ops.space)
    with Store(ops.space.store) as store:
        state = may_close(store, framework, "2026-H2", ops.clock[0].date(), force=True)
        close_round(ops.space, store, framework, state, ops.clock[0])
    code, said = ops.run("services", "match", "1", "--to", "S02", "--yes")
    assert code == 0
    assert "of a closed round stays without a service" in said
    assert about(ops)[1] == ""
    assert not on_disk(ops)
    ops.edit([1], visits="9")
    ops.run("sync")
    assert about(ops)[1] == ""
    assert not on_disk(ops)


def test_killed_between_list_and_links_the_same_command_goes_on(ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the row was written, the same command finishes, and no row stands twice."""
    from kobo_sync.sync import links as linking

    synced(ops, named(1))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patches:
        patches.setattr(linking, "link", killed)
        assert ops.run("services", "accept", "1", *ACCEPT)[0] != 0
    assert "S09" in read_services(ops.space.services_file)
    assert about(ops) == {1: ""}
    assert ops.run("services", "accept", "1", *ACCEPT)[0] == 0
    assert about(ops) == {1: "S09"}
    assert ops.space.services_file.read_text(encoding="utf-8").count("S09") == 1


def test_wrong_places_codes_and_labels_are_refused_before_anything_changes(ops: Ops) -> None:
    """A place that is not on the list, another service's code, a label with a phone number: one sentence, exit 2."""
    synced(ops, named(1))
    before = ops.space.services_file.read_bytes()
    wrong = (
        (("--code", "S09", "--label", "X", "--locale", "moon"), "no place of"),
        (("--code", "S01", "--label", "X", "--locale", "north"), "services match ID --to S01"),
        (("--code", "S 9", "--label", "X", "--locale", "north"), "no spaces"),
        (("--code", "S09", "--label", "call 0812 3456 789", "--locale", "north"), "on phones and in reports"),
    )
    for options, told in wrong:
        code, said = ops.run("services", "accept", "1", *options, "--yes")
        assert code == 2
        assert told in said
    assert ops.space.services_file.read_bytes() == before
    assert about(ops) == {1: ""}


def test_accept_can_deploy_at_once(ops: Ops) -> None:
    """With --deploy the new list goes to the phones in the same run."""
    synced(ops, named(1))
    code, said = ops.run("services", "accept", "1", *ACCEPT, "--deploy")
    assert code == 0, said
    files = ops.server.world.assets[ASSET].files.values()
    assert any(b"Corner House" in file.data for file in files)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"code,label,locale,type\nS01,A,n,t\n", b'S09,"B, c",n,t\n'),
        (b"\xef\xbb\xbfcode;label;locale;type;note\r\nS01;A;n;t;x\r\n", b"S09;B, c;n;t;\r\n"),
        (b"sep=;\r\ntype;locale;label;code\r\nt;n;A;S01", b"\r\nt;n;B, c;S09\r\n"),
        (b"Code\tLabel\tLocale\tReal name\nS01\tA\tn\tx\n", b"S09\tB, c\tn\t\n"),
    ],
)
def test_a_list_keeps_everything_else_byte_for_byte(tmp_path: Path, before: bytes, after: bytes) -> None:
    """A row is added with the file's own columns, delimiter, line ends and byte order mark; nothing else changes."""
    path = tmp_path / "services.csv"
    path.write_bytes(before)
    cells = {"code": "S09", "label": "B, c", "locale": "n"} | ({"type": "t"} if b"type" in before else {})
    append_row(path, cells, "a list")
    assert path.read_bytes() == before + after
    assert read_services(path)["S09"].label == "B, c"


def test_a_list_that_is_open_in_excel_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in use is left as it is, with a sentence that says to close it; no part of it is left beside it."""
    path = tmp_path / "services.csv"
    path.write_bytes(b"code,label,locale,type\nS01,A,n,t\n")

    def in_use(self: Path, _target: object) -> None:
        raise PermissionError(13, "used by another process", str(self))

    monkeypatch.setattr(Path, "replace", in_use)
    with pytest.raises(ConfigError, match="Close it in Excel"):
        append_row(path, {"code": "S09", "label": "B", "locale": "n"}, "a list")
    assert path.read_bytes() == b"code,label,locale,type\nS01,A,n,t\n"
    assert [one.name for one in tmp_path.iterdir()] == ["services.csv"]


def test_a_list_without_the_column_is_not_written(tmp_path: Path) -> None:
    """Where the file has no column for what is to be added, nothing is written."""
    from kobo_sync.services import Service

    path = tmp_path / "services.csv"
    path.write_bytes(b"code,label,locale\nS01,A,n\n")
    with pytest.raises(ConfigError, match="column type is missing"):
        add_service(path, Service("S09", "B", "n", "drop-in"))
    assert path.read_bytes() == b"code,label,locale\nS01,A,n\n"
    assert open_workspace(tmp_path, need_config=False).services_file == path
