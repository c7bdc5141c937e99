"""Deploying a workspace: what is planned and sent, and what never leaves this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from deploy_samples import CANARIES, SENT, SERVICES, Place, made_place, own_form
from kobo_samples import Seen, session, watch, workbook
from openpyxl import load_workbook
from small_forms import ROOT

from kobo_sync.errors import ConfigError, FormError
from kobo_sync.kobo.assets import import_form
from kobo_sync.kobo.deploying import Deployer
from kobo_sync.kobo.deployment import CHANGE, CREATE, NOTHING, REDEPLOY
from kobo_sync.kobo.errors import FormRefused, NotFound, StaleVersion
from kobo_sync.kobo.session import KoboSession, Secret
from kobo_sync.setup import make_workspace
from kobo_sync.workspace import open_workspace


@pytest.fixture(autouse=True)
def _without_java(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the check by ODK Validate, a second each time, to the tests that are about it."""
    monkeypatch.setattr("kobo_sync.kobo.deploying.convert_form", lambda _: "")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with made_place(tmp_path / "space") as made:
        yield made


def test_a_new_form_is_created_deployed_and_written_down(place: Place) -> None:
    """A form that is on no server is created, deployed with its list of services, and its id kept."""
    plan = place.plan()
    assert (plan.action, plan.media) == (CREATE, ("services.csv",))
    assert plan.in_words() == "survey: create it on the server and deploy it, with services.csv"
    asset = place.run()
    assert asset.active
    assert place.space.forms == {"survey": asset.uid}
    assert "# Mine." in (place.root / "kobo-sync.toml").read_text(encoding="utf-8")
    kept = place.space.versions / "survey" / f"{asset.deployed_version}.xlsx"
    assert kept.read_bytes() == place.form.read_bytes()
    assert place.on_phones() == {"services.csv": SENT}


def test_a_second_run_has_nothing_to_do(place: Place) -> None:
    """When nothing changed, nothing is sent: no second form, no second version, no write at all."""
    place.run()
    writes = [record for record in place.server.requests if record.method != "GET"]
    plan = place.plan()
    assert (plan.action, plan.media) == (NOTHING, ())
    assert "nothing to do" in plan.in_words()
    place.run()
    assert [record for record in place.server.requests if record.method != "GET"] == writes
    assert len(place.on_server.versions) == 1


def test_one_deployer_knows_what_it_created(place: Place) -> None:
    """Planning again with the same deployer, after it created a form, does not create another."""
    with place.deployer() as deployer:
        [plan] = deployer.plans()
        deployer.carry_out(plan)
        [again] = deployer.plans()
    assert again.action == NOTHING


def test_a_changed_workbook_replaces_the_form(place: Place) -> None:
    """A changed workbook becomes a new version of the same form, deployed, and both versions are kept."""
    first = place.run()
    place.form.write_bytes(own_form("v2.xlsx"))
    plan = place.plan()
    assert (plan.action, plan.media) == (CHANGE, ())
    assert plan.in_words() == f"survey ({first.uid}): send the changed form and deploy it again"
    second = place.run()
    assert second.uid == first.uid
    assert second.deployed_version not in ("", first.deployed_version)
    kept = {path.stem: path.read_bytes() for path in (place.space.versions / "survey").glob("*.xlsx")}
    assert kept == {
        first.deployed_version: own_form("v1.xlsx"),
        second.deployed_version: own_form("v2.xlsx"),
    }
    assert place.plan().action == NOTHING


def test_a_changed_list_of_services_reaches_the_phones(place: Place) -> None:
    """A service more in services.csv is sent and deployed, without a new version of the form."""
    first = place.run()
    with (place.root / "services.csv").open("a", encoding="utf-8") as file:
        file.write("S03,Service 03,D1,,Canary,Canary,Canary\n")
    plan = place.plan()
    assert (plan.action, plan.media) == (REDEPLOY, ("services.csv",))
    assert plan.in_words() == f"survey ({first.uid}): deploy it again, with services.csv"
    place.run()
    assert place.on_phones() == {"services.csv": SENT + b"S03,Service 03,D1\n"}
    assert len(place.on_server.versions) == 1
    assert place.plan().action == NOTHING


def test_a_change_of_a_private_column_is_nobody_s_business(place: Place) -> None:
    """A new address or contact in services.csv is no reason to send anything."""
    place.run()
    text = (place.root / "services.csv").read_text(encoding="utf-8").replace("Canary Street", "Canary Road")
    (place.root / "services.csv").write_text(text, encoding="utf-8")
    assert place.plan().action == NOTHING


def test_only_code_label_and_locale_leave_this_machine(place: Place) -> None:
    """No request that the server ever gets holds a real name, an address, a contact or a type of service."""
    seen = watch(place.server)
    first = place.run()
    with (place.root / "services.csv").open("a", encoding="utf-8") as file:
        file.write("S03,Service 03,D1,clinic,Canary,Canary,canary\n")
    place.run()
    place.form.write_bytes(own_form("v2.xlsx"))
    place.run()
    assert first.uid in place.space.forms.values()
    assert _holding(seen, b"Service 03"), "the public label did travel, so that this test sees bodies"
    for canary in CANARIES:
        assert not _holding(seen, canary), canary


def _holding(seen: list[Seen], text: bytes) -> list[str]:
    """Return the requests with that text; uploaded workbooks are checked by their readable parts alone."""
    return [f"{one.method} {one.path}" for one in seen if text in one.everything.partition(b"PK\x03\x04")[0]]


def test_no_request_uses_the_format_parameter(place: Place) -> None:
    """No request asks by ?format=, which would spoil the links that the server generates."""
    place.run()
    assert not [record for record in place.server.requests if "format=" in record.query]


def test_a_form_that_somebody_changed_since_the_plan_is_left_alone(place: Place) -> None:
    """Between the plan and the yes, somebody changes the form in KoboToolbox: nothing of hers is overwritten."""
    first = place.run()
    place.form.write_bytes(own_form("v2.xlsx"))
    with place.deployer() as deployer:
        [plan] = deployer.plans()
        hers = workbook(("text", "hers", "Hers"))
        import_form(session(place.server.url, place.token), "hers.xlsx", hers, replace=first.uid)
        versions = [version.uid for version in place.on_server.versions]
        with pytest.raises(StaleVersion, match="nothing was deployed"):
            deployer.carry_out(plan)
    assert [version.uid for version in place.on_server.versions] == versions
    assert place.on_server.deployed_versions[0].uid == first.deployed_version


def test_an_archived_form_is_said_to_be_opened_again(place: Place) -> None:
    """A form that was archived in KoboToolbox: the plan says that deploying opens it for answers again."""
    asset = place.run()
    session(place.server.url, place.token).send(
        "PATCH", f"/api/v2/assets/{asset.uid}/deployment/", body={"active": False}
    )
    plan = place.plan()
    assert plan.action == REDEPLOY
    assert "opens it for answers again" in plan.in_words()
    assert place.run().active


def test_a_form_that_was_deleted_on_the_server_is_told(place: Place) -> None:
    """A form whose id is in the configuration and that is gone from the server is not silently made anew."""
    asset = place.run()
    del place.server.world.assets[asset.uid]
    with pytest.raises(NotFound, match=r"kobo-sync\.toml"):
        place.plan()


def test_a_form_that_is_refused_can_be_mended_and_sent_again(place: Place) -> None:
    """A form refused at deployment stays a draft; once mended, the next run deploys it as the same form."""
    bad = workbook(("select_one_from_file services.csv", "s", "Service"), ("note", "n", "See ${nope}"))
    place.form.write_bytes(bad)
    with pytest.raises(FormRefused, match="nope"):
        place.run()
    uid = place.space.forms["survey"]
    place.form.write_bytes(own_form("v1.xlsx"))
    assert place.run().uid == uid
    assert place.on_server.uid == uid


def test_a_bad_workbook_is_refused_before_anything_is_sent(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What phones could not open is refused here, by name, with not one request to the server."""
    monkeypatch.undo()
    place.form.write_bytes(workbook(("text", "a", "A"), ("note", "n", "See ${nope}")))
    with place.deployer() as deployer, pytest.raises(FormError, match=r"survey\.xlsx.*nope"):
        deployer.plans()
    assert place.server.requests == ()


def test_a_form_without_services_needs_no_list(place: Place) -> None:
    """A form that asks for no file is deployed without one, whether services.csv is there or not."""
    (place.root / "services.csv").unlink()
    place.form.write_bytes(workbook(("text", "a", "A")))
    assert place.plan().media == ()
    assert place.run().active


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "is missing"), ("code,label,locale\n", "lists no service"), ("code,label\nS1,x\n", "locale is missing")],
)
def test_a_form_that_needs_services_says_what_is_wrong_with_the_list(
    place: Place, content: str | None, words: str
) -> None:
    """A missing, empty or wrong services.csv stops before anything is sent."""
    if content is None:
        (place.root / "services.csv").unlink()
    else:
        (place.root / "services.csv").write_text(content, encoding="utf-8")
    with place.deployer() as deployer, pytest.raises(ConfigError, match=words):
        deployer.plans()
    assert place.server.requests == ()


def test_services_csv_in_any_spelling_is_the_private_list(place: Place) -> None:
    """A form that asks for Services.csv gets the public columns too, never the file beside it as it is."""
    place.form.write_bytes(workbook(("select_one_from_file Services.csv", "s", "Service")))
    (place.root / "xlsform" / "Services.csv").write_text(SERVICES, encoding="utf-8")
    assert place.plan().wanted.media == {"Services.csv": SENT}


def test_other_files_lie_beside_the_form(place: Place) -> None:
    """A form's other lists are sent too; a missing one is named with where to put it."""
    place.form.write_bytes(workbook(("select_one_from_file towns.csv", "s", "Town"), ("csv-external", "areas", "")))
    with place.deployer() as deployer, pytest.raises(ConfigError, match=r"areas\.csv.*beside the form"):
        deployer.plans()
    (place.root / "xlsform" / "areas.csv").write_bytes(b"name,label\nA,A\n")
    (place.root / "xlsform" / "towns.csv").write_bytes(b"name,label\nT,T\n")
    assert place.plan().wanted.media == {"areas.csv": b"name,label\nA,A\n", "towns.csv": b"name,label\nT,T\n"}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("contacts.csv", "name,label,phone\nA,Anna,Canary 5550\n", "'phone'"),
        ("Contacts.CSV", "NAME;LABEL;Real_Name\nA;Anna;Canary\n", "'Real_Name'"),
        ("contacts.csv", "name,label\nA,Anna,Canary\n", "no column's name"),
        ("places.geojson", '{"Canary": []}', "no CSV file"),
    ],
)
def test_no_list_takes_private_columns_along(place: Place, name: str, content: str, words: str) -> None:
    """A list of any name with more columns than name, label and locale is refused, and nothing is sent."""
    place.form.write_bytes(workbook((f"select_one_from_file {name}", "s", "Who helps?")))
    (place.root / "xlsform" / name).write_text(content, encoding="utf-8")
    with place.deployer() as deployer, pytest.raises((ConfigError, FormError), match=words) as told:
        deployer.plans()
    assert place.server.requests == ()
    assert "Canary" not in str(told.value)


@pytest.mark.parametrize("name", ["../secret.csv", "sub/towns.csv", "/etc/hosts.csv"])
def test_a_form_cannot_ask_for_files_from_elsewhere(place: Place, name: str) -> None:
    """A path in a form never makes the program send a file from outside the forms' folder."""
    (place.root / "secret.csv").write_text("name,label\nx,secret\n", encoding="utf-8")
    place.form.write_bytes(workbook((f"select_one_from_file {name}", "s", "Town")))
    with place.deployer() as deployer, pytest.raises((ConfigError, FormError)):
        deployer.plans()
    assert place.server.requests == ()


@pytest.mark.parametrize("name", ["survey (1)", "my survey", "ankéta", "a" * 65])
def test_a_workbook_whose_name_cannot_be_written_down_is_refused(place: Place, name: str) -> None:
    """A copy such as “survey (1).xlsx” is not deployed by mistake, nor breaks the configuration."""
    (place.root / "xlsform" / f"{name}.xlsx").write_bytes(place.form.read_bytes())
    with pytest.raises(ConfigError, match="letters, digits"):
        place.deployer()
    with place.deployer("survey") as deployer:
        assert [plan.wanted.form for plan in deployer.plans()] == ["survey"]


def test_excel_s_lock_files_are_no_forms(place: Place) -> None:
    """While a form is open in Excel, the lock file beside it is not taken for another form."""
    (place.root / "xlsform" / "~$survey.xlsx").write_bytes(b"lock")
    assert place.plan().wanted.form == "survey"


def test_an_unknown_form_is_named_with_those_that_there_are(place: Place) -> None:
    """A mistyped form's name is told with the names that there are."""
    with pytest.raises(ConfigError, match=r"no nothing\.xlsx.*survey"):
        place.deployer("nothing")


def test_a_workspace_without_forms_is_told(place: Place) -> None:
    """A workspace without any workbook has nothing to deploy, and says so."""
    place.form.unlink()
    with pytest.raises(ConfigError, match="no form"):
        place.deployer()


def test_the_account_is_told(place: Place) -> None:
    """Before anything is done, it can be said as whom."""
    with place.deployer() as deployer:
        assert deployer.account == "owner1"


def test_the_token_comes_from_the_environment(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a session of its own, the deployer opens one with the workspace's server and the token that is set."""
    monkeypatch.setenv("KOBO_API_TOKEN", place.token)
    with Deployer(place.space) as deployer:
        assert deployer.account == "owner1"
        assert place.token not in repr(vars(deployer))


def test_draft_translations_are_named_before_anything_is_sent(tmp_path: Path) -> None:
    """Deploying says which of the form's languages nobody of the community has reviewed yet, and only those."""
    space = tmp_path / "space"
    make_workspace(space, "https://kf.example.org")
    framework = space / "xlsform" / "framework.yaml"
    deployer = Deployer(open_workspace(space), session=KoboSession("https://kf.example.org", Secret("token")))
    drafts = deployer.drafts
    assert drafts
    assert all("English" not in name for name in drafts)
    text = framework.read_text(encoding="utf-8")
    reviewed = 'status: reviewed, reviewed_by: "A network", reviewed_on: "2026-11-01"'
    framework.write_text(
        text.replace("status: draft, reviewed_by: null, reviewed_on: null", reviewed, 1), encoding="utf-8"
    )
    assert deployer.drafts == drafts[1:]
    framework.unlink()
    assert deployer.drafts == ()


def test_a_form_that_records_the_device_is_not_deployed(place: Place) -> None:
    """A form from elsewhere that asks for metadata, a day or a name is stopped with the codes, before anything."""
    rows = (("deviceid", "device", ""), ("date", "day", "Which day?"), ("text", "who", "What is your name?"))
    place.form.write_bytes(workbook(*rows))
    with place.deployer() as deployer, pytest.raises(FormError, match=r"F501 survey\.xlsx.*F502.*F503") as told:
        deployer.plans()
    assert told.value.exit_code == 2
    assert "kobo-sync check" in str(told.value)
    assert place.server.requests == ()


def test_a_form_from_elsewhere_need_not_be_of_the_instrument(place: Place) -> None:
    """A form that the framework does not know may lack consent, scores and translations, and is deployed."""
    for file in ("framework.yaml", "client_interview.xlsx"):
        (place.root / "xlsform" / file).write_bytes((ROOT / "xlsform" / file).read_bytes())
    place.form.write_bytes(workbook(("text", "a", "What should change?")))
    with place.deployer("survey") as deployer:
        assert [plan.wanted.form for plan in deployer.plans()] == ["survey"]


def test_a_form_of_the_instrument_is_deployed_without_errors_only(tmp_path: Path) -> None:
    """Any error of the checks stops a form of the instrument, one that only concerns scores or a translation too."""
    with made_place(tmp_path / "space") as place:
        for file in ("framework.yaml", "site_observation.xlsx"):
            (place.root / "xlsform" / file).write_bytes((ROOT / "xlsform" / file).read_bytes())
        for file in ("services.csv", "locales.csv", "referrals.csv"):
            (place.root / file).write_bytes((ROOT / "xlsform" / file).read_bytes())
        path = place.root / "xlsform" / "site_observation.xlsx"
        with place.deployer("site_observation") as deployer:
            assert [plan.wanted.form for plan in deployer.plans()] == ["site_observation"]
        before = place.server.requests
        book = load_workbook(path)
        book["survey"]["H6"] = None
        book.save(path)
        with place.deployer("site_observation") as deployer, pytest.raises(FormError, match=r"F101 .*row 6"):
            deployer.plans()
        assert place.server.requests == before
