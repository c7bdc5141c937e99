"""The phone's side of OpenRosa, call by call."""

from __future__ import annotations

import hashlib
import traceback

import pytest
import requests
import responses
from engine_forms import INTERVIEW, SERVICES, xform

from kobo_sync.engine import FormOnServer, Phone, Sent
from kobo_sync.errors import ConfigError
from kobo_sync.kobo.errors import (
    BadToken,
    KoboError,
    NotAllowed,
    NotFound,
    NotKobo,
    Refused,
    ServerBusy,
    Unreachable,
)

URL = "https://kc.kobo.test"
TOKEN = "0123456789abcdef-secret"
XML = "<f><meta><instanceID>uuid:1</instanceID></meta></f>"


def md5(content: bytes) -> str:
    return f"md5:{hashlib.md5(content, usedforsecurity=False).hexdigest()}"


FORM = xform(INTERVIEW).encode()
MANIFEST = """<?xml version="1.0" encoding="utf-8"?>
<manifest xmlns="http://openrosa.org/xforms/xformsManifest"><mediaFile><filename>services.csv</filename>
<hash>{hash}</hash><downloadUrl>https://kc.kobo.test/xformsMedia/14/10.csv</downloadUrl></mediaFile></manifest>"""


def form_list(
    *, hash_: str = "", manifest: str = f"{URL}/xformsManifest/14", url: str = f"{URL}/forms/14/form.xml"
) -> str:
    return f"""<?xml version="1.0" encoding="utf-8"?>
<xforms xmlns="http://openrosa.org/xforms/xformsList"><xform><formID>aForm</formID><name>Häuser &amp; Höfe</name>
<version>1 (2026)</version><hash>{hash_ or md5(FORM)}</hash><descriptionText>x</descriptionText>
<downloadUrl>{url}</downloadUrl><manifestUrl>{manifest}</manifestUrl></xform></xforms>"""


def said(words: str) -> str:
    return (
        "<?xml version='1.0' encoding='UTF-8' ?>\n<OpenRosaResponse xmlns=\"http://openrosa.org/http/response\">\n"
        f'        <message nature="">{words}</message>\n</OpenRosaResponse>'
    )


@pytest.fixture
def phone() -> Phone:
    return Phone(f"{URL}/", token=TOKEN)


@responses.activate
def test_the_list_of_forms_is_read(phone: Phone) -> None:
    """The list names each form with what is needed to download it, and is asked for with the token."""
    responses.get(f"{URL}/formList", form_list(), content_type="text/xml")
    assert phone.form_list() == (
        FormOnServer(
            form_id="aForm",
            name="Häuser & Höfe",
            version="1 (2026)",
            hash=md5(FORM),
            download_url=f"{URL}/forms/14/form.xml",
            manifest_url=f"{URL}/xformsManifest/14",
        ),
    )
    asked = responses.calls[0].request.headers
    assert asked["Authorization"] == f"Token {TOKEN}"
    assert asked["X-OpenRosa-Version"] == "1.0"


@responses.activate
def test_a_form_and_its_files_are_downloaded_and_checked(phone: Phone) -> None:
    """A download gives the form and its files by name, and opens as a form that can be filled in."""
    responses.get(f"{URL}/formList", form_list(), content_type="text/xml")
    responses.get(f"{URL}/forms/14/form.xml", FORM)
    responses.get(f"{URL}/xformsManifest/14", MANIFEST.format(hash=md5(SERVICES["services.csv"])))
    responses.get(f"{URL}/xformsMedia/14/10.csv", SERVICES["services.csv"])
    assert phone.download("aForm") == (FORM.decode(), SERVICES)
    assert "S02" in phone.filler("aForm").fill({"consent": "yes", "service": "S02"}).xml


@responses.activate
@pytest.mark.parametrize(("form_hash", "file_hash"), [("md5:00", md5(SERVICES["services.csv"])), (md5(FORM), "md5:00")])
def test_a_damaged_download_is_refused(phone: Phone, form_hash: str, file_hash: str) -> None:
    """A form or a file that does not match the server's checksum is not used."""
    responses.get(f"{URL}/formList", form_list(hash_=form_hash), content_type="text/xml")
    responses.get(f"{URL}/forms/14/form.xml", FORM)
    responses.get(f"{URL}/xformsManifest/14", MANIFEST.format(hash=file_hash))
    responses.get(f"{URL}/xformsMedia/14/10.csv", SERVICES["services.csv"])
    with pytest.raises(NotKobo, match="damaged"):
        phone.download("aForm")


@responses.activate
def test_a_form_without_files_needs_no_manifest(phone: Phone) -> None:
    """A form whose entry names no manifest has no files."""
    responses.get(f"{URL}/formList", form_list(manifest=""), content_type="text/xml")
    responses.get(f"{URL}/forms/14/form.xml", FORM)
    assert phone.download("aForm") == (FORM.decode(), {})


@responses.activate
def test_a_form_that_is_not_on_the_list_is_named(phone: Phone) -> None:
    """Asking for a form that is not there says so, with what may be the reason."""
    responses.get(f"{URL}/formList", form_list(), content_type="text/xml")
    with pytest.raises(NotFound, match="another_form"):
        phone.download("another_form")


@responses.activate
def test_a_submission_is_sent_as_phones_do(phone: Phone) -> None:
    """A submission goes as the file xml_submission_file, and a receipt is 201 the first time, 202 the second."""
    responses.post(f"{URL}/submission", json={"message": "Successful submission."}, status=201)
    responses.post(f"{URL}/submission", said("Duplicate Instance"), status=202, content_type="text/xml")
    assert phone.send(XML) == Sent(201, "Successful submission.")
    assert phone.send(XML) == Sent(202, "Duplicate Instance")
    body = responses.calls[0].request.body
    assert isinstance(body, bytes)
    assert b'name="xml_submission_file"; filename="submission.xml"' in body
    assert XML.encode() in body


@responses.activate
@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (400, Refused, "cannot read"),
        (401, BadToken, "token or password"),
        (403, NotAllowed, "permission"),
        (404, NotFound, "does not have the form"),
        (405, Refused, "archived"),
        (409, Refused, "another submission with this identity"),
        (410, Refused, "Edit the newest one"),
        (413, Refused, "too large"),
        (418, Refused, "HTTP 418"),
        (423, ServerBusy, "later"),
        (429, ServerBusy, "later"),
        (500, Refused, "HTTP 500"),
        (502, ServerBusy, "later"),
        (503, ServerBusy, "later"),
        (504, ServerBusy, "later"),
        (200, NotKobo, "nothing was stored"),
        (302, NotKobo, "nothing was stored"),
    ],
)
def test_anything_but_a_receipt_is_an_error_that_says_what_to_do(
    phone: Phone, status: int, error: type[KoboError], words: str
) -> None:
    """Every answer but a receipt is an error of its kind, with the server's words, exit code 3 and no secret in it."""
    headers = {"Location": "https://login.example.test/"} if status == 302 else {}
    responses.post(f"{URL}/submission", said("Oh no"), status=status, content_type="text/xml", headers=headers)
    with pytest.raises(error, match=words) as caught:
        phone.send(XML)
    assert caught.value.exit_code == 3
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    if status not in {200, 302, 401}:
        assert "Oh no" in str(caught.value)
    assert len(responses.calls) == 1


@responses.activate
def test_a_login_page_is_not_taken_for_a_server(phone: Phone) -> None:
    """Where a wifi's login page answers, neither a list nor a receipt is believed, and none of the page is shown."""
    page = "<html><body>Welcome to the cafe</body></html>"
    responses.get(f"{URL}/formList", page, content_type="text/html")
    responses.post(f"{URL}/submission", page, content_type="text/html")
    for ask in (phone.form_list, lambda: phone.send(XML)):
        with pytest.raises(NotKobo, match="login page") as caught:
            ask()
        assert "cafe" not in str(caught.value)


@responses.activate
@pytest.mark.parametrize(
    "problem",
    [requests.ConnectionError("x?query"), requests.ReadTimeout("x?query"), requests.exceptions.SSLError("x?query")],
)
def test_a_server_that_cannot_be_reached_is_told(phone: Phone, problem: Exception) -> None:
    """Without a connection, an answer in time or a certificate to trust, the message names the server and no query."""
    responses.post(f"{URL}/submission", body=problem)
    with pytest.raises(Unreachable, match=r"kc\.kobo\.test") as caught:
        phone.send(XML)
    assert "query" not in str(caught.value)


@responses.activate
def test_the_token_goes_to_the_server_and_its_sisters_only() -> None:
    """The token is shown to kc. and kf. of one server, and not to another address that a list names."""
    phone = Phone("https://kc.kobo.org", token=TOKEN)
    for host, shown in (("kf.kobo.org", True), ("files.elsewhere.test", False), ("kc.evil.org", False)):
        responses.get("https://kc.kobo.org/formList", form_list(url=f"https://{host}/form.xml", manifest=""))
        responses.get(f"https://{host}/form.xml", FORM)
        phone.download("aForm")
        assert ("Authorization" in responses.calls[-1].request.headers) == shown
        responses.reset()


@responses.activate
def test_a_download_without_encryption_is_refused(phone: Phone) -> None:
    """A list that points to plain http is not followed, since the token and the form would travel in the open."""
    responses.get(f"{URL}/formList", form_list(url="http://kc.kobo.test/form.xml"))
    with pytest.raises(ConfigError, match="https"):
        phone.download("aForm")
    assert len(responses.calls) == 1


@pytest.mark.parametrize(
    "address", ["http://kc.kobo.org", "ftp://kc.kobo.org", "", "https://", "https://me:pw@kc.kobo.org"]
)
def test_an_address_that_is_unsafe_or_none_is_refused(address: str) -> None:
    """Plain http, no address at all, or a password inside it is refused, and a password is not repeated."""
    with pytest.raises(ConfigError) as caught:
        Phone(address, token=TOKEN)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("kc.kobo.org", "https://kc.kobo.org"),
        (" https://kc.kobo.org/ ", "https://kc.kobo.org"),
        ("https://kobo.org/kc/", "https://kobo.org/kc"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_addresses_are_taken_as_people_type_them(address: str, url: str) -> None:
    """A missing https://, a slash at the end and spaces around an address do no harm; this computer needs no https."""
    assert Phone(address).url == url


def test_a_phone_shows_no_secret() -> None:
    """Neither repr nor the attributes that tools print show the token or the password."""
    for phone in (Phone(URL, token=TOKEN), Phone(URL, username="someone", password=TOKEN)):
        assert repr(phone) == "Phone('https://kc.kobo.test')"
        assert TOKEN not in str(vars(phone))
        assert TOKEN not in str(vars(phone._http))


@responses.activate
def test_a_password_is_shown_only_when_asked_for_and_never_in_the_open() -> None:
    """With user name and password the phone logs in by Digest, which does not send the password."""
    challenge = {"WWW-Authenticate": 'Digest realm="kobo", nonce="abc", qop="auth", algorithm="MD5"'}
    responses.get(f"{URL}/formList", status=401, headers=challenge)
    responses.get(f"{URL}/formList", form_list())
    phone = Phone(URL, username="someone", password="open sesame")
    assert len(phone.form_list()) == 1
    shown = responses.calls[-1].request.headers["Authorization"]
    assert shown.startswith("Digest ")
    assert "sesame" not in shown
