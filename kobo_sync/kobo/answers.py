"""What an answer, or the lack of one, means: requests' and the server's troubles in the words that people read.

No text made here holds an address's query, a token, or a page of the server's; what requests itself says is never
passed on, since it quotes whole addresses.
"""

from __future__ import annotations

import email.utils
import json
import ssl
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus, urlsplit

import orjson
import requests
from requests.exceptions import (
    ChunkedEncodingError,
    ConnectTimeout,
    ContentDecodingError,
    ProxyError,
    RequestException,
    SSLError,
    Timeout,
    TooManyRedirects,
)

from kobo_sync.kobo.errors import BadToken, KoboError, NotAllowed, NotDeployed, NotFound, NotKobo, Refused, Unreachable

# Words of the server's own are shown to people, but never a page of them.
_WORDS = 300
_SHORT = 8  # a query's value below this is a page size or a start: nothing to hide, and it would spoil other words


class Busy(Exception):
    """The server is busy, or the way to it broke; raised within this package only.

    `reason` is a few words for a person; `pause` what the server asks to wait, in seconds; `broken` whether there was
    no whole answer; `unsent` whether what was to be written surely changed nothing.
    """

    def __init__(self, reason: str, *, pause: float | None = None, broken: bool = False, unsent: bool = False) -> None:
        self.reason, self.pause, self.broken, self.unsent = reason, pause, broken, unsent
        super().__init__(reason)


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of an address, in one spelling. Raises ValueError when it is none."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def trouble(url: str, error: Exception) -> Busy | KoboError:
    """Say what an error of requests means for the server at `url`: Busy when trying again may help."""
    match error:
        case TooManyRedirects():
            return elsewhere(url, "in circles")
        case SSLError() if any(isinstance(one, ssl.SSLCertVerificationError) for one in _behind(error)):
            return Unreachable(
                f"{url} shows a certificate that cannot be trusted, so nothing was sent. Check the address, this "
                "computer's date, and that nobody stands between (a public wifi's login page does that)."
            )
        case Timeout() | ChunkedEncodingError() | ContentDecodingError() | requests.exceptions.ConnectionError():
            return _broken(error)
        case RequestException():
            return Unreachable(f"{url} cannot be used as an address ({type(error).__name__}). Check server.url.")
        case _:
            return Unreachable(
                f"{url} cannot be reached ({type(error).__name__}). Nothing was lost. Check this computer's network "
                "settings (a proxy, REQUESTS_CA_BUNDLE), then run the same command again."
            )


def _broken(error: Exception) -> Busy:
    match error:
        case SSLError():
            return Busy("the encrypted connection broke off", broken=True)
        case ConnectTimeout():
            return Busy("no answer in time", broken=True, unsent=True)
        case Timeout():
            return Busy("no answer in time", broken=True)
        case ProxyError():
            return Busy("the proxy of this network refuses", broken=True, unsent=True)
        case ChunkedEncodingError() | ContentDecodingError():
            return Busy("the answer broke off", broken=True)
    behind = list(_behind(error))
    if any("resol" in str(one) or "getaddrinfo" in str(one) for one in behind):
        return Busy("no such server name", broken=True, unsent=True)
    if any(type(one).__name__ == "ReadTimeoutError" for one in behind):  # requests' name for a stall within an answer
        return Busy("no answer in time", broken=True)
    unsent = any(type(one).__name__ == "NewConnectionError" for one in behind)
    return Busy("no connection", broken=True, unsent=unsent)


def _behind(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that it wraps, as arguments, reasons or causes."""
    todo, seen = [error], set()
    while todo:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        wrapped = (*one.args, getattr(one, "reason", None), one.__cause__, one.__context__)
        todo += [inner for inner in wrapped if isinstance(inner, BaseException)]


def elsewhere(url: str, where: str) -> NotKobo:
    """Say that the server sends its visitors to another address."""
    return NotKobo(
        f"{url} sends visitors on ({where}), so it is not the address of the KoboToolbox server itself. Put the "
        "address that you see in the browser after logging in to KoboToolbox into kobo-sync.toml as server.url."
    )


def a_page(url: str) -> NotKobo:
    """Say that a page came where data should."""
    return NotKobo(
        f"{url} answered with a page instead of data. If that is not the address of a KoboToolbox server (such as "
        "https://kf.kobotoolbox.org), put that into kobo-sync.toml as server.url; if it is, open any page in a browser "
        "and get past the wifi's login page first."
    )


def refusal(url: str, path: str, status: int, content: bytes, *, hidden: Iterable[str] = ()) -> KoboError:
    """Return the error that an answer with an HTTP status of 400 and above means; `hidden` texts are left out of it."""
    words = server_words(content)
    for text in hidden:
        if len(text) >= _SHORT:
            for spelling in (text, quote(text), quote(text, safe=""), quote_plus(text)):
                words = words.replace(spelling, "…")
    what = _what(path)
    match status:
        case 401:
            return BadToken(
                f"{url} does not accept the API token. It may be mistyped, or have been replaced. Get the "
                "current one in KoboToolbox under Account settings → Security, and set KOBO_API_TOKEN to it; or keep "
                "it: kobo-sync init --keep-token"
            )
        case 403 if words:
            return NotAllowed(
                f"The account of this API token may not do that ({what}). Ask the owner of the form to "
                "share it with this account with the permission that is missing. Which one it is: "
                "kobo-sync init --check-token"
            )
        case 403:
            return NotAllowed(
                f"{url}, or a firewall before it, turns this computer away ({what}). Try another network; if that "
                "does not help, ask the people who run the server."
            )
        case 404:
            return NotFound(
                f"KoboToolbox does not have it, or does not show it to this account ({what}). Check the "
                "form's id in kobo-sync.toml and that the token belongs to the right account: "
                "kobo-sync init --check-token"
            )
        case 400 if "not been deployed" in words:
            return NotDeployed(
                f"The form has not been deployed yet ({what}), so there are no answers to read. Deploy it "
                "with: kobo-sync deploy"
            )
    said = f": {words.rstrip('.')}" if words else ""
    if status >= 500:  # noqa: PLR2004 -- HTTP's border between what we and what the server did wrong
        text = (
            f"KoboToolbox had an error of its own (HTTP {status}, {what}){said}. Nothing was lost. Run the same "
            "command again later; if it stays, tell the people who run the server."
        )
    else:
        text = (
            f"KoboToolbox refused (HTTP {status}, {what}){said}. Nothing was changed by it. If that does not tell you "
            "what to mend, show this line to whoever looks after the program."
        )
    return Refused(text, status=status, words=words)


def _what(path: str) -> str:
    """Name what was asked for, by the path alone."""
    return path.partition("?")[0].removeprefix("/api/v2").strip("/") or "/"


def server_words(content: bytes) -> str:
    """Return what the server said, short and in one line; nothing of an HTML page."""
    try:
        answer = orjson.loads(content)
    except orjson.JSONDecodeError:
        return ""
    return " ".join("; ".join(_texts(answer)).split())[:_WORDS]


def _texts(answer: object, key: str = "") -> Iterator[str]:
    """Yield the sentences of an error: `{"error": …}`, `{"detail": …}`, or lists of them by field."""
    match answer:
        case dict():
            said = {name: answer[name] for name in ("error", "detail") if isinstance(answer.get(name), str)}
            for name, value in list(said.items())[:1] or answer.items():
                yield from _texts(value, "" if name in said else str(name))
        case list():
            for value in answer:
                yield from _texts(value, key)
        case None:
            return
        case _:
            text = answer if isinstance(answer, str) else json.dumps(answer)
            yield f"{key}: {text}" if key else text


def retry_after(response: requests.Response) -> float | None:
    """Return the pause in seconds that Retry-After asks for, as a number or a date; None when it asks for none."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    until = _moment(text)
    if until is None:
        return None
    # Against the server's own clock where it tells it: this computer's may be wrong.
    now = _moment(response.headers.get("Date", "")) or datetime.now(tz=UTC)
    return max(0.0, (until - now).total_seconds())


def _moment(text: str) -> datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
