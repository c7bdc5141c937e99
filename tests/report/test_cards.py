"""The scorecard of a service: what stands on it, what does not, and that its page and its PDF file say the same."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import replace
from io import BytesIO

import card_samples as cards
import pytest
import report_samples as samples
import whole_samples as whole
from pypdf import PdfReader
from scoring_samples import best, scored
from test_report_site import _Page

from kobo_sync.followup import Reply
from kobo_sync.report.card import REPLY, Card, made_of, plain, tenths
from kobo_sync.report.card_files import card_page
from kobo_sync.report.card_team import team_card
from kobo_sync.report.engine import engine
from kobo_sync.report.making import contents
from kobo_sync.report.model import ReportData, ServiceInfo
from kobo_sync.report.pages import overview
from kobo_sync.report.pdf import Printer
from kobo_sync.report.site import site_files, site_parts
from kobo_sync.scoring.model import ServiceScore
from kobo_sync.scoring.team_shares import team_shares

COMMON = {
    "round": whole.ROUND, "made": dt.date(2027, 1, 12), "program_version": "0.1.0", "tool_version": "2026.3",
    "demo": False, "public": False, "preview": False, "pdf": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def printer() -> Printer:
    """Return the maker of PDF files, which is slow to start."""
    return Printer()


def html(card: Card) -> str:
    """Return what the card's page says within its sheet."""
    environment = engine(whole.data().framework, card.language)
    page = card_page(environment, COMMON, card, "x.html", "../services/x.html", up="../")
    sheet = page.partition('<div class="a4"')[2].partition("\n</div>\n</main>")[0]
    return _Page(f"<div {sheet}").text


def pdf(card: Card, printer: Printer) -> str:
    """Return what the card's PDF file says, which is one sheet long."""
    (sheet,) = PdfReader(BytesIO(printer.file(card))).pages
    return sheet.extract_text()


def squashed(text: str) -> str:
    """Return a text without its spaces, of which a PDF file has as many as it likes."""
    return re.sub(r"\s+", "", text)


def numbers(text: str) -> Counter[str]:
    """Return the numbers of a text, as often as they stand in it."""
    return Counter(re.findall(r"\d+", text))


@pytest.mark.parametrize("language", cards.SIX)
@pytest.mark.parametrize("which", ["fullest", "public"])
def test_page_and_file_say_the_same(printer: Printer, language: str, which: str) -> None:
    """On one sheet in each language, the page and the PDF file of a card have the same words and the same numbers."""
    card = cards.fullest(language) if which == "fullest" else list(cards.published(language))[1]
    page, file = html(card), pdf(card, printer)
    for text in made_of(card):
        assert squashed(text) in squashed(page), text
        assert squashed(text) in squashed(file), text
    told = numbers(" ".join(made_of(card)))
    assert numbers(page) == told
    listed = Counter(str(n) for part in (*card.left, *card.right) for n in range(1, len(part.points) + 1))
    assert numbers(file) == told + listed


def test_a_card_has_all_its_parts() -> None:
    """A full card has figures, twelve bars with interval and n, three strengths, three asks with who can fix them."""
    card = cards.team("S02")
    assert [big.title for big in card.bigs] == ["Overall", "Band", "Women asked"]
    assert [step.label for step in card.ladder if step.here] == [card.bigs[1].value]
    assert len(card.bars) == 12
    assert all(bar.between and bar.women == "22" for bar in card.bars)
    full = cards.fullest("en")
    strengths, flags = full.left
    asks, gaps = full.right
    assert [len(part.points) for part in (strengths, asks, flags, gaps)] == [3, 3, 4, 4]
    assert all(point.fixers.startswith("Who can fix it: ") for point in asks.points)
    assert [line for part in (flags, gaps) for line in part.lines] == ["More of this stands on the service’s page."] * 2
    assert [point.text for point in full.wide[0].points] == ["yes", "in part", "no", "does not know or did not say"]


def test_shares_are_told_with_n() -> None:
    """A strength says how many in ten of how many women gave the best answer, and the figure that the page has too."""
    card = cards.team("S03")
    detail = card.right[0].points[0].detail
    assert re.fullmatch(r"\d+ in \d+ of the 14 women who answered gave the best answer. Figure: \d+%.*", detail)
    few = cards.team("S03", shares={}).right[0].points[0].detail
    assert re.fullmatch(r"\d+% .*· 14 women", few)
    assert [tenths(share) for share in (70, 65, 52)] == [(7, 10), (13, 20), (52, 100)]


def test_shares_have_the_rules_of_a_release() -> None:
    """A share is told of ten women or more, rounded as in public, and of no harm nor of a question beside one."""
    rules = samples.framework()
    many, few = (replace_favourable(samples.service("SBY-01", n, 0.6, dk=0)) for n in (24, 9))
    told = team_shares(many, rules)
    assert told["cnf_1"] == 50
    assert not {"acc_1", "par_1", "fbk_2"} & told.keys()  # their domains hold a harm
    assert team_shares(few, rules) == {}


def replace_favourable(score: ServiceScore) -> ServiceScore:
    """Return a score in which half of the women gave the best answer to each question."""
    return replace(score, items=tuple(replace(item, favourable=item.n // 2) for item in score.items))


def test_flags_are_words_without_counts() -> None:
    """A red flag stands on a card as its name, its state and who can fix it, with no number."""
    flags = cards.team("S02").left[1]
    assert flags.title == "Red flags"
    assert flags.points
    assert not numbers(" ".join(made_of_part for point in flags.points for made_of_part in (point.text, point.detail)))


def whole_with(*scores: ServiceScore) -> ReportData:
    """Return the whole round with these scores of S04 and no other, without places."""
    data = whole.data()
    return replace(data, scores=tuple(replace(score, round=whole.ROUND) for score in scores), earlier=None)


def test_too_few_women_make_a_card_that_says_so(printer: Printer) -> None:
    """Of fewer than five women a card says that, and is the same card whatever they said and however many they were."""
    card = cards.team("S04")
    assert card.lead == "Fewer than 5 women were asked about this service in this round."
    assert not any((card.bars, card.bigs, card.ladder, card.left, card.right, card.wide, card.verdict))
    one = whole_with(scored(whole.answers(4, 1), resamples=whole.RESAMPLES, service="S04"))
    two = whole_with(scored(whole.answers(2, 2), resamples=whole.RESAMPLES, service="S04"))
    name = "en/cards/S04.html"
    assert site_files(one, ("en",))[name] == site_files(two, ("en",))[name] == site_files(whole_with(), ("en",))[name]
    assert numbers(pdf(card, printer)) == numbers(" ".join(made_of(card)))
    assert "%" not in pdf(card, printer).replace("100%", "")


def test_what_one_woman_reports_is_on_no_card(printer: Printer) -> None:
    """A harm that a single woman reported moves no byte of the card's page nor of its file."""
    plain_answers = {"C": whole.mixed(20, 6), "O": [best("O")]}
    harmed = {
        "C": [{**row, "cnf_breach": "yes"} if not n else row for n, row in enumerate(whole.mixed(20, 6))],
        "O": [best("O")],
    }
    made = []
    for given in (plain_answers, harmed):
        data = whole_with(scored(given, resamples=whole.RESAMPLES, service="S02"))
        row = next(row for row in overview(data).rows if row.info.code == "S02")
        say = cards.voice(data.framework, "en")
        made.append(team_card(row, cards.sheet(data, say), data.framework, say))
    assert made[0].bars
    assert made[0] == made[1]
    assert printer.file(made[0]) == printer.file(made[1])


def test_a_service_that_is_not_published_says_no_more() -> None:
    """A public card of a service that is held back says "not published", the same for four women and for nine."""
    held = list(cards.published())[3]
    assert held.lead.startswith("Not published this round.")
    assert not any((held.bars, held.bigs, held.ladder, held.left, held.right, held.wide, held.verdict))
    assert held == list(cards.published(few=9))[3]


def test_public_cards_tell_bands_of_women_and_no_n() -> None:
    """A public card has bands of women, no number of women of a domain, nothing that the service says of itself."""
    card = next(cards.published())
    assert card.bigs[-1].value == "20-29"
    assert not any(bar.women for bar in card.bars)
    assert all("asked: 20-29" in point.detail for part in (*card.left, *card.right) for point in part.points)
    assert [part.key for part in (*card.left, *card.right, *card.wide)] == ["strengths", "asks"]
    assert "What the service says of itself is not published." in card.method.lines[0]


def test_the_only_service_is_not_to_be_closed() -> None:
    """Where a service is the only one of its place, its card says that closing it is not a remedy; else it does not."""
    said = "This is the only service here: closing it is not a remedy."
    assert cards.team("S05").only == said
    assert said in html(cards.team("S05"))
    assert not cards.team("S01").only


def test_the_last_reply_has_its_box() -> None:
    """The box shows the last reply, cut where it is too long; without one it is empty, with the rule of ten days."""
    first = Reply("S05", "", dt.date(2027, 1, 10), "We will train all staff.")
    last = Reply("S05", "", dt.date(2027, 1, 20), "Since then\nwe   have. " + "Very much so. " * 60)
    assert cards.team("S05", replies=(first,)).reply.lines == ("January 10, 2027", "We will train all staff.")
    card = cards.team("S05", replies=(last, first))
    assert card.reply.lines[0] == "January 20, 2027"
    assert card.reply.lines[1].startswith("Since then we have. Very")
    assert len(card.reply.lines[1]) <= REPLY
    assert card.reply.lines[2] == "More of this stands on the service’s page."
    none = cards.team("S05", replies=())
    assert none.reply_empty
    assert "ten working days" in none.reply.lines[0]


def test_texts_of_files_are_one_line() -> None:
    """What a person typed is one line on a card, no longer than its place, with no mark that turns text around."""
    assert plain("a\nb\t c \u202egnp.exe\u2066 \x07d", 60) == "a b c gnp.exe d"
    assert plain("x" * 70, 60) == "x" * 59 + "…"


def test_each_service_page_leads_to_its_card() -> None:
    """A service's page leads to its card and back; to the PDF file only where there is one."""
    data = samples.with_scores(samples.service("SBY-01", 20, 0.6))
    data = replace(data, services={"SBY-01": ServiceInfo("SBY-01", "x", "y", "z")})
    for with_pdf in (False, True):
        files = contents(*site_parts(data, ("en",), pdf=with_pdf))
        assert "../cards/SBY-01.html" in _Page(files["en/services/SBY-01.html"]).links
        card = _Page(files["en/cards/SBY-01.html"])
        assert "../services/SBY-01.html" in card.links
        assert ({"SBY-01.pdf", "../cards.pdf"} <= set(card.links)) is with_pdf
        assert ("../cards/SBY-01.pdf" in _Page(files["en/services/SBY-01.html"]).links) is with_pdf
        assert ("cards.pdf" in _Page(files["en/index.html"]).links) is with_pdf
