"""From answers to band (explain): each figure on the way, and nothing that the team may not see."""

from __future__ import annotations

from dataclasses import replace

from scoring_samples import Row, best, framework, reviewed, scored, women, worst

from kobo_sync.scoring.explain import Explanation, explain
from kobo_sync.scoring.model import ServiceScore

RULES = framework(100)


def _told(score: ServiceScore, language: str = "en") -> Explanation:
    return explain(score, RULES, language)


def _rows(told: Explanation, title: str) -> dict[str, str]:
    return {row.label: row.figure for table in told.tables if table.title == title for row in table.rows}


def _text(told: Explanation) -> str:
    return "\n".join(
        f"{table.title}\n" + "\n".join(f"{r.label}|{r.figure}|{r.rule}" for r in table.rows) for table in told.tables
    )


def test_the_way_leads_from_women_to_the_band() -> None:
    """Who was asked, each domain with its questions, the mean, the gates and the band stand there in this order."""
    told = _told(scored({"C": women(12), "O": [best("O")], "P": [best("P")]}, resamples=100))
    titles = [table.title for table in told.tables]
    assert titles[0] == "Who was asked"
    assert titles[1:13] == [domain.label["en"] for domain in RULES.domains]
    assert titles[13:] == ["Overall", "Band"]
    assert _rows(told, "Who was asked")["Women with an answer that counts"] == "12"
    assert (
        _rows(told, "Services on offer")["Sterile needles and equipment (weight 2)"]
        == "100 %, 12 women, observers, the provider"
    )
    assert _rows(told, "Services on offer")["Domain: weighted mean of these"] == "100 % (95 % interval 100 to 100 %)"
    assert _rows(told, "Band")["Band"] == "5 · Led with women"
    assert all(row.rule for table in told.tables for row in table.rows)


def test_the_figure_of_a_release_stands_beside_the_exact_one() -> None:
    """Each figure is told in whole percent and as a public release rounds it; from nine women, no release has one."""
    score = scored({"C": [*women(9), *women(4, worst("C"))], "O": [best("O")]}, resamples=100)
    same = "The same, as a public release rounds it"
    domain, overall = _rows(_told(score), RULES.domains[1].label["en"]), _rows(_told(score), "Overall")
    exact = [int(rows[label].split()[0]) for rows in (domain, overall) for label in rows if "ean of the" in label]
    public = [int(rows[same].split()[0]) for rows in (domain, overall)]
    assert (exact[0], public[0]) == (82, 80)
    assert all(value % 5 == 0 and abs(value - near) <= 2 for value, near in zip(public, exact, strict=True))
    fewer = _text(_told(scored({"C": [*women(6), *women(3, worst("C"))], "O": [best("O")]}, resamples=100)))
    assert "mean of" in fewer
    assert same not in fewer


def test_gates_are_told_with_their_reason() -> None:
    """A gate that is not met says so, and one without data says that it had none."""
    rows = women(12, None, acc_women_time="no", stf_women="dk")
    band = _rows(_told(scored({"C": rows}, resamples=100)), "Band")
    assert band["Gate of band 5: Women who use drugs take part at least 75 %"] in {"met", "not met: no data"}
    lower = _told(
        scored({"C": women(12, worst("C"), **{c: a for c, a in best("C").items() if c.startswith(("mip", "fbk"))})})
    )
    assert _rows(lower, "Band")["Band"].startswith(("1", "2"))


def test_fewer_than_five_women_explain_nothing() -> None:
    """Of fewer than five women nothing is told but that there were too few, whatever they said."""
    one, two = _told(scored({"C": women(4)})), _told(scored({"C": women(1, worst("C", harms=True))}))
    assert one == two
    assert [table.title for table in one.tables] == ["Who was asked"]


def test_harms_and_flags_are_not_told_one_by_one() -> None:
    """A capped domain says that an open flag lowered it, and neither which nor how many women reported it."""
    harmed: Row = {**women(1)[0], "cnf_breach": "yes"}
    told = _told(scored({"C": [*women(10), harmed, harmed]}, reviewed("cnf_breach"), resamples=100))
    assert _rows(told, "Safety, privacy and consent")["Lowered by an open flag to"] == "25 %"
    assert _rows(told, "Overall")["Lowered by open flags to"] == "44 %"
    label = RULES.by_code["cnf_breach"].label["en"]
    assert label not in _text(told)


def test_a_flag_that_waits_or_is_only_reported_is_not_told() -> None:
    """A reported flag, and one that waits for its review, changes nothing of the explanation."""
    harmed: Row = {**women(1)[0], "cnf_breach": "yes"}
    plain = _told(scored({"C": women(12)}, resamples=100))
    assert _told(scored({"C": [*women(11), harmed]}, resamples=100)) == plain
    assert _told(scored({"C": [*women(10), harmed, harmed]}, resamples=100)) == plain


def test_where_a_domain_is_hidden_the_band_is_not_told() -> None:
    """Where a valid domain is hidden, capped figures, the interval and the band of the whole are not told."""
    score = scored({"C": women(12)}, resamples=100)
    few = tuple(replace(domain, n=3) if domain.code == "leg" else domain for domain in score.domains)
    told = _told(replace(score, domains=few))
    assert "Band" not in [table.title for table in told.tables]
    assert _rows(told, "Overall")["Band"] == "not shown: a domain that it rests on is not shown"
    (mean,) = (figure for label, figure in _rows(told, "Overall").items() if label.startswith("Mean of the"))
    assert mean == "100 %"


def test_a_small_question_takes_its_domain_s_interval_along() -> None:
    """Where one to four women answered one of its questions, a domain has its figure, and no interval; so the whole."""
    rows = [*women(3), *[{code: answer for code, answer in row.items() if code != "pkg_nsp"} for row in women(9)]]
    mean = "Domain: weighted mean of these"
    told = _told(scored({"C": rows}, resamples=100))
    assert _rows(told, "Services on offer")[mean] == "100 %"
    assert "interval" in _rows(told, "Staff and respect")[mean]
    assert not [figure for figure in _rows(told, "Overall").values() if "interval" in figure]
    assert "interval" in str(_rows(_told(scored({"C": women(12)}, resamples=100)), "Overall"))


def test_not_enough_information_says_why() -> None:
    """A domain and a whole without enough information say why, and no nought."""
    told = _told(scored({"C": women(6, {"stf_respect": "always", "stf_women": "always", "stf_refused": "no"})}))
    assert _rows(told, "Services on offer") == {"Domain": "nobody was asked"}
    assert _rows(told, "Overall")["Overall"] == "not enough information: too few domains have a figure"


def test_labels_are_in_the_language_asked_for() -> None:
    """The labels of the framework come in the reader's language."""
    told = _told(scored({"C": women(6)}), "id")
    assert "Layanan yang tersedia" in [table.title for table in told.tables]
