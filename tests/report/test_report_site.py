"""The site: what stands on its pages, what never does, and how it comes into its folder."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
import report_samples as samples
from hypothesis import given
from hypothesis import strategies as st

from kobo_sync.errors import ConfigError
from kobo_sync.report.folder import MANIFEST, publish_folder
from kobo_sync.report.model import Fieldwork, ServiceInfo
from kobo_sync.report.names import page_names
from kobo_sync.report.pages import alphabetical, overview
from kobo_sync.report.site import site_files, write_site
from kobo_sync.scoring.disclosure import DOMAIN_REASONS, SERVICE_REASONS

VOID = {"meta", "link", "br", "hr", "img", "input"}
SELF_CLOSED = {"rect", "path", "line", "circle", "ellipse"}  # SVG


class _Page(HTMLParser):
    """Reads a page: are all elements closed in order, where do links lead, what does it say."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._seen(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID | SELF_CLOSED
        self._seen(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def _seen(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        self.ids += [value or "" for name, value in attrs if name == "id"]

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def _pages(files: dict[str, str]) -> Iterable[tuple[str, _Page]]:
    return ((name, _Page(text)) for name, text in files.items() if name.endswith(".html"))


def test_pages_are_well_formed() -> None:
    """Each page closes what it opens, has each id once, and has no script."""
    for _, page in _pages(site_files(samples.data())):
        assert page.open == []
        assert len(page.ids) == len(set(page.ids))
        assert "script" not in page.tags


def test_links_lead_to_pages_of_the_site() -> None:
    """Every link is to a file of the site or a place on its page; nothing is fetched from elsewhere."""
    files = site_files(samples.data())
    for name, page in _pages(files):
        for link in page.links:
            if link.startswith("#"):
                assert link[1:] in page.ids
            elif link != "data:,":
                assert posixpath.normpath(posixpath.join(posixpath.dirname(name), link)) in files
    assert "url(" not in files["assets/report.css"].replace("url(#hatch)", "")
    assert "@import" not in files["assets/report.css"]


def test_same_data_make_the_same_bytes() -> None:
    """The site depends on its data only, not on the order in which services come."""
    data = samples.data()
    turned = replace(data, scores=data.scores[::-1], services=dict(reversed([*data.services.items()])))
    assert site_files(data) == site_files(data) == site_files(turned)


def test_suppressed_figures_are_in_no_byte() -> None:
    """Sites that differ only in what fewer than five women said, or in how many they were, are the same."""
    one = samples.with_scores(samples.service("SBY-01", 20, 0.6), samples.service("SBY-03", 4, 0.7391))
    two = samples.with_scores(samples.service("SBY-01", 20, 0.6), samples.service("SBY-03", 2, 0.1234))
    one = replace(one, fieldwork=Fieldwork(24, 4, 3, 2))
    two = replace(two, fieldwork=Fieldwork(22, 1, 2, 4))
    assert site_files(one) == site_files(two)
    none = replace(one, scores=one.scores[:1], fieldwork=Fieldwork(20, 1, 1, 1))
    assert site_files(one) == site_files(none)


def test_small_domain_is_in_no_byte() -> None:
    """What fewer than five women said about one domain of a large service leaves no trace, nor in the overall."""
    one = samples.service("SBY-01", 20, 0.6, small=("srh", "gbv"))
    two = samples.service("SBY-01", 20, 0.6, small=("srh", "gbv"), values={"srh": 0.1391, "gbv": 0.9})
    assert site_files(samples.with_scores(one)) == site_files(samples.with_scores(two))


def test_numbers_are_whole_percent() -> None:
    """No page tells a figure finer than a whole percent, not even inside a bar."""
    for name, text in site_files(samples.data()).items():
        if name.endswith(".html"):
            assert not re.search(r"\d[.,]\d+\s*%", text)
            heights = {float(height) for height in re.findall(r'class="fill"[^>]* height="([\d.]+)"', text)}
            assert heights <= {round(percent * 0.56, 2) for percent in range(101)} | {35.0}  # 35: the key's bar


def test_hostile_labels_stay_text() -> None:
    """Markup in a label, a place, a round or the versions is shown as text and never as markup."""
    evil = "<script>alert(1)</script>\"'</style>&"
    data = replace(
        samples.with_scores(samples.service("SBY-01", 20, 0.6)),
        services={"SBY-01": ServiceInfo("SBY-01", evil, evil, evil)},
        round="2026-H1",
        tool_version=evil,
        program_version=evil,
    )
    for _, page in _pages(site_files(data)):
        assert "script" not in page.tags
        assert page.tags.count("style") == 1
        assert evil in "".join(page.words)
        assert page.open == []


def test_services_stand_in_alphabetical_order_by_place() -> None:
    """Places and the services within them are in alphabetical order, whatever their figures."""
    page = _Page(site_files(samples.data())["en/index.html"])
    order = sorted(samples.SERVICES, key=lambda info: (alphabetical(info.locale), alphabetical(info.label)))
    places = [page.text.index(info.label) for info in order]
    assert places == sorted(places)


def test_accents_and_capitals_do_not_change_the_order() -> None:
    """A reader finds É between e's, and capitals do not come first."""
    assert sorted(["Zeta", "étoile", "eta", "Ewa"], key=alphabetical) == ["eta", "étoile", "Ewa", "Zeta"]


def test_service_without_a_score_is_listed() -> None:
    """A service that nobody answered about is on the page with words, so that it does not look forgotten or fine."""
    files = site_files(samples.data())
    assert "en/services/MKS-03.html" in files
    assert "Fewer than 5 women were asked" in _Page(files["en/services/MKS-03.html"]).text


def test_service_that_is_not_in_the_list_is_shown_by_its_code() -> None:
    """A score of a service that services.csv does not name is not lost."""
    data = replace(samples.with_scores(samples.service("SBY-01", 20, 0.6)), services={})
    assert "SBY-01" in _Page(site_files(data)["en/index.html"]).text
    assert "Place not given" in _Page(site_files(data)["en/index.html"]).text


def test_headline_says_how_many_women() -> None:
    """A service's page opens with the number of women asked, the overall figure and the lowest domain."""
    text = _Page(site_files(samples.data())["en/services/SBY-02.html"]).text
    assert "The 24 women asked here gave answers that come to" in text
    assert "Lowest domain 0% Legal support and rights" in text


def test_demonstration_says_so_on_each_page() -> None:
    """With invented interviews each page says so, on screen and at the foot of each printed sheet; else none does."""
    for demo in (True, False):
        for _, page in _pages(site_files(replace(samples.data(), demo=demo))):
            assert ("Demonstration with invented interviews" in page.text) is demo
            assert ("Demonstration\\000020with" in page.text) is demo


def test_not_enough_information_differs_from_nought() -> None:
    """What is not known is hatched with words; nought is an empty bar with its figure."""
    text = site_files(samples.data())["en/services/SBY-02.html"]
    assert 'aria-label="0%"' in text
    assert 'aria-label="Not enough information: too few of its core questions have answers."' in text
    assert "None" not in _Page(text).text


@pytest.mark.parametrize("why", DOMAIN_REASONS)
def test_each_reason_of_a_domain_has_words(why: str) -> None:
    """Every reason why a domain has no figure is told in words of its own."""
    assert len(_words("reason", repr(why))) > 20
    assert len(_words("reason_short", repr(why))) > 5


@pytest.mark.parametrize("why", SERVICE_REASONS)
def test_each_reason_of_a_service_has_words(why: str) -> None:
    """Every reason why a service has no overall figure is told in words."""
    assert len(_words("why_no_overall", f"{{'why': {why!r}, 'shown': [], 'domains': []}}")) > 20


def _words(macro: str, argument: str) -> str:
    from kobo_sync.report.engine import engine

    framework = samples.framework()
    source = f"{{% import '_macros.html.j2' as m with context %}}{{{{ m.{macro}({argument}) }}}}"
    return engine(framework, "en").from_string(source).render().strip()


def test_scores_of_another_round_are_refused() -> None:
    """A report never mixes rounds, nor counts a service twice."""
    data = samples.data()
    with pytest.raises(ValueError, match="2026-H1"):
        overview(replace(data, scores=(replace(data.scores[0], round="2025-H2"),)))
    with pytest.raises(ValueError, match="2026-H1"):
        overview(replace(data, scores=(data.scores[0], data.scores[0])))


def test_waiting_interviews_are_told_where_counted() -> None:
    """The overview tells how many interviews wait only where somebody counted them."""
    data = samples.data()
    uncounted = replace(data, fieldwork=Fieldwork(150, 11, 3))
    assert "waiting to be checked" in _Page(site_files(data)["en/index.html"]).text
    assert "waiting to be checked" not in _Page(site_files(uncounted)["en/index.html"]).text


# Names and folders


@given(st.lists(st.text(max_size=80)))
def test_names_stay_in_their_folder(codes: list[str]) -> None:
    """Whatever stands in a code, its page is a plain file name, and two codes never share one on any system."""
    names = page_names(codes)
    assert set(names) == set(codes)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+(\.[0-9a-f]{12})?\.html", name) for name in names.values())
    assert all(name.split(".")[0].casefold() not in {"con", "nul", "aux", "prn", "com1"} for name in names.values())
    assert len({name.casefold() for name in names.values()}) == len(set(codes))


@pytest.mark.parametrize("code", ["../../evil", "..", "a/b", "C:\\x", "nul", "", "Ж-1", "a" * 200, "x\0y"])
def test_odd_codes_get_safe_names(code: str) -> None:
    """A code that could leave the folder, or that no file may be called, gets a name made for it."""
    assert re.fullmatch(r"service[A-Za-z0-9_-]*\.[0-9a-f]{12}\.html", page_names([code])[code])


def test_plain_codes_are_their_own_names() -> None:
    """A code of letters, digits, _ and - is the name of its page, unless another differs only in capitals."""
    assert page_names(["JKT-01"]) == {"JKT-01": "JKT-01.html"}
    assert page_names(["a", "A"])["a"] != "a.html"


def test_site_is_written(tmp_path: Path) -> None:
    """Writing gives the path of the first page, and the folder holds the site's files and a list of them."""
    index = write_site(samples.data(), tmp_path / "reports" / "team")
    assert index == tmp_path / "reports" / "team" / "index.html"
    written = {p.relative_to(index.parent).as_posix(): p for p in index.parent.rglob("*") if p.is_file()}
    assert set(written) == {*site_files(samples.data()), MANIFEST}
    assert all(written[name].read_bytes() == text.encode() for name, text in site_files(samples.data()).items())
    assert [path.name for path in index.parent.parent.iterdir()] == ["team"]


def test_pages_of_gone_services_go(tmp_path: Path) -> None:
    """A second report leaves nothing of the first behind."""
    out = tmp_path / "team"
    write_site(samples.data(), out)
    write_site(samples.with_scores(samples.service("SBY-01", 20, 0.6)), out)
    assert [path.name for path in (out / "en" / "services").iterdir()] == ["SBY-01.html"]


def test_leftovers_of_a_killed_run_are_cleared(tmp_path: Path) -> None:
    """A run that was killed half-way leaves nothing that stands in the way of the next."""
    for name in (".team.new", ".team.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text("half")
    write_site(samples.data(), tmp_path / "team")
    assert [path.name for path in tmp_path.iterdir()] == ["team"]


def test_folder_of_somebody_else_is_not_touched(tmp_path: Path) -> None:
    """A folder that holds a person's own files is left as it is, with a word on what to do."""
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(ConfigError, match=r"thesis\.docx for one.*nothing was written.*--out"):
        write_site(samples.data(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_own_file_beside_the_report_is_not_lost(tmp_path: Path) -> None:
    """A file that somebody put into an earlier report stops the next one; what file managers leave there does not."""
    out = tmp_path / "team"
    write_site(samples.data(), out)
    (out / "Thumbs.db").write_text("")
    write_site(samples.data(), out)
    (out / "en" / "services" / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match=r"en/services/notes\.txt"):
        write_site(samples.data(), out)
    assert (out / "en" / "services" / "notes.txt").read_text() == "mine"


def test_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    """Where the folder should be there is a file: a clear message, and the file stays."""
    (tmp_path / "team").write_text("a file")
    with pytest.raises(ConfigError, match="is a file"):
        write_site(samples.data(), tmp_path / "team")
    assert (tmp_path / "team").read_text() == "a file"


@pytest.mark.parametrize("held", ["team", ".team.new"])
def test_report_held_open_is_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: str) -> None:
    """Where another program holds the report, as on Windows, the old one stays and the message says what to close."""
    out = tmp_path / "team"
    write_site(samples.data(), out)
    before = (out / "index.html").read_bytes()
    rename = Path.rename

    def refusing(self: Path, target: Path) -> Path:
        if self.name == held:
            raise PermissionError(13, "The process cannot access the file")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refusing)
    with pytest.raises(ConfigError, match="Close the browser, Excel"):
        write_site(replace(samples.data(), demo=True), out)
    assert (out / "index.html").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["team"]


def test_old_report_that_cannot_be_deleted_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the report from before cannot be deleted, a person learns where it is: it may show what was withdrawn."""
    out = tmp_path / "team"
    publish_folder({"index.html": "one"}, out)

    def refusing(path: Path, **_: object) -> None:
        raise PermissionError(13, "in use", str(path))

    monkeypatch.setattr("kobo_sync.report.folder.shutil.rmtree", refusing)
    with pytest.raises(ConfigError, match=r"\.team\.old.*withdrawn"):
        publish_folder({"index.html": "two"}, out)
    assert (out / "index.html").read_text() == "two"
