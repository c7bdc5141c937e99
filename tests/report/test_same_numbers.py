"""One figure, one number: whatever a service and domain has on a page, it has in every other kind of file."""

from __future__ import annotations

from functools import cache

import pytest
import release_samples as released
import test_public_pages as public
import whole_samples as whole
from number_readers import PUBLIC, TEAM, Figures, Round, percent

LANGUAGES = ("en", "fr")  # a figure is written 82% in one, and with a space in the other


@cache
def team(language: str) -> Round:
    """Return the team's sample round."""
    return Round(whole.data().framework, language, whole.data())


@cache
def release(language: str) -> Round:
    """Return the sample release."""
    return Round(released.rules(), language, release=public.made().release)


@cache
def pages(audience: str, language: str) -> Figures:
    """Return the figures of the pages, which the others are held against."""
    return TEAM["pages"](team(language)) if audience == "team" else PUBLIC["pages"](release(language))


def test_the_walk_has_something_to_walk_over() -> None:
    """The samples have services with figures, domains with none, and numbers of all sizes, in both languages alike."""
    for audience, services in (("team", 4), ("public", 3)):
        found = pages(audience, "en")
        assert len({service for service, _ in found}) == services
        assert len(found) == services * 13
        assert len({value for value in found.values() if value is not None}) >= 4
        assert found == pages(audience, "fr")
    assert all(value is None or value % 5 == 0 for value in pages("public", "en").values())
    assert any(value is not None and value % 5 for value in pages("team", "en").values())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reader", [name for name in TEAM if name != "pages"])
def test_the_team_s_figures_are_the_same_everywhere(reader: str, language: str) -> None:
    """Page, scorecard, PDF file, table, workbook, chart and explanation tell the same of each service and domain."""
    wanted, found = pages("team", language), TEAM[reader](team(language))
    if reader == "bars":  # the whole has no bar
        wanted = {key: value for key, value in wanted.items() if key[1]}
    if reader == "explain":  # it tells no less of a service of too few women, and no more
        found = {key: value for key, value in found.items() if key[0] in {service for service, _ in wanted}}
    assert found == wanted


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reader", [name for name in PUBLIC if name != "pages"])
def test_public_figures_are_the_same_everywhere(reader: str, language: str) -> None:
    """The page, the scorecard, its PDF file, the tables of a release, the chart and its text tell the same."""
    wanted, found = pages("public", language), PUBLIC[reader](release(language))
    if reader == "bars":
        wanted = {key: value for key, value in wanted.items() if key[1]}
    if reader in {"csv", "xlsx", "release"}:  # where there is no figure, the tables have no row or an empty cell
        wanted = {key: value for key, value in wanted.items() if key in found or value is not None}
    assert found == wanted


def test_percentages_are_read_in_any_language() -> None:
    """The reader finds the number whatever stands between it and the sign."""
    assert [percent(text) for text in ("82%", "82 %", "82\u00a0%", "82\u202f% (70 %)", "too little")] == [82] * 4 + [
        None
    ]
