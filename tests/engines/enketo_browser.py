"""A form filled in as a web form: Enketo in the system's Chromium, at the size of a phone.

with Enketo() as enketo:
    walked = enketo.walk(xform, media, answers, language="English (en)")
"""

from __future__ import annotations

import csv
import functools
import http.server
import io
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from enketo_bundle import bundle

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTH, HEIGHT = 390, 844  # a common phone, in CSS pixels
_ARGUMENTS = ("--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run")
_AGENT = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile "
    "Safari/537.36"
)
_PAGES = 400  # no form has more; a walk that does not end is an error

Values: TypeAlias = "tuple[str, ...]"  # the answer to one question: choices, or one text; nothing for no answer

_NOTHING: Mapping[str, Sequence[Values]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Seen:
    """One question or note as it stood on the screen; `choices` are name and label."""

    name: str
    label: str
    hint: str
    choices: tuple[tuple[str, str], ...]
    note: bool


@dataclass(frozen=True, slots=True)
class Stop:
    """A question that kept the page from going on, why ("required", "constraint" or "choice"), and what was shown.

    Of a choice that is not offered nothing is shown: it cannot be chosen.
    """

    question: str
    kind: str
    message: str


@dataclass(frozen=True)
class Walked:
    """A form gone through from the first page to the last.

    `pages` holds what stood on each; `stops` what was shown where a wrong or no answer was tried; `too_wide` texts that
    did not fit; `complaints` whatever Enketo, the console or the network said; `unused` answers that nobody asked for.
    """

    xml: str
    pages: tuple[tuple[Seen, ...], ...]
    headings: tuple[str, ...]
    stops: tuple[Stop, ...]
    too_wide: tuple[str, ...]
    complaints: tuple[str, ...]
    unused: tuple[str, ...]

    @property
    def seen(self) -> tuple[Seen, ...]:
        """All questions and notes, in order."""
        return tuple(seen for page in self.pages for seen in page)


class EnketoError(Exception):
    """The walk could not go on: a page does not let go, or an answer cannot be given."""


class Enketo:
    """Chromium with the bundle; a context manager."""

    def __init__(self, time_zone: str = "UTC") -> None:
        self._time_zone = time_zone

    def __enter__(self) -> Self:
        from playwright.sync_api import sync_playwright

        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if program is None:
            raise EnketoError("Chromium is not installed: apt-get install chromium fonts-noto-core")
        self._server = _serve(bundle())
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(
            executable_path=program, chromium_sandbox=False, args=list(_ARGUMENTS)
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._browser.close()
        self._playwright.stop()
        self._server.shutdown()
        self._server.server_close()

    def walk(
        self,
        xform: str,
        media: Mapping[str, bytes],
        answers: Mapping[str, Values],
        language: str,
        *,
        wrong: Mapping[str, Sequence[Values]] = _NOTHING,
        screens: Path | None = None,
    ) -> Walked:
        """Fill in the form, page by page, and press Submit.

        `wrong` makes the walk a stubborn one: at each question in it, it presses Next with no answer and with each of
        the wrong ones, and notes what stops it. With `screens`, each page is kept there as NN.png.
        Raises EnketoError where a right answer is stopped too.
        """
        context = self._browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT},
            is_mobile=True,
            has_touch=True,
            timezone_id=self._time_zone,
            locale="en-GB",
            user_agent=_AGENT,
            reduced_motion="reduce",
        )
        try:
            page = context.new_page()
            walk = _Walk(page, self._server.server_port, answers, wrong, screens)
            return walk.go(xform, _tables(xform, media), language)
        finally:
            context.close()


@dataclass
class _Walk:
    page: Page
    port: int
    answers: Mapping[str, Values]
    wrong: Mapping[str, Sequence[Values]]
    screens: Path | None
    _complaints: list[str] = field(default_factory=list)
    _stops: list[Stop] = field(default_factory=list)
    _too_wide: dict[str, None] = field(default_factory=dict)
    _headings: dict[str, None] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)

    def go(self, xform: str, tables: Mapping[str, Any], language: str) -> Walked:
        home = f"http://127.0.0.1:{self.port}/"
        page = self.page
        page.on("pageerror", lambda error: self._complaints.append(str(error)))
        page.on("console", lambda said: self._complaints.append(said.text) if said.type == "error" else None)
        page.on(
            "request",
            lambda asked: (
                None
                if asked.url.startswith((home, "data:", "blob:"))
                else self._complaints.append(f"asked {asked.url}")
            ),
        )
        page.goto(f"{home}index.html")
        opened = page.evaluate("form => harness.open(form)", {"xform": xform, "tables": tables, "language": language})
        self._complaints += opened["complaints"]
        if self.screens:
            shutil.rmtree(self.screens, ignore_errors=True)
            self.screens.mkdir(parents=True)
        pages = list(self._pages())
        sent = page.evaluate("() => harness.submit()")
        if not sent["valid"]:
            raise EnketoError("the last page lets go, but the form as a whole is not accepted")
        return Walked(
            xml=sent["xml"],
            pages=tuple(pages),
            headings=tuple(self._headings),
            stops=tuple(self._stops),
            too_wide=tuple(self._too_wide),
            complaints=tuple(self._complaints),
            unused=tuple(name for name in self.answers if name not in self._used),
        )

    def _pages(self) -> Iterable[tuple[Seen, ...]]:
        for number in range(1, _PAGES):
            yield self._answered()
            if self.screens:
                # Each page from its top, as long as it is: what must be scrolled for shows in the picture's height.
                self.page.screenshot(path=self.screens / f"{number:02}.png", full_page=True)
            match self._next():
                case "end":
                    return
                case "stopped":
                    here = self._here()
                    raise EnketoError(f"page {number} does not let go: {_messages(here) or here['questions']}")
        raise EnketoError(f"the form has more than {_PAGES} pages")

    def _answered(self) -> tuple[Seen, ...]:
        """Answer what is on the page, and what these answers bring up on it."""
        done: set[str] = set()
        while True:
            here = self._here()
            asked = [q["path"] for q in here["questions"] if q["path"] not in done and not q["readonly"]]
            if not asked:
                return tuple(_seen(question) for question in here["questions"])
            if self.wrong:
                del asked[1:]  # one at a time, for an answer can hide the next question
                if _name(asked[0]) in self.wrong:
                    self._try_wrong(asked[0], self.wrong[_name(asked[0])])
            for path in asked:
                done.add(path)
                name = _name(path)
                if name in self.answers:
                    self._used.add(name)
                    if problem := self._answer(path, self.answers[name]):
                        raise EnketoError(f"{name} cannot be answered {' '.join(self.answers[name])!r}: {problem}")

    def _try_wrong(self, path: str, wrong: Sequence[Values]) -> None:
        """Press Next with no answer, then with each wrong one, and note what is shown."""
        name = _name(path)
        self._answer(path, ())
        # A page on which nothing is required would let go, and could then not be answered any more.
        if not self._complete():
            self._stopped(path, "required")
        for values in wrong:
            if problem := self._answer(path, values):
                self._stops.append(Stop(name, "choice" if problem == "not offered" else problem, ""))
            else:
                self._stopped(path, "constraint")
                self._answer(path, ())

    def _stopped(self, path: str, kind: str) -> None:
        if self._next() != "stopped":
            raise EnketoError(f"the page lets go without a right answer to {_name(path)}")
        for question, shown, message in _messages(self._here()):
            if (question, shown) == (path, kind):
                self._stops.append(Stop(_name(path), kind, message))

    def _complete(self) -> bool:
        return bool(self.page.evaluate("() => harness.complete()"))

    def _here(self) -> dict[str, Any]:
        here: dict[str, Any] = self.page.evaluate("() => harness.here()")
        self._too_wide |= dict.fromkeys(here["too_wide"])
        self._headings |= dict.fromkeys(here["headings"])
        return here

    def _answer(self, path: str, values: Values) -> str:
        return str(self.page.evaluate("([path, values]) => harness.answer(path, values)", [path, list(values)]))

    def _next(self) -> str:
        return str(self.page.evaluate("() => harness.next()"))


def _messages(here: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [(q["path"], kind, message) for q in here["questions"] for kind, message in q["messages"]]


def _seen(question: Mapping[str, Any]) -> Seen:
    choices = tuple((name, label) for name, label in question["choices"])
    return Seen(_name(question["path"]), question["label"], question["hint"], choices, bool(question["readonly"]))


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _tables(xform: str, media: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the CSV files that the form asks for, by the id of their instance."""
    tables: dict[str, Any] = {}
    for found in re.finditer(r"<instance\b[^>]*>", xform):
        source = re.search(r'src="jr://[a-z-]+/([^"]+\.csv)"', found[0])
        identity = re.search(r'id="([^"]+)"', found[0])
        if source and identity:
            columns, *rows = csv.reader(io.StringIO(media[source[1]].decode("utf-8-sig")))
            tables[identity[1]] = {"columns": columns, "rows": rows}
    return tables


def _serve(folder: Path) -> http.server.ThreadingHTTPServer:
    handler: Callable[..., Any] = functools.partial(_Handler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the bundle, and does the XSLT that Chromium no longer does."""

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def do_POST(self) -> None:
        """Transform the document in the body; a stylesheet that fails is told as plain text."""
        from lxml import etree

        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            body, kind = _transformed(
                asked["stylesheet"], asked["document"], tuple(sorted(asked["parameters"].items()))
            )
            status = http.HTTPStatus.OK
        except etree.Error as error:
            body, kind, status = str(error).encode(), "text/plain", http.HTTPStatus.INTERNAL_SERVER_ERROR
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@functools.lru_cache(maxsize=64)
def _transformed(stylesheet: str, document: str, parameters: tuple[tuple[str, str], ...]) -> tuple[bytes, str]:
    """Return the outcome and its type; a form is opened many times, so the outcome is kept."""
    from lxml import etree

    rules = etree.fromstring(stylesheet.encode())
    texts = {name: etree.XSLT.strparam(value) for name, value in parameters}
    outcome = etree.XSLT(rules)(etree.fromstring(document.encode()), **texts)
    html = any(output.get("method") == "html" for output in rules.iter("{http://www.w3.org/1999/XSL/Transform}output"))
    return etree.tostring(outcome, encoding="utf-8", method="html" if html else "xml"), (
        "text/html" if html else "text/xml"
    )
