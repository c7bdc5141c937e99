"""The screen: whatever script, spelling or spacing, a number, an address or a known name is flagged."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kobo_sync.sync.screen import (
    ADDRESS,
    CODE,
    EMAIL,
    FLAGS,
    HANDLE,
    PHONE,
    PLACE,
    SERVICE,
    Names,
    make_names,
    plain,
    screen,
)

# A Russian name without its ending (Romashk-), and a Thai one (Ban Phak).
ROMASHK = "\u0420\u043e\u043c\u0430\u0448\u043a"
REST_HOUSE = "\u0e1a\u0e49\u0e32\u0e19\u0e1e\u0e31\u0e01"
TELEGRAM = "\u0422\u0435\u043b\u0435\u0433\u0440\u0430\u043c"
NAMES = make_names(
    ["Klinik Mawar", "Service 01", "12 Palm Road", f"{ROMASHK}\u0430", REST_HOUSE],
    ["Kibera North", "Area A"],
    ["Did the service at this clinic treat women well on the road?", "north", "area"],
)  # fmt: skip
# The zeros of scripts that interviews are written in: Latin, Arabic, Persian, Devanagari, Bengali, Burmese, Thai,
# Khmer, full width.
ZEROS = "0\u0660\u06f0\u0966\u09e6\u1040\u0e50\u17e0\uff10"
HIDDEN = "\u200b\u200d\u2060\ufeff\u00ad"
numbers = st.lists(st.integers(0, 9), min_size=7, max_size=15)
separators = st.sampled_from(["", " ", "-", ".", "/", " - ", ") ", "\u00a0", "\u2009", "\u2013", "_", *HIDDEN])


@given(numbers, st.sampled_from(ZEROS), st.data())
def test_every_phone_number_is_flagged(digits: list[int], zero: str, data: st.DataObject) -> None:
    """Seven digits and more, in any script, with any usual separators, are flagged wherever they stand."""
    written = "".join(chr(ord(zero) + digit) + data.draw(separators) for digit in digits)
    for text in (written, f"call +{written} tomorrow", f"x{written}"):
        assert PHONE in screen(text)


@given(st.lists(st.integers(0, 9), min_size=6, max_size=6), st.sampled_from(ZEROS), st.sampled_from(["", " ", "-"]))
def test_every_number_like_a_withdrawal_code_is_flagged(digits: list[int], zero: str, between: str) -> None:
    """Six digits, in one piece or in two, are flagged as what could be somebody's code."""
    written = [chr(ord(zero) + digit) for digit in digits]
    assert CODE in screen(f"my code is {''.join(written[:3])}{between}{''.join(written[3:])}.")


@given(st.text(st.characters(exclude_categories=["Nd", "Nl", "No", "Cs"])))
def test_without_a_digit_there_is_no_number(text: str) -> None:
    """A text without any digit is never flagged as holding a number."""
    if not any(character.isdigit() for character in unicodedata.normalize("NFKD", text)):
        assert not {PHONE, CODE} & set(screen(text))


@given(
    st.from_regex(r"[a-z][a-z0-9._+-]{0,20}", fullmatch=True),
    st.from_regex(r"[a-z][a-z0-9-]{1,15}(\.[a-z]{2,8}){1,2}", fullmatch=True),
    st.sampled_from(["@", " @ ", "(at)", " [at] ", "\uff20"]),
    st.booleans(),
)
def test_every_mail_address_is_flagged(name: str, host: str, sign: str, capitals: bool) -> None:  # noqa: FBT001 -- drawn
    """A mail address is flagged, in capitals too, and when the sign is written in words."""
    written = f"{name}{sign}{host}"
    assert EMAIL in screen(f"write to {written.upper() if capitals else written}, please")


@pytest.mark.parametrize(
    "text",
    ["@anna_k", "see @Anna", "t.me/anna", "https://wa.me/62812", "WhatsApp: anna", "telegram = @x1", "insta:anna.k",
     "facebook.com/anna", f"{TELEGRAM}: anna", "m.me/anna", "ig: a_k", "vk.com/id1"],
)  # fmt: skip
def test_handles_are_flagged(text: str) -> None:
    """Accounts of messengers and networks are flagged, with a sign, a link or the network's name before them."""
    assert HANDLE in screen(text)


@pytest.mark.parametrize(
    "text", ["https://x.example/y", "HTTP://x", "www.rose.house", "see rose-house.org.", "rose.co.ke", "ftp://a"]
)
def test_web_addresses_are_flagged(text: str) -> None:
    """Addresses of pages are flagged, with or without what stands before them."""
    assert ADDRESS in screen(text)


@pytest.mark.parametrize(
    "text",
    ["at klinik mawar", "KLINIK  MAWAR!", "Klinik-Mawar", "in Mawar they laughed", "Klinikmawar", "M\u00e1war",
     "service 01", "Service_01", "palm road 12", f"\u0432 {ROMASHK}\u0435", f"{ROMASHK.lower()}\u043e\u0439",
     f"\u0e17\u0e35\u0e48{REST_HOUSE}\u0e19\u0e35\u0e49", "mawar\u200b clinic", "Mawarnya"],
)  # fmt: skip
def test_names_of_services_are_flagged(text: str) -> None:
    """A known name is flagged in any case, with other endings, run together, in scripts without blanks, or in part."""
    assert SERVICE in screen(text, NAMES)


@pytest.mark.parametrize("text", ["in kibera", "Kibera north is far", "near KIBERA."])
def test_names_of_places_are_flagged(text: str) -> None:
    """A known place is flagged, as a whole or by the word that only it has."""
    assert PLACE in screen(text, NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "They treated me well, I went 3 times in 2 months.",
        "It opens at 10:30 and closes at 17:00. We wait.",
        "I paid 50000 for it",
        "the service at this clinic for women",
        "north of the river, an area on the road",
        "I am 34, in this place since 2019.",
        "the end.We went away",
        "",
    ],
)
def test_what_tells_on_nobody_is_not_flagged(text: str) -> None:
    """Ages, years, times, prices and the words that everybody uses are left alone."""
    assert screen(text, NAMES) == ()


@given(st.text(), st.text(max_size=20))
def test_nothing_breaks_the_screen(text: str, name: str) -> None:
    """Whatever is written, the screen answers with some of its flags, each once, always in the same order."""
    found = screen(text, make_names([name], [name], [text]))
    assert list(found) == [flag for flag in FLAGS if flag in found]
    assert plain(plain(text)) == plain(text)


@given(st.text(st.characters(codec="utf-8"), max_size=30), st.text(st.characters(codec="utf-8"), max_size=30))
def test_what_stands_around_hides_nothing(before: str, after: str) -> None:
    """A name and a number stay flagged whatever stands before and after them."""
    found = screen(f"{before} Klinik Mawar ; 0812 3456 789 ; {after}", NAMES)
    assert {SERVICE, PHONE} <= set(found)


@given(st.text(min_size=3, max_size=30))
def test_every_name_is_found_as_it_is_written(name: str) -> None:
    """A name of three letters and more that is no usual word is found in a sentence that holds it."""
    names = make_names([name], [])
    if names.services:
        assert SERVICE in screen(f"they of {name} said no", names)


def test_words_of_the_forms_alone_are_no_name() -> None:
    """A service that is called by usual words only is not looked for: it would flag everything."""
    assert make_names(["Women's clinic", "Al"], [], ["a clinic for women's health, al"]) == Names()


@pytest.mark.parametrize("text", ["a" * 50_000, "1 " * 25_000, "a-" * 20_000, "a.a" * 15_000, "a@" * 20_000])
def test_a_very_long_text_is_screened_in_time(text: str) -> None:
    """No text, however odd, holds the screen up."""
    began = time.process_time()
    screen(text, NAMES)
    assert time.process_time() - began < 10
