"""What phones speak: form list, form, manifest, files, and submissions (OpenRosa)."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from werkzeug.wrappers import Response

from kobo_sync.standin import records, submissions
from kobo_sync.standin.auth import must_log_in
from kobo_sync.standin.calls import OPENROSA, Call, Refusal, may, not_found, reply
from kobo_sync.standin.content import random_id
from kobo_sync.standin.state import ANONYMOUS, Asset, Attachment, Deployment, Submission, bare, fingerprint

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

_XML = "text/xml; charset=utf-8"
_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'


def _xml(body: str, status: int = HTTPStatus.OK, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, OPENROSA | (headers or {}), content_type=_XML)


def form_list(call: Call, username: str | None = None) -> Response:
    """``GET /formList``: the active forms that the caller may fill in; under a user name, those open to everybody."""
    if username is None and call.is_anonymous:
        raise must_log_in()
    wanted = call.request.args.get("formID")
    parts = []
    for asset, deployment in call.world.deployed():
        open_to_all = asset.owner.username == username and (ANONYMOUS, "add_submissions") in asset.grants
        seen = open_to_all if username else may(asset, call.user, "add_submissions")
        if seen and deployment.active and wanted in (None, asset.uid):
            parts.append(_form_entry(call, asset, deployment))
    body = "".join(parts)
    return _xml(f'{_DECLARATION}<xforms xmlns="http://openrosa.org/xforms/xformsList">{body}</xforms>')


def _form_entry(call: Call, asset: Asset, deployment: Deployment) -> str:
    title, version = escape(deployment.title), escape(deployment.version_text)
    return (
        f"<xform><formID>{asset.uid}</formID><name>{title}</name>"
        f"<majorMinorVersion>{version}</majorMinorVersion><version>{version}</version>"
        f"<hash>md5:{_md5(deployment.xform)}</hash><descriptionText>{title}</descriptionText>"
        f"<downloadUrl>{call.link(f'/forms/{deployment.number}/form.xml')}</downloadUrl>"
        f"<manifestUrl>{call.link(f'/xformsManifest/{deployment.number}')}</manifestUrl></xform>"
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _form(call: Call, number: int) -> tuple[Asset, Deployment]:
    for asset, deployment in call.world.deployed():
        if deployment.number == number and deployment.active:
            if may(asset, call.user, "add_submissions") or may(asset, call.user, "view_asset"):
                return asset, deployment
            raise must_log_in() if call.is_anonymous else not_found()
    raise not_found()


def form(call: Call, number: int) -> Response:
    """``GET /forms/{n}/form.xml``: the XForm of the last deployment."""
    return _xml(_form(call, number)[1].xform)


def manifest(call: Call, number: int) -> Response:
    """``GET /xformsManifest/{n}``: the files of the last deployment with their md5."""
    deployment = _form(call, number)[1]
    parts = []
    for place, file in deployment.media.items():
        link = call.link(f"/xformsMedia/{number}/{place}{PurePath(file.filename).suffix}")
        name = escape(file.filename)
        parts.append(
            f"<mediaFile><filename>{name}</filename><hash>{file.md5}</hash><downloadUrl>{link}</downloadUrl></mediaFile>"
        )
    body = "".join(parts)
    return _xml(f'{_DECLARATION}<manifest xmlns="http://openrosa.org/xforms/xformsManifest">{body}</manifest>')


def media(call: Call, number: int, file: str) -> Response:
    """``GET /xformsMedia/{n}/{file}``: one of those files."""
    deployment = _form(call, number)[1]
    place = PurePath(file).stem
    if not place.isdecimal() or int(place) not in deployment.media:
        raise not_found()
    found = deployment.media[int(place)]
    return Response(found.data, HTTPStatus.OK, OPENROSA, mimetype=found.mimetype)


def announce(_call: Call, **_rest: str) -> Response:
    """``HEAD /submission``: how large a submission may be."""
    response = _xml("", HTTPStatus.NO_CONTENT)
    del response.headers["Content-Type"]
    return response


def submit(call: Call, username: str | None = None) -> Response:
    """``POST /submission`` with the part ``xml_submission_file``, and others as attachments.

    201 stored, 202 an exact duplicate, 409 the id is taken by other answers, 423 the same one is in progress, 410 an
    edit of an old version, 404 no such form or nothing to edit, 403 not allowed, 405 archived, 400 not a submission.
    """
    if username is None and call.is_anonymous:
        raise must_log_in()
    text, tree, found = _read(call)
    asset, deployment = _form_of(call, tree, str(found.get("formhub/uuid", "")))
    if not may(asset, call.user, "add_submissions"):
        raise must_log_in() if call.is_anonymous else _message(HTTPStatus.FORBIDDEN, "Access denied")
    instance = bare(str(found.get("meta/instanceID", "")))
    if not instance:
        raise _message(HTTPStatus.BAD_REQUEST, "Instance ID is required")
    if not deployment.active:
        raise _message(HTTPStatus.METHOD_NOT_ALLOWED, "Form is not active")
    if fingerprint(text) in asset.by_hash:
        raise _message(HTTPStatus.ACCEPTED, "Duplicate Instance", _here(call))
    if "meta/deprecatedID" in found:
        return _stored(call, asset, _edit(call, asset, bare(str(found["meta/deprecatedID"])), text))
    if instance in asset.in_progress:
        raise _message(HTTPStatus.LOCKED, "Submission is already being processed", {"Retry-After": "5"})
    if bare(str(found.get("meta/rootUuid", instance))) in asset.by_root:
        call.world.next_id()  # the database counts on, though it stores nothing: this is how gaps come about
        raise _message(HTTPStatus.CONFLICT, "Submission with this instance ID already exists", _here(call))
    return _stored(call, asset, _store(call, asset, tree, text))


def _read(call: Call) -> tuple[str, ET.Element, dict[str, Any]]:
    upload = call.request.files.get("xml_submission_file")
    text = upload.read().decode("utf-8", "replace") if upload else ""
    if not text:
        raise _message(HTTPStatus.BAD_REQUEST, "Received empty submission. No instance was created")
    try:
        tree = submissions.parse(text)
    except submissions.BadXmlError as problem:
        raise _message(HTTPStatus.BAD_REQUEST, "Improperly formatted XML.") from problem
    return text, tree, submissions.answers(tree, ())


def _message(status: int, text: str, headers: dict[str, str] | None = None) -> Refusal:
    body = (
        "<?xml version='1.0' encoding='UTF-8' ?>\n"
        '<OpenRosaResponse xmlns="http://openrosa.org/http/response">\n'
        f'        <message nature="">{escape(text)}</message>\n</OpenRosaResponse>'
    )
    return Refusal(_xml(body, status, headers))


def _here(call: Call) -> dict[str, str]:
    return {"Location": call.request.host_url.rstrip("/") + call.request.path}


def _form_of(call: Call, tree: ET.Element, form_uuid: str) -> tuple[Asset, Deployment]:
    forms = list(call.world.deployed())
    for asset, deployment in forms:
        if form_uuid and deployment.form_uuid == form_uuid:
            return asset, deployment
    for asset, deployment in forms:
        if asset.uid == tree.get("id"):
            return asset, deployment
    raise _message(HTTPStatus.NOT_FOUND, "Form does not exist on this account")


def _edit(call: Call, asset: Asset, old: str, text: str) -> Submission:
    if old not in asset.by_uuid:
        if old in asset.past_uuids:
            raise _message(HTTPStatus.GONE, "Invalid submission - deprecatedID refers to an old version")
        raise _message(HTTPStatus.NOT_FOUND, "Invalid submission - deprecatedID not found")
    if not may(asset, call.user, "change_submissions"):
        raise _message(HTTPStatus.FORBIDDEN, "Access denied")
    changed = records.replace(call, asset, asset.submissions[asset.by_uuid[old]], text)
    _attach(call, asset, changed)
    return changed


def _store(call: Call, asset: Asset, tree: ET.Element, text: str) -> Submission:
    now = call.world.now()
    sender = None if call.is_anonymous else call.user.username
    row = records.new_row(asset, tree, number=call.world.next_id(), time=now, submitted_by=sender)
    submission = Submission(row, text, now)
    _attach(call, asset, submission)

    def commit() -> None:
        with call.world.lock:
            asset.in_progress.discard(submission.root)
            asset.put(submission)
            records.log(call, asset, "add-submission", submission)

    if call.world.uncommitted is None:
        commit()
    else:
        asset.in_progress.add(submission.root)
        call.world.uncommitted.append(commit)
    return submission


def _attach(call: Call, asset: Asset, submission: Submission) -> None:
    number = submission.row["_id"]
    for name, upload in call.request.files.items(multi=True):
        if name == "xml_submission_file":
            continue
        file = PurePath(upload.filename or name).name
        uid = random_id(22, "at")
        submission.attachments.append(Attachment(uid, file, upload.mimetype, upload.read()))
        path = f"/api/v2/assets/{asset.uid}/data/{number}/attachments/{uid}/"
        paths = [key for key, value in submission.row.items() if value == file]
        submission.row["_attachments"] = [
            *submission.row["_attachments"],
            {
                "download_url": path,
                "mimetype": upload.mimetype,
                "filename": f"{asset.owner.username}/attachments/{submission.row['_uuid']}/{file}",
                "media_file_basename": file,
                "uid": uid,
                "question_xpath": paths[0] if paths else "",
            },
        ]


def _stored(call: Call, asset: Asset, submission: Submission) -> Response:
    instance = f"uuid:{submission.row['_uuid']}"
    came, done = (f"{moment:%Y-%m-%dT%H:%M:%S.%f}+00:00" for moment in (submission.time, call.world.now()))
    text = "Successful submission."
    if call.request.accept_mimetypes.best_match(["text/xml", "application/json"]) == "application/json":
        body = {
            "message": text,
            "formid": asset.uid,
            "encrypted": "base64EncryptedKey" in submission.row,
            "instanceID": instance,
            "submissionDate": came,
            "markedAsCompleteDate": done,
        }
        return reply(body, HTTPStatus.CREATED, OPENROSA | _here(call))
    about = {"id": asset.uid, "instanceID": instance, "submissionDate": came, "markedAsCompleteDate": done}
    attributes = " ".join(f"{name}={quoteattr(value)}" for name, value in about.items())
    body_xml = (
        f'{_DECLARATION}<OpenRosaResponse xmlns="http://openrosa.org/http/response">'
        f'<message nature="">{text}</message>'
        f'<submissionMetadata xmlns="http://www.opendatakit.org/xforms" isComplete="true" {attributes} />'
        "</OpenRosaResponse>"
    )
    return _xml(body_xml, HTTPStatus.CREATED, _here(call))
