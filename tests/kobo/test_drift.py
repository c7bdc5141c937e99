"""Somebody changed a form in KoboToolbox: it is told in words, and never written over unasked."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO

import pytest
from deploy_samples import SENT, Place
from drift_kit import SURVEY, Content, Snapshot, deployed, edit, redeploy, small_form
from kobo_samples import lose_answer, session
from openpyxl import load_workbook

from kobo_sync.errors import RefusedForSafety
from kobo_sync.kobo.assets import put_media
from kobo_sync.kobo.deployment import CHANGE, CREATE, DRIFT, LOCAL, NOTHING, REDEPLOY, SERVER, TAKE
from kobo_sync.kobo.differences import same
from kobo_sync.kobo.errors import ServerBusy
from kobo_sync.kobo.meaning import of_content, of_workbook
from kobo_sync.kobo.telling import lines


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """Deploy a small form once for all tests here."""
    with deployed(tmp_path_factory.mktemp("drift")) as made:
        yield made


@pytest.fixture
def place(snapshot: Snapshot) -> Place:
    """Give the form as it was deployed."""
    return snapshot.restore()


def _add(content: Content) -> None:
    content["survey"].append({"type": "text", "name": "more", "label": ["More?"]})


def _remove(content: Content) -> None:
    content["survey"] = [row for row in content["survey"] if row.get("name") != "change"]


def _rename(content: Content) -> None:
    for row in content["survey"]:
        row["name"] = "wish" if row.get("name") == "change" else row.get("name")


def _retype(content: Content) -> None:
    for row in content["survey"]:
        row["type"] = "integer" if row["type"] == "text" else row["type"]


def _relabel(content: Content) -> None:
    for row in content["survey"]:
        row["label"] = ["What must change?"] if row.get("name") == "change" else row.get("label")


def _group(content: Content) -> None:
    content["survey"] = [
        {"type": "begin_group", "name": "g", "label": ["G"]},
        *content["survey"],
        {"type": "end_group"},
    ]


def _unchoose(content: Content) -> None:
    del content["choices"][1]


def _record(content: Content) -> None:
    content["survey"][:0] = [{"type": "deviceid", "name": "deviceid"}, {"type": "start", "name": "start"}]


def _encrypt(content: Content) -> None:
    content["settings"]["public_key"] = "MIIBIjANBgkq"


MATRIX = [
    (_add, "", "there is a new question 'more'"),
    (_remove, "", "the question 'change' is gone"),
    (_rename, "", "the question 'change' is now called 'wish'"),
    (_retype, "", "'change' is now integer, and was text"),
    (_relabel, "", "'change': label"),
    (_group, "", "3 questions (service, fair, change) move from outside of all groups to the group 'g'"),
    (_unchoose, "", "in the list 'yes_no', the choice 'no' is gone"),
    (_record, "", "phones record 'deviceid', as 'deviceid'"),
    (_encrypt, "", "the setting public_key is MIIBIjANBgkq, and was nothing"),
    (lambda _: None, "Renamed", "the title is “Renamed”, and was “A small form”"),
]


@pytest.mark.parametrize("deployed", [False, True], ids=["saved", "deployed"])
@pytest.mark.parametrize(("change", "name", "words"), MATRIX)
def test_each_drift_is_named_and_left_alone(
    place: Place, change: Callable[[Content], None], name: str, words: str, *, deployed: bool
) -> None:
    """Whatever somebody changed on the server is told in words; nothing of it is overwritten, not even for a file."""
    edit(place, change, name=name, deploy=deployed)
    (place.root / "services.csv").write_text("code,label,locale\nS09,Service 09,D1\n", encoding="utf-8")
    before = place.writes()
    plan = place.plan()
    assert (plan.action, plan.compared) == (DRIFT, "before")
    told = "\n".join(lines(plan))
    assert words in told
    assert "--take local" in told
    assert "--take server" in told
    with pytest.raises(RefusedForSafety, match="was left alone"):
        place.run()
    assert place.writes() == before


@pytest.mark.parametrize(("change", "name", "words"), MATRIX)
def test_local_is_taken_over_a_drift_where_that_is_said(
    place: Place, change: Callable[[Content], None], name: str, words: str
) -> None:
    """With --take local, the form is as in the workbook again, on the server and on phones, and stays so."""
    edit(place, change, name=name, deploy=True)
    plan = place.plan(take=LOCAL)
    assert plan.action == CHANGE
    told = "\n".join(lines(plan))
    assert words in told
    assert "written over by your form" in told
    place.run(take=LOCAL)
    there = of_content(place.on_server.content, place.on_server.name, "survey")
    assert same(there, of_workbook(small_form(), "survey"))
    assert place.on_server.deployed_versions[0] is place.on_server.versions[-1]
    assert place.plan().action == NOTHING


def test_the_server_s_form_is_written_beside_the_workbook(place: Place) -> None:
    """With --take server, the server's form is written as a file of its own; workbook and server stay as they are."""
    edit(place, _add)
    before, mine = place.writes(), place.form.read_bytes()
    plan = place.plan(take=SERVER)
    assert plan.action == TAKE
    place.run(take=SERVER)
    [beside] = (place.root / "xlsform" / "from-server").iterdir()
    assert beside.name == f"survey-{place.on_server.versions[-1].uid}.xlsx"
    assert same(of_workbook(beside.read_bytes(), "survey"), of_content(place.on_server.content, "", "survey"))
    assert place.form.read_bytes() == mine
    assert place.writes() == before
    beside.write_bytes(b"mine now")
    place.run(take=SERVER)  # the same version again: a file that is there is never overwritten
    assert beside.read_bytes() == b"mine now"
    with place.deployer() as deployer:
        assert [one.wanted.form for one in deployer.plans()] == ["survey"]  # it is no form of the workspace


def test_what_was_put_into_the_workbook_is_no_drift(place: Place) -> None:
    """Once the server's changes stand in the workbook too, nothing is left to do but to bring them to the phones."""
    edit(place, _add)
    place.run(take=SERVER)
    [beside] = (place.root / "xlsform" / "from-server").iterdir()
    shutil.copyfile(beside, place.form)
    plan = place.plan()
    assert (plan.action, plan.drift) == (REDEPLOY, ())
    versions = len(place.on_server.versions)
    asset = place.run()
    assert len(place.on_server.versions) == versions
    assert asset.deployed_version == asset.version
    assert place.plan().action == NOTHING


def test_both_changed_tells_both(place: Place) -> None:
    """Where workbook and server both changed, the plan tells what somebody did there and what the workbook would do."""
    edit(place, _add, deploy=True)
    place.form.write_bytes(small_form(*SURVEY, ("integer", "age", "How many years?")))
    plan = place.plan(take=LOCAL)
    assert [one.what for one in plan.drift] == ["there is a new question 'more'"]
    told = [(one.kind, one.what) for one in plan.changes]
    assert told == [
        ("question removed", "the question 'more' is gone"),
        ("question added", "there is a new question 'age'"),
    ]
    assert [one.what for one in plan.breaking] == ["the question 'more' is gone"]


@pytest.mark.parametrize("ending", ["/imports/", "/deployment/"])
def test_one_s_own_work_is_no_drift(place: Place, ending: str) -> None:
    """What was sent from here is known as one's own, also when the answer was lost and the workbook changed again."""
    place.form.write_bytes(small_form(*SURVEY, ("integer", "age", "How many years?")))
    lose_answer(place.server, "POST" if ending == "/imports/" else "PATCH", ending)
    with suppress(ServerBusy):
        place.run()
    assert len(place.on_server.versions) == 2
    place.form.write_bytes(small_form(*SURVEY, ("decimal", "age", "How many years?")))
    plan = place.plan()
    assert (plan.action, plan.drift) == (CHANGE, ())
    place.run()
    assert place.plan().action == NOTHING


def test_saving_without_a_change_is_no_drift(place: Place) -> None:
    """Somebody opens the form in KoboToolbox and saves it as it is: a new version there, and nothing to do here."""
    edit(place, lambda _: None)
    assert len(place.on_server.versions) == 2
    before = place.writes()
    assert place.plan().action == NOTHING
    place.run()
    assert place.writes() == before


def test_a_lost_memory_makes_no_new_version(place: Place) -> None:
    """Without versions/, the form that is on the server is known as the workbook's, and is kept anew."""
    shutil.rmtree(place.space.versions)
    plan = place.plan()
    assert (plan.action, plan.drift) == (NOTHING, ())
    asset = place.run()
    assert len(place.on_server.versions) == 1
    assert (place.space.versions / "survey" / f"{asset.deployed_version}.xlsx").read_bytes() == place.form.read_bytes()


def test_a_lost_memory_overwrites_nothing(place: Place) -> None:
    """Without versions/ nobody can tell whose change it is: it is compared with the workbook, and asked for."""
    shutil.rmtree(place.space.versions)
    place.form.write_bytes(small_form(*SURVEY, ("integer", "age", "How many years?")))
    plan = place.plan()
    assert (plan.action, plan.compared) == (DRIFT, "local")
    assert [one.what for one in plan.drift] == ["the question 'age' is gone"]
    assert "not known any more" in "\n".join(lines(plan))
    place.run(take=LOCAL)
    assert place.plan().action == NOTHING


def test_a_damaged_memory_is_as_good_as_none(place: Place) -> None:
    """Files of versions/ that cannot be read stop nothing, and nothing is overwritten because of them."""
    for path in (place.space.versions / "survey").iterdir():
        path.write_bytes(b"\x00damaged")
    assert place.plan().action == NOTHING
    place.form.write_bytes(small_form(*SURVEY, ("integer", "age", "How many years?")))
    assert (place.plan().action, place.plan().compared) == (DRIFT, "local")


def test_a_workbook_that_is_saved_again_makes_no_new_version(place: Place) -> None:
    """Other bytes that mean the same are no change; what was kept of the version stays as it was sent."""
    [kept] = (place.space.versions / "survey").glob("*.xlsx")
    sent = kept.read_bytes()
    book = load_workbook(BytesIO(sent))
    book["survey"].insert_rows(2)
    book.save(place.form)
    assert place.form.read_bytes() != sent
    before = place.writes()
    assert place.plan().action == NOTHING
    place.run()
    assert place.writes() == before
    assert kept.read_bytes() == sent


def test_metadata_added_on_the_server_is_warned_of(place: Place) -> None:
    """What phones record because somebody added it there is a warning, saying whether they do so already."""
    edit(place, _record)
    [warning] = place.plan().warnings
    assert "record deviceid, start," in warning
    assert "Phones do not record it yet" in warning
    redeploy(place)
    [warning] = place.plan().warnings
    assert "Phones record it already" in warning
    assert "--take local" in warning
    [warning] = place.plan(take=LOCAL).warnings
    assert "Sending your form takes it out again" in warning
    place.run(take=LOCAL)
    assert place.plan().warnings == ()


def test_a_file_replaced_on_the_server_is_replaced_again(place: Place) -> None:
    """Another services.csv on the server is told as such, sent again and deployed, though the form is the same."""
    uid = place.on_server.uid
    put_media(session(place.server.url, place.token), uid, "services.csv", b"name,label,locale\nX,X,X\n")
    redeploy(place)
    plan = place.plan()
    assert (plan.action, plan.media, plan.replaced) == (REDEPLOY, ("services.csv",), ("services.csv",))
    assert "services.csv: the server has another one of that name" in "\n".join(lines(plan))
    place.run()
    assert place.on_phones() == {"services.csv": SENT}
    assert place.plan().action == NOTHING


def test_a_file_deleted_on_the_server_is_sent_again(place: Place) -> None:
    """services.csv gone from the server is sent again and deployed."""
    place.on_server.files.clear()
    redeploy(place)
    assert place.on_phones() == {}
    plan = place.plan()
    assert (plan.action, plan.media, plan.replaced) == (REDEPLOY, ("services.csv",), ())
    place.run()
    assert place.on_phones() == {"services.csv": SENT}


def test_a_draft_of_that_title_from_elsewhere_is_not_taken(place: Place) -> None:
    """A draft that somebody made in KoboToolbox under the same title is hers: another form is made."""
    uid = place.on_server.uid
    place.on_server.deployment = None
    edit(place, _add)
    config = place.root / "kobo-sync.toml"
    config.write_text(config.read_text(encoding="utf-8").partition("[forms")[0], encoding="utf-8")
    assert place.plan().action == CREATE
    asset = place.run()
    assert asset.uid != uid
    assert set(place.server.world.assets) == {uid, asset.uid}


def test_a_form_that_was_forgotten_is_asked_about(place: Place) -> None:
    """When the id is no longer in the configuration, the plan warns of the form of that title that is deployed."""
    uid = place.on_server.uid
    config = place.root / "kobo-sync.toml"
    config.write_text(config.read_text(encoding="utf-8").partition("[forms")[0], encoding="utf-8")
    plan = place.plan()
    assert plan.action == CREATE
    [warning] = plan.warnings
    assert f'[forms.survey], asset = "{uid}"' in warning
    config.write_text(config.read_text(encoding="utf-8") + f'\n[forms.survey]\nasset = "{uid}"\n', encoding="utf-8")
    assert (place.plan().action, place.plan().warnings) == (NOTHING, ())


def test_breaking_changes_are_those_of_what_phones_have(place: Place) -> None:
    """Changes are told against what phones have, also while a refused version stands between."""
    sent = small_form(*SURVEY, ("note", "n", "See ${nope}"))
    place.form.write_bytes(sent)
    with pytest.raises(Exception, match="nope"):
        place.run()
    place.form.write_bytes(small_form(*SURVEY[:2], SURVEY[3]))
    plan = place.plan()
    assert plan.action == CHANGE
    assert [one.what for one in plan.changes] == ["the question 'change' is gone"]
    shutil.rmtree(place.space.versions / "survey", ignore_errors=True)
    assert [one.what for one in place.plan().changes] == ["the question 'change' is gone"]


def test_a_first_deployment_breaks_nothing(place: Place) -> None:
    """A form that was never deployed has no answers, so no change of it is called breaking."""
    place.on_server.deployment = None
    for version in place.on_server.versions:
        version.deployed = None
    place.form.write_bytes(small_form(*SURVEY[1:]))
    plan = place.plan()
    assert (plan.action, plan.breaking, plan.changes) == (CHANGE, (), ())
