"""The one session that all requests go through: address, token, time limits, patience, typed errors, no leaks.

Reads and polls are tried again when the server is busy or the line breaks; writes never are: a caller that is unsure
reads the state first. Nothing here prints or logs an address's query, since queries can hold answers.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests
import tenacity
from requests.auth import AuthBase

from kobo_sync import __version__
from kobo_sync.kobo.errors import (
    BadToken,
    KoboError,
    NotAllowed,
    NotDeployed,
    NotFound,
    NotKobo,
    Refused,
    ServerBusy,
    Unreachable,
)

log = logging.getLogger(__name__)

BUSY = frozenset({429, 502, 503, 504})
# Words of the server's own are shown to people, but never a page of them.
_WORDS = 300


class Secret:
    """A token that shows itself to nobody but the request that needs it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the token itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a secret is not written anywhere")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait and how often to try again. All times in seconds.

    `connect` and `read` limit one request; `attempts` and `total` limit the tries of one call; `longest` the pause
    between two tries, however long a Retry-After asks for.
    """

    connect: float = 10.0
    read: float = 130.0  # KoboToolbox gives itself 120 s a request
    attempts: int = 8
    total: float = 600.0
    first: float = 1.0
    longest: float = 120.0


class _TokenAuth(AuthBase):
    """Adds the token to requests for our own server, and to no other."""

    def __init__(self, token: Secret, host: str) -> None:
        self._token, self._host = token, host

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if urlsplit(request.url or "").netloc == self._host:
            request.headers["Authorization"] = f"Token {self._token.reveal()}"
        return request


class _Busy(Exception):
    """The answer of a server that is busy, with the pause that it asks for."""

    def __init__(self, reason: str, pause: float | None = None) -> None:
        self.reason, self.pause = reason, pause
        super().__init__(reason)


class KoboSession:
    """A session with one KoboToolbox server.

    Paths are relative to the server's address ("/api/v2/assets/"). Answers are parsed JSON. Raises the errors of
    `kobo_sync.kobo.errors`, whose messages name neither token nor query.
    """

    def __init__(
        self, url: str, token: Secret, *, patience: Patience | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.url = url.rstrip("/")
        self.patience = patience or Patience()
        self._sleep = sleep
        self._http = requests.Session()
        self._http.auth = _TokenAuth(token, urlsplit(self.url).netloc)
        self._http.headers.update({"Accept": "application/json", "User-Agent": f"a-gender-monitor/{__version__}"})

    def __repr__(self) -> str:
        return f"KoboSession({self.url!r})"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 -- JSON of any shape
        """Read; tried again while the server is busy. Values of `params` that are not str or int are sent as JSON."""
        return self._patiently(lambda: self._once("GET", path, params=_query(params)))

    def get_bytes(self, path: str) -> bytes:
        """Read a file; tried again while the server is busy."""
        answer: bytes = self._patiently(lambda: self._once("GET", path, raw=True))
        return answer

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,  # noqa: ANN401 -- JSON of any shape
        form: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> Any:  # noqa: ANN401 -- JSON of any shape
        """Write, once. `files` maps a part's name to (file name, content, content type)."""
        try:
            return self._once(method, path, body=body, form=form, files=files)
        except _Busy as busy:
            raise self._gave_up(busy) from busy.__cause__

    def _patiently(self, attempt: Callable[[], Any]) -> Any:  # noqa: ANN401 -- whatever `attempt` returns
        patience = self.patience
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Busy),
            stop=tenacity.stop_after_attempt(patience.attempts) | tenacity.stop_after_delay(patience.total),
            wait=_wait(patience),
            sleep=self._sleep,
            before_sleep=_say,
            reraise=True,
        )
        try:
            return retrying(attempt)
        except _Busy as busy:
            raise self._gave_up(busy) from busy.__cause__

    def _gave_up(self, busy: _Busy) -> KoboError:
        if busy.__cause__ is not None:
            return Unreachable(
                f"{self.url} cannot be reached ({busy.reason}). Nothing was lost. Check the internet connection and "
                "the server's address in kobo-sync.toml, then run the same command again."
            )
        return ServerBusy(
            f"{self.url} is busy or under maintenance ({busy.reason}). Nothing was lost. Run the same command again "
            "later; if it lasts for hours, look at the server's status page."
        )

    def _once(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,  # noqa: ANN401 -- JSON of any shape
        form: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        raw: bool = False,
    ) -> Any:  # noqa: ANN401 -- JSON of any shape
        try:
            response = self._http.request(
                method,
                self.url + path,
                params=params,
                json=body,
                data=form,
                files=files,
                timeout=(self.patience.connect, self.patience.read),
                allow_redirects=method == "GET",
            )
            content = response.content
        except requests.exceptions.SSLError as error:
            raise Unreachable(
                f"{self.url} shows a certificate that cannot be trusted, so nothing was sent. Check the address, and "
                "that nobody stands between (a public wifi's login page does that)."
            ) from error
        except requests.exceptions.RequestException as error:
            raise _Busy(_reason(error)) from error
        return self._read(response, content, path, raw=raw)

    def _read(self, response: requests.Response, content: bytes, path: str, *, raw: bool) -> Any:  # noqa: ANN401 -- JSON
        status = response.status_code
        if status in BUSY:
            raise _Busy(f"HTTP {status}", _retry_after(response))
        if urlsplit(response.url).netloc != urlsplit(self.url).netloc:
            raise NotKobo(
                f"{self.url} sends visitors on to another address ({urlsplit(response.url).netloc}). Put the address "
                "that you see in the browser after logging in to KoboToolbox into kobo-sync.toml as server.url."
            )
        if status >= 300:  # noqa: PLR2004 -- HTTP's own border between success and the rest
            raise self._error(response, content, path)
        if raw:
            return content
        if not content:
            return None
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError as error:
            if "json" in response.headers.get("Content-Type", ""):
                raise _Busy("an answer that was cut off") from error
            raise NotKobo(
                f"{self.url} answered with a page instead of data. Is it the address of a KoboToolbox server (such as "
                "https://kf.kobotoolbox.org), and does no login page of a wifi stand before it?"
            ) from error

    def _error(self, response: requests.Response, content: bytes, path: str) -> KoboError:
        status, words = response.status_code, server_words(content)
        match status:
            case 401:
                return BadToken(
                    f"{self.url} does not accept the API token. It may be mistyped, or have been replaced. Get the "
                    "current one in KoboToolbox under Account settings → Security, and set KOBO_API_TOKEN to it."
                )
            case 403:
                return NotAllowed(
                    f"The account of this API token may not do that ({_what(path)}). Ask the owner of the form to "
                    "share it with this account with the permission that is missing."
                )
            case 404:
                return NotFound(
                    f"KoboToolbox does not have it, or does not show it to this account ({_what(path)}). Check the "
                    "form's id in kobo-sync.toml and that the token belongs to the right account."
                )
            case 400 if "not been deployed" in words:
                return NotDeployed(
                    f"The form has not been deployed yet ({_what(path)}), so there are no answers to read. Deploy it "
                    "with: kobo-sync deploy"
                )
            case _:
                return Refused(
                    f"KoboToolbox refused with HTTP {status} ({_what(path)}): {words or 'no reason given'}",
                    status=status,
                    words=words,
                )


def server_words(content: bytes) -> str:
    """Return what the server said, short and in one line; nothing of an HTML page."""
    try:
        answer = orjson.loads(content)
    except orjson.JSONDecodeError:
        return ""
    if isinstance(answer, dict):
        for key in ("error", "detail"):
            if isinstance(answer.get(key), str):
                return " ".join(answer[key].split())[:_WORDS]
    return " ".join(json.dumps(answer, ensure_ascii=False).split())[:_WORDS]


def _what(path: str) -> str:
    """Name what was asked for, by the path alone."""
    return path.removeprefix("/api/v2").strip("/") or "/"


def _query(params: Mapping[str, Any] | None) -> dict[str, str] | None:
    if params is None:
        return None
    return {key: value if isinstance(value, str) else orjson.dumps(value).decode() for key, value in params.items()}


def _retry_after(response: requests.Response) -> float | None:
    """Read Retry-After in seconds; a date there is left to our own pauses."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None


def _wait(patience: Patience) -> Callable[[tenacity.RetryCallState], float]:
    usual = tenacity.wait_random_exponential(multiplier=patience.first, max=patience.longest)

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.pause if isinstance(error, _Busy) else None
        return usual(state) if asked is None else min(asked, patience.longest)

    return wait


def _say(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    pause = state.next_action.sleep if state.next_action else 0
    log.warning("The server is busy (%s); trying again in %.0f s.", getattr(error, "reason", "?"), pause)


def _reason(error: requests.exceptions.RequestException) -> str:
    """Say in a word why a request failed, without the address and query that requests' own texts hold."""
    match error:
        case requests.exceptions.ConnectTimeout() | requests.exceptions.ReadTimeout():
            return "no answer in time"
        case requests.exceptions.ProxyError():
            return "the proxy of this network refuses"
        case requests.exceptions.ChunkedEncodingError() | requests.exceptions.ContentDecodingError():
            return "the answer broke off"
        case requests.exceptions.TooManyRedirects():
            return "it sends visitors in circles"
        case requests.exceptions.ConnectionError() if "resolve" in str(error) or "getaddrinfo" in str(error):
            return "no such server name"
        case requests.exceptions.ConnectionError():
            return "no connection"
        case _:
            return type(error).__name__
