"""How a form comes to the phones: deployment, versions, archive, files, permissions."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from contract_kit import CHOICES, SURVEY, Form, Target, workbook

pytest_plugins = ["contract_fixtures"]

XF = "{http://www.w3.org/2002/xforms}"
HEAD = ["type", "name", "label"]
CHOICE_HEAD = ["list_name", "name", "label"]


def test_data_of_a_draft_is_400(draft: Form) -> None:
    """The data of a form that was never deployed is refused with 400."""
    answer = draft.get("data/")
    assert (answer.status_code, answer.json()) == (400, {"detail": "The specified asset has not been deployed"})


def test_deployment_shows_in_the_form(target: Target, plain: bytes) -> None:
    """After deployment the form is `deployed`, and its deployed version is the newest."""
    with target.form(plain) as form:
        assert form.detail()["deployment_status"] == "draft"
        form.deploy()
        now = form.detail()
    assert (now["deployment_status"], now["has_deployment"], now["deployment__active"]) == ("deployed", True, True)
    assert now["deployed_version_id"] == now["version_id"]
    assert [version["uid"] for version in now["deployed_versions"]["results"]] == [now["version_id"]]


def test_second_post_is_405(form: Form) -> None:
    """A form is deployed by POST once; from then on by PATCH."""
    assert form.deploy().status_code == 405


def test_stale_version_is_500_and_changes_nothing(target: Target, fresh: Form, plain: bytes) -> None:
    """A redeployment that names an older version answers 500, and phones keep what they had."""
    old = fresh.detail()["version_id"]
    target.run_import(plain, destination=fresh.url)
    answer = fresh.send("PATCH", "deployment/", {"active": True, "version_id": old})
    assert answer.status_code == 500
    now = fresh.detail()
    assert now["deployed_version_id"] == old
    assert now["version_id"] != old


def test_redeployment_puts_the_new_version_out(target: Target, fresh: Form) -> None:
    """A redeployment that names the newest version puts it out; earlier versions stay in the list."""
    old = fresh.detail()["version_id"]
    target.run_import(workbook([*SURVEY, ["text", "more", "More", ""]], CHOICES), destination=fresh.url)
    new = fresh.detail()["version_id"]
    assert fresh.xform().find(f".//{XF}instance/*/{XF}more") is None
    answer = fresh.send("PATCH", "deployment/", {"active": True, "version_id": new})
    assert (answer.status_code, answer.json()["version_id"]) == (200, new)
    assert [version["uid"] for version in fresh.detail()["deployed_versions"]["results"]] == [new, old]
    assert fresh.xform().find(f".//{XF}instance/*/{XF}more") is not None


def test_active_alone_redeploys_nothing(target: Target, fresh: Form, plain: bytes) -> None:
    """`{"active": true}` without a version only ends the archive; the newest version does not go out."""
    old = fresh.detail()["version_id"]
    target.run_import(plain, destination=fresh.url)
    assert fresh.send("PATCH", "deployment/", {"active": True}).status_code == 200
    assert fresh.detail()["deployed_version_id"] == old


def test_archive_refuses_submissions_and_keeps_the_data(fresh: Form) -> None:
    """An archived form takes no submission (405), its data stay readable; un-archived, it takes them again."""
    fresh.add({"comment": "before"})
    fresh_xml = fresh.xml({"comment": "late"})
    assert fresh.send("PATCH", "deployment/", {"active": False}).json()["active"] is False
    assert fresh.detail()["deployment_status"] == "archived"
    assert fresh.target.submit(fresh_xml).status_code == 405
    assert [row["comment"] for row in fresh.rows()] == ["before"]
    assert fresh.send("PATCH", "deployment/", {"active": True}).json()["active"] is True
    assert fresh.target.submit(fresh_xml).status_code == 201


@pytest.mark.parametrize(
    "data",
    [
        workbook([HEAD, ["select_one nowhere", "a", "A"]]),
        workbook([[*HEAD, "relevant"], ["text", "a", "A", "${nope} = 1"]]),
        workbook([HEAD, ["text", "a", ""]]),
        workbook(
            [HEAD, ["select_one l", "a", "A"]],
            [CHOICE_HEAD, ["l", "y", "Y"], ["l", "y", "Z"]],
        ),
        workbook([[*HEAD, "calculation"], ["integer", "a", "A", ""], ["calculate", "b", "", "if(${a} > 1"]]),
    ],
    ids=["no choice list", "unknown reference", "no label", "same choice twice", "broken formula"],
)
def test_faults_that_only_deployment_finds(target: Target, data: bytes) -> None:
    """Some faults pass the import; deployment refuses them with 400 and `error`, and the form stays a draft."""
    with target.form(data) as form:
        answer = form.deploy()
        assert answer.status_code == 400
        assert answer.json()["error"]
        assert form.detail()["deployment_status"] == "draft"


def test_phone_form_carries_id_and_version(form: Form) -> None:
    """The XForm's id is the form's uid, its version is the server's, `__version__` is the version's uid."""
    xform, now = form.xform(), form.detail()
    instance = xform.find(f".//{XF}instance/*")
    assert instance is not None
    assert instance.get("id") == form.uid
    assert str(instance.get("version")).startswith("1 (")
    binds = {bind.get("nodeset"): bind.get("calculate") for bind in xform.iter(f"{XF}bind")}
    assert binds[f"/{form.uid}/__version__"] == f"'{now['version_id']}'"
    assert binds[f"/{form.uid}/formhub/uuid"] == f"'{now['deployment__uuid']}'"
    assert binds[f"/{form.uid}/tool"] == "'1'"


def _upload(form: Form, content: bytes, **changes: Any) -> Any:
    fields = {"file_type": "form_media", "description": "list", "metadata": json.dumps({"filename": "list.csv"})}
    fields |= changes
    return form.target.session.post(
        f"{form.url}files/",
        data={key: value for key, value in fields.items() if value is not None},
        files={"content": ("list.csv", content, "text/csv")},
    )


def test_file_carries_the_md5_of_its_content(draft: Form) -> None:
    """`metadata.hash` is `md5:` and the content's md5, so that an unchanged file need not be sent again."""
    entry = _upload(draft, b"name,label\nx,X\n").json()
    assert entry["metadata"]["hash"] == "md5:" + hashlib.md5(b"name,label\nx,X\n").hexdigest()  # noqa: S324  # the server's choice
    assert entry["metadata"]["filename"] == "list.csv"
    assert [file["uid"] for file in draft.get("files/").json()["results"]] == [entry["uid"]]


def test_same_file_name_is_400(draft: Form) -> None:
    """A second file of the same name is refused; replacing means deleting and sending again."""
    first = _upload(draft, b"one").json()
    answer = _upload(draft, b"two")
    assert (answer.status_code, answer.json()) == (400, {"content": ["File already exists"]})
    assert draft.send("DELETE", f"files/{first['uid']}/").status_code == 204
    assert _upload(draft, b"two").status_code == 201


def test_file_without_metadata_is_500(draft: Form) -> None:
    """A file sent without `metadata` breaks the request: 500."""
    assert _upload(draft, b"one", metadata=None).status_code == 500


def test_file_without_description_is_400(draft: Form) -> None:
    """A file needs a description."""
    answer = _upload(draft, b"one", description=None)
    assert answer.status_code == 400
    assert "description" in answer.json()


def test_files_reach_phones_at_the_next_deployment(fresh: Form) -> None:
    """Nothing of a new, replaced or deleted file reaches the phones until the form is deployed again."""
    first = _upload(fresh, b"one").json()
    assert _manifest(fresh) == {}
    _redeploy(fresh)
    assert _manifest(fresh) == {"list.csv": (first["metadata"]["hash"], b"one")}
    fresh.send("DELETE", f"files/{first['uid']}/")
    second = _upload(fresh, b"two").json()
    assert _manifest(fresh) == {"list.csv": (first["metadata"]["hash"], b"one")}
    _redeploy(fresh)
    assert _manifest(fresh) == {"list.csv": (second["metadata"]["hash"], b"two")}


def _redeploy(form: Form) -> None:
    body = {"active": True, "version_id": form.detail()["version_id"]}
    assert form.send("PATCH", "deployment/", body).status_code == 200


def _manifest(form: Form) -> dict[str, tuple[str, bytes]]:
    """Read the phone's list of files: their names, hashes and contents."""
    spaces = {"m": "http://openrosa.org/xforms/xformsManifest"}
    found = {}
    for file in ET.fromstring(form.phone_entry("manifestUrl").text):
        content = form.target.get(file.findtext("m:downloadUrl", "", spaces)).content
        found[file.findtext("m:filename", "", spaces)] = (file.findtext("m:hash", "", spaces), content)
    return found


def test_bare_names_are_no_permission(target: Target, draft: Form) -> None:
    """Permissions are given by the addresses of account and permission; bare names are refused for both."""
    name = target.get(f"{target.url}/me/").json()["username"]
    answer = draft.send("POST", "permission-assignments/", {"user": name, "permission": "view_submissions"})
    assert answer.status_code == 400
    refused = ["Invalid hyperlink - No URL match."]
    assert answer.json() == {"user": refused, "permission": refused}


def test_owner_holds_every_permission(target: Target, draft: Form) -> None:
    """Whoever imports a form may do everything with it."""
    name = target.get(f"{target.url}/me/").json()["username"]
    held = {entry["permission"].split("/")[-2] for entry in draft.get("permission-assignments/").json()}
    assert held == {
        *("view_asset", "change_asset", "manage_asset"),
        *(f"{verb}_submissions" for verb in ("add", "view", "change", "delete", "validate")),
    }
    assert all(entry["user"].endswith(f"/{name}/") for entry in draft.get("permission-assignments/").json())
