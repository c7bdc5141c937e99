"""A phone, as far as the server can tell: lists, downloads and sends forms by the OpenRosa protocol."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import requests
from requests.auth import AuthBase, HTTPDigestAuth

from kobo_sync import __version__
from kobo_sync.engine.filler import Filler
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

if TYPE_CHECKING:
    from collections.abc import Iterable
    from xml.etree.ElementTree import Element

_TIMEOUT = (10.0, 130.0)  # seconds to connect and to wait; KoboToolbox gives itself 120 s a request
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_STORED, _STORED_BEFORE = 201, 202
_BUSY = frozenset({423, 429, 502, 503, 504})
_WORDS = 300


@dataclass(frozen=True, slots=True)
class FormOnServer:
    """One form of the server's list. `hash` is "md5:…" of the form; `manifest_url` is "" when it has no media."""

    form_id: str
    name: str
    version: str
    hash: str
    download_url: str
    manifest_url: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The server's receipt: status 201 (stored) or 202 (it had this very submission already), and its words."""

    status: int
    message: str


class Phone:
    """A phone that collects for one KoboToolbox account.

    `collect_url` is what goes into KoboCollect ("https://kc.kobotoolbox.org"); either an API `token`, or `username`
    and `password` (Digest). Nothing is tried twice: sending the same submission again is safe, and is the caller's
    decision. Raises the errors of `kobo_sync.kobo.errors`, which hold neither answers nor secrets, and ConfigError for
    an address that is none or is not encrypted.
    """

    def __init__(
        self, collect_url: str, *, token: str | None = None, username: str | None = None, password: str | None = None
    ) -> None:
        self.url = _address(collect_url)
        self._http = requests.Session()
        self._http.headers.update({"X-OpenRosa-Version": "1.0", "User-Agent": f"a-gender-monitor/{__version__}"})
        self._http.auth = _OwnServerAuth(urlsplit(self.url).hostname or "", _credentials(token, username, password))

    def __repr__(self) -> str:
        return f"Phone({self.url!r})"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def form_list(self) -> tuple[FormOnServer, ...]:
        """Return the forms that this account may fill in."""
        root = _xml(self._get(f"{self.url}/formList"), "xforms", self.url)
        return tuple(
            FormOnServer(
                form_id=_of(form, "formID"),
                name=_of(form, "name"),
                version=_of(form, "version"),
                hash=_of(form, "hash"),
                download_url=urljoin(f"{self.url}/", _of(form, "downloadUrl")),
                manifest_url=urljoin(f"{self.url}/", manifest) if (manifest := _of(form, "manifestUrl")) else "",
            )
            for form in _named(root, "xform")
        )

    def download(self, form_id: str) -> tuple[str, dict[str, bytes]]:
        """Return a form and its media by file name, each checked against the md5 that the server names.

        Raises NotFound when the list does not have it.
        """
        form = next((form for form in self.form_list() if form.form_id == form_id), None)
        if form is None:
            raise NotFound(
                f"The list of forms at {self.url} does not have {form_id}. Is it deployed and not archived, and may "
                "this account add submissions to it?"
            )
        content = self._get(form.download_url)
        _check(content, form.hash, "the form")
        media: dict[str, bytes] = {}
        if form.manifest_url:
            for file in _named(_xml(self._get(form.manifest_url), "manifest", self.url), "mediaFile"):
                name = _of(file, "filename")
                media[name] = self._get(urljoin(form.manifest_url, _of(file, "downloadUrl")))
                _check(media[name], _of(file, "hash"), f"the file {name}")
        return content.decode("utf-8"), media

    def filler(self, form_id: str) -> Filler:
        """Download a form and open it; keep the result for many interviews."""
        xform, media = self.download(form_id)
        return Filler(xform, media)

    def send(self, xml: str) -> Sent:
        """Send one finished interview. Anything but a receipt (201 or 202) raises; then nothing is known to be stored.

        Sending the same submission again later is safe: the server knows it by its instanceID.
        """
        files = {"xml_submission_file": ("submission.xml", xml.encode("utf-8"), "text/xml")}
        # A redirect would turn the submission into a mere visit.
        response = self._request("POST", f"{self.url}/submission", files=files, allow_redirects=False)
        words = _words(response)
        if response.status_code in {_STORED, _STORED_BEFORE}:
            return Sent(response.status_code, words)
        raise _refusal(response.status_code, words, self.url)

    def _get(self, url: str) -> bytes:
        response = self._request("GET", _safe(url))
        _safe(response.url)  # it may have been redirected
        if response.status_code != requests.codes.ok:
            raise _error(response.status_code, _words(response), self.url)
        return response.content

    def _request(
        self,
        method: str,
        url: str,
        *,
        files: dict[str, tuple[str, bytes, str]] | None = None,
        allow_redirects: bool = True,
    ) -> requests.Response:
        try:
            return self._http.request(method, url, files=files, timeout=_TIMEOUT, allow_redirects=allow_redirects)
        except requests.exceptions.SSLError as error:
            raise Unreachable(
                f"{self.url} shows a certificate that cannot be trusted, so nothing was sent. Check the address, and "
                "that no login page of a wifi stands before it."
            ) from error
        except requests.exceptions.RequestException as error:
            raise Unreachable(
                f"{self.url} cannot be reached. Check the internet connection and the address; sending the same "
                "submission again is safe."
            ) from error


class _TokenAuth(AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Token {self._token}"
        return request


class _OwnServerAuth(AuthBase):
    """Shows the credentials to the server itself and its sisters (kf.… and kc.…), and to no other address."""

    def __init__(self, host: str, auth: AuthBase | None) -> None:
        self._host, self._auth = host, auth

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._auth is not None and _sisters(urlsplit(request.url or "").hostname or "", self._host):
            return self._auth(request)
        return request


def _sisters(one: str, other: str) -> bool:
    if one == other:
        return True
    family = [host.partition(".")[2] for host in (one, other)]
    return family[0] == family[1] and "." in family[0] and not family[0].replace(".", "").isdigit()


def _credentials(token: str | None, username: str | None, password: str | None) -> AuthBase | None:
    if token:
        return _TokenAuth(token)
    if username:
        return HTTPDigestAuth(username, password or "")
    return None


def _address(text: str) -> str:
    parts = urlsplit(text.strip() if "://" in text else f"https://{text.strip()}")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError(
            "This is not the address of a server that phones send to, such as https://kc.kobotoolbox.org."
        )
    if parts.username or parts.password:
        raise ConfigError(
            f"The address of {parts.hostname} has a user name or password in it, where others can see them. Give them "
            "apart from the address."
        )
    return _safe(f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}")


def _safe(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise ConfigError(
            f"{parts.hostname} is not asked over an encrypted connection (https), so anybody on the way could read "
            "women's answers. Write https:// instead of http://."
        )
    return url


def _xml(content: bytes, name: str, url: str) -> Element:
    """Read an answer whose outermost element must have that name; a page of the web can be good XML, too."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException  # type: ignore[import-untyped]  # ships no annotations
    from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]  # ships no annotations

    wrong = NotKobo(
        f"{url} answered with something else than a list for phones. Is it the address that goes into KoboCollect, and "
        "does no login page of a wifi stand before it?"
    )
    try:
        root: Element = fromstring(content)
    except (ParseError, DefusedXmlException) as error:
        raise wrong from error
    if root.tag.rsplit("}", 1)[-1] != name:
        raise wrong
    return root


def _named(root: Element, name: str) -> Iterable[Element]:
    return (element for element in root.iter() if element.tag.rsplit("}", 1)[-1] == name)


def _of(element: Element, name: str) -> str:
    found = next(iter(_named(element, name)), None)
    return (found.text or "").strip() if found is not None else ""


def _check(content: bytes, promised: str, what: str) -> None:
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()  # the protocol's own, against broken downloads
    if promised.removeprefix("md5:") != digest:
        raise NotKobo(
            f"The download of {what} is damaged (it does not match the server's checksum). Try again; if it stays so, "
            "deploy the form again."
        )


def _words(response: requests.Response) -> str:
    """Return what the server said in one short line, nothing of a web page."""
    kind = response.headers.get("Content-Type", "")
    if "json" in kind:
        try:
            answer = response.json()
        except requests.exceptions.JSONDecodeError:
            return ""
        said = next(
            (answer[key] for key in ("message", "detail", "error") if isinstance(answer, dict) and key in answer), ""
        )
        return _short(str(said))
    if "html" in kind:
        return ""
    try:
        return _short(_of(_xml(response.content, "OpenRosaResponse", ""), "message"))
    except NotKobo:
        return ""


def _short(text: str) -> str:
    return " ".join(text.split())[:_WORDS]


_SUBMISSION = {
    400: "The server cannot read the submission. It belongs to a form that the server does not know, or is damaged.",
    404: "The server does not have the form, or not the submission that this one replaces.",
    405: "The form is archived on the server and takes no more submissions. Deploy it again to reopen it.",
    409: "The server already has another submission with this identity (instanceID). It kept the first.",
    410: "This edits a version of the submission that has been edited meanwhile. Edit the newest one.",
    413: "The submission is too large for the server.",
}


def _refusal(status: int, words: str, url: str) -> KoboError:
    """Say why a submission was not taken."""
    if status in _SUBMISSION:
        message = f"{_SUBMISSION[status]}{_said(words)} Nothing of it was stored."
        return NotFound(message) if status == requests.codes.not_found else Refused(message, status=status, words=words)
    return _error(status, words, url)


def _error(status: int, words: str, url: str) -> KoboError:
    if status == requests.codes.unauthorized:
        return BadToken(f"{url} does not accept this phone's token or password. Check it and log in again.")
    if status == requests.codes.forbidden:
        return NotAllowed(
            f"This account may not do that at {url}.{_said(words)} Ask the owner of the form for the permission to add "
            "submissions."
        )
    if status == requests.codes.not_found:
        return NotFound(f"{url} does not have it, or does not show it to this account.{_said(words)}")
    if status in _BUSY:
        return ServerBusy(f"{url} is busy (HTTP {status}).{_said(words)} Send again later; nothing is stored twice.")
    if status < 400:  # noqa: PLR2004 -- HTTP's own border: below it stand redirects and answers that are no receipt
        return NotKobo(
            f"{url} did not answer as KoboToolbox does (HTTP {status}), so nothing was stored. Check the address, and "
            "that no login page of a wifi stands before it."
        )
    return Refused(f"{url} refused with HTTP {status}.{_said(words)}", status=status, words=words)


def _said(words: str) -> str:
    return f" It says: {words}" if words else ""
