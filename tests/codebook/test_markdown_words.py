"""Any text stays a text: nothing that people type into a cell becomes markup, breaks a table or hides."""

from __future__ import annotations

import re
import unicodedata

import codebook_samples as samples
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kobo_sync.instrument import markdown as md

_LINE_ENDS = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# What a workbook can hold: XML has no other control characters.
CONTROLS = [chr(number) for number in range(32) if chr(number) not in "\n\t"]
ANY = st.text(st.characters(exclude_categories=["Cs", "Cn", "Co"], exclude_characters=CONTROLS))
MARKUP = st.text(st.sampled_from("\\`*_{}[]()<>#+-.!|~&$:;/'\"= \naeé1")) | ANY
NAMES = st.text(st.sampled_from("abc_-.|`<>& é"), min_size=1).map(str.strip).filter(bool)


def _as_read(text: str) -> str:
    """Return a text as a page shows it: spaces run together, none at the ends of lines, control characters replaced."""
    lines = (" ".join(re.split(r"[ \t]+", line)).strip(" ") for line in _LINE_ENDS.split(text.strip()))
    return "\n".join(re.sub(r"[\x7f-\x9f]", "\ufffd", line) for line in lines)


@given(MARKUP)
@example("a|b `c` **d** <script>e</script> [f](g) &amp; ~~h~~ \\| :smile: $x$ _i_ j_k")
@example("# no heading\n- no list\n1. no list either\n> no quote")
@example("&#124; &lt;br&gt; <br>")
def test_a_text_is_shown_as_it_is(text: str) -> None:
    """A text in a cell is one line of the page and is read as it was written."""
    page = "\n".join(md.table(("head",), [(md.text(text),)]))
    assert len(page.splitlines()) == 3
    assert len(samples.cells(page)) == 2
    assert _as_read(samples.cells(page)[1]) == _as_read(text)


@given(MARKUP)
def test_a_text_after_a_bullet_is_shown_as_it_is(text: str) -> None:
    """The same holds behind the name of a fact."""
    page = f"- **Fact:** {md.text(text)}"
    assert len(page.splitlines()) == 1
    assert [_as_read(block) for block in samples.blocks(page)] == [_as_read(f"Fact: {text.strip()}")]


@given(NAMES)
@example("a|b")
@example("``a``")
def test_a_name_is_shown_as_code(name: str) -> None:
    """Names and expressions are set as code, pipes and backticks included, in a table as well."""
    page = "\n".join(md.table(("head",), [(md.code(name),)]))
    assert samples.cells(page)[1] == " ".join(name.split())
    assert re.search(r"\| (`.*`|<code>.*</code>) \|$", page)


@given(st.text(st.sampled_from("abc "), max_size=8), NAMES.filter(lambda name: not set(" }") & set(name)))
def test_a_reference_is_set_as_code(around: str, name: str) -> None:
    """`${name}` in a label is code: code hosts would take two of them for a formula."""
    page = "\n".join(md.table(("head",), [(md.text(f"{around}${{{name}}}{around}"),)]))
    assert _as_read(samples.cells(page)[1]) == _as_read(f"{around}${{{name}}}{around}")
    assert "$" not in re.sub(r"`[^`]*`|<code>.*</code>", "", page).replace("\\$", "")


@pytest.mark.parametrize("char", ["\u202e", "\u200b", "\u2066", "\ufeff", "\u00ad"])
def test_what_cannot_be_seen_is_written_out(char: str) -> None:
    """A character that turns the reading direction or is invisible shows in a diff."""
    assert unicodedata.category(char) == "Cf"
    assert md.text(f"a{char}b") == f"a&#x{ord(char):04X};b"
    assert char not in md.code(f"a{char}b")


@given(st.lists(st.text(min_size=1), min_size=1), st.lists(st.text(min_size=1), min_size=1))
def test_places_have_names_of_their_own(one: list[str], other: list[str]) -> None:
    """Different things get different anchors, all of plain letters, so that links work everywhere."""
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", md.anchor(*one))
    assert (md.anchor(*one) == md.anchor(*other)) == (one == other)


def test_a_table_without_rows_is_not_there() -> None:
    """Nothing to show makes no empty table."""
    assert list(md.table(("a", "b"), [])) == []
