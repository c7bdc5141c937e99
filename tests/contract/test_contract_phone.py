"""What a phone is answered when it sends a submission, and what becomes of it."""

from __future__ import annotations

import re
import uuid

from contract_kit import Form, Target

pytest_plugins = ["contract_fixtures"]


def test_head_tells_how_much_may_be_sent(target: Target) -> None:
    """`HEAD /submission` answers 204 with the largest size that the server takes."""
    answer = target.session.head(f"{target.collect_url}/submission")
    assert answer.status_code == 204
    assert answer.headers["X-OpenRosa-Version"] == "1.0"
    assert int(answer.headers["X-OpenRosa-Accept-Content-Length"]) > 0


def test_submission_is_stored(form: Form) -> None:
    """A submission is answered by 201 with its instance id, and is there to be read."""
    answer = form.submit({"comment": "stored", "visit": {"count": 3, "ok": "yes"}})
    assert answer.status_code == 201
    instance = answer.json()["instanceID"]
    row = form.rows(query={"_uuid": instance.removeprefix("uuid:")})[0]
    assert row["meta/instanceID"] == row["meta/rootUuid"] == instance
    assert (row["comment"], row["visit/count"], row["visit/ok"]) == ("stored", "3", "yes")
    assert row["_xform_id_string"] == form.uid
    assert row["__version__"] == form.detail()["deployed_version_id"]
    assert row["_validation_status"] == {}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", row["_submission_time"])
    assert isinstance(row["_id"], int)


def test_xml_answer_for_phones(form: Form) -> None:
    """A phone that asks for no JSON is answered in XML."""
    answer = form.target.submit(form.xml({"comment": "xml"}), accept="text/xml")
    assert answer.status_code == 201
    assert "OpenRosaResponse" in answer.text


def test_blank_answers_are_absent(form: Form) -> None:
    """Unanswered questions, groups and repeats without any answer have no key at all."""
    row = form.add({"comment": "", "visit": {"count": "", "ok": ""}, "person": [{"role": ""}]})
    assert not {"comment", "visit", "visit/count", "person", "person/role"} & row.keys()


def test_repeats_are_lists_with_whole_paths(form: Form) -> None:
    """A repeat is a list of objects whose keys are whole paths."""
    row = form.add({"person": [{"role": "peer"}, {"role": "nurse"}]})
    assert row["person"] == [{"person/role": "peer"}, {"person/role": "nurse"}]


def test_numbers_grow(form: Form) -> None:
    """`_id` is a number that grows with every new submission."""
    assert form.add({"comment": "one"})["_id"] < form.add({"comment": "two"})["_id"]


def test_exact_duplicate_is_202(form: Form) -> None:
    """The same submission sent again is 202 and stored once."""
    xml = form.xml({"comment": "twice"})
    assert form.target.submit(xml).status_code == 201
    assert form.target.submit(xml).status_code == 202
    assert len(form.ids({"comment": "twice"})) == 1


def test_same_id_with_other_answers_is_409(form: Form) -> None:
    """Other answers under the same instance id are refused, and the first ones stay."""
    instance = str(uuid.uuid4())
    form.add({"comment": "first of two"}, instance=instance)
    assert form.submit({"comment": "second of two"}, instance=instance).status_code == 409
    assert form.rows(query={"_uuid": instance})[0]["comment"] == "first of two"


def test_broken_xml_is_400(form: Form) -> None:
    """What is no XML is refused with 400."""
    assert form.target.submit("<broken").status_code == 400


def test_submission_without_instance_id_is_400(form: Form) -> None:
    """A submission without an instance id is refused with 400."""
    xml = re.sub(r"<meta>.*</meta>", "", form.xml({"comment": "nobody"}))
    assert form.target.submit(xml).status_code == 400


def test_unknown_form_is_404(target: Target) -> None:
    """A submission to a form that does not exist is refused with 404."""
    answer = target.submit(f'<x id="{uuid.uuid4().hex}"><meta><instanceID>uuid:{uuid.uuid4()}</instanceID></meta></x>')
    assert answer.status_code == 404


def test_edit_replaces_the_answers(form: Form) -> None:
    """An edit takes the place of what it deprecates: new `_uuid`, same `_id`, root, time and sender."""
    before = form.add({"comment": "before", "visit": {"count": 1}})
    new = str(uuid.uuid4())
    answer = form.submit({"comment": "after"}, instance=new, edits=before["_uuid"], root=before["_uuid"])
    assert answer.status_code == 201
    after = form.get(f"data/{before['_id']}/").json()
    assert (after["comment"], after["_uuid"]) == ("after", new)
    assert "visit/count" not in after
    assert after["meta/deprecatedID"] == before["meta/instanceID"]
    same = ("_id", "meta/rootUuid", "_submission_time", "_submitted_by")
    assert [after[key] for key in same] == [before[key] for key in same]


def test_edit_of_an_old_state_is_410(form: Form) -> None:
    """An edit of what was edited since is refused with 410."""
    first = form.add({"comment": "one"})["_uuid"]
    assert form.submit({"comment": "two"}, edits=first, root=first).status_code == 201
    assert form.submit({"comment": "three"}, edits=first, root=first).status_code == 410


def test_edit_of_nothing_is_404(form: Form) -> None:
    """An edit of a submission that never was is refused with 404."""
    assert form.submit({"comment": "nothing"}, edits=str(uuid.uuid4())).status_code == 404


def test_deleted_submission_may_come_again(form: Form) -> None:
    """A phone may send a deleted submission again: same `_uuid`, new `_id`."""
    xml = form.xml({"comment": "phoenix"})
    form.target.submit(xml)
    first = form.rows(query={"comment": "phoenix"})[0]
    assert form.send("DELETE", f"data/{first['_id']}/").status_code == 204
    assert form.target.submit(xml).status_code == 201
    again = form.rows(query={"comment": "phoenix"})[0]
    assert again["_uuid"] == first["_uuid"]
    assert again["_id"] > first["_id"]


def test_late_submission_keeps_its_version(target: Target, fresh: Form, plain: bytes) -> None:
    """A submission of an older version is taken after a new one went out, and keeps its `__version__`."""
    old = fresh.detail()["version_id"]
    late = fresh.xml({"comment": "late"})
    target.run_import(plain, destination=fresh.url)
    fresh.send("PATCH", "deployment/", {"active": True, "version_id": fresh.detail()["version_id"]})
    assert target.submit(late).status_code == 201
    assert fresh.rows()[0]["__version__"] == old


def test_attachment_comes_with_the_submission(form: Form) -> None:
    """A file sent beside the XML is listed with the submission and can be fetched."""
    assert form.target.submit(form.xml({"comment": "photo.txt"}), files={"photo.txt": b"picture"}).status_code == 201
    file = form.rows(query={"comment": "photo.txt"})[0]["_attachments"][0]
    assert file["media_file_basename"] == "photo.txt"
    assert form.target.get(file["download_url"]).content == b"picture"


def test_form_list_can_name_one_form(form: Form) -> None:
    """`formID` narrows the form list to one form."""
    text = form.target.get(f"{form.target.collect_url}/formList", accept="text/xml", formID=form.uid).text
    assert text.count("<formID>") == 1
    assert form.uid in text
