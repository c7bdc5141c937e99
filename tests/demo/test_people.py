"""Made-up interviews: fit for the phone, true to what each made-up service deserves."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kobo_sync.demo import draw
from kobo_sync.demo.people import Service, interviews, services, some_interviews
from kobo_sync.demo.services import LOCALES
from kobo_sync.engine import Filler
from kobo_sync.errors import FormError
from kobo_sync.instrument.build import form_files
from kobo_sync.instrument.form import Form
from kobo_sync.instrument.framework import Framework, read_framework
from kobo_sync.instrument.xform import convert_form
from kobo_sync.instrument.xlsform import form_from_sheets, read_form
from kobo_sync.places import Locale, Referral, locales_for_phones, referrals_for_phones
from kobo_sync.resources import data_dir
from kobo_sync.scoring.items import answer_sheet, score_answer
from kobo_sync.scoring.service import score_service

CHOICES = """
| choices |
|  | list_name | name     | label    | score | missing |
|  | agree     | agrees   | Yes      | 1     |         |
|  | agree     | refuses  | No       | 0     |         |
|  | yn        | yes      | Yes      |       |         |
|  | yn        | no       | No       |       |         |
|  | ypn       | yes      | Yes      | 1     |         |
|  | ypn       | partly   | Partly   | 0.5   |         |
|  | ypn       | no       | No       | 0     |         |
|  | ypn       | dk       | ?        |       | dk      |
|  | ypn       | pns      | -        |       | pns     |
|  | harm      | yes      | Yes      | 0     |         |
|  | harm      | no       | No       | 1     |         |
|  | harm      | pns      | -        |       | pns     |
|  | things    | one      | One      | 1     |         |
|  | things    | two      | Two      | 1     |         |
|  | things    | three    | Three    | 1     |         |
|  | things    | none     | None     | 0     |         |
|  | things    | dk       | ?        |       | dk      |
|  | who       | a        | A        |       |         |
|  | who       | b        | B        |       |         |
|  | who       | neither  | Neither  |       |         |
|  | who       | pns      | -        |       | pns     |
|  | go        | on       | Go on    |       |         |
|  | go        | skip     | Skip     |       |         |
"""

# Everything that an interview may hold: screening before consent, a part that may be skipped, a follow-up, conditions
# on a calculation, several choices of which one excludes the rest, numbers and words that must fit, rounds.
EVERYTHING = (
    """
| survey |
|  | type                   | name      | label  | required | relevant | constraint | calculation | role | indicator |
|  | select_one yn          | works     | Works? | yes | | | | | |
|  | select_one yn          | adult     | Adult? | yes | ${works} = 'no' | | | | |
|  | calculate              | fits      |        | | | | if(${works} = 'no' and ${adult} = 'yes', 1, 0) | | |
|  | select_one agree       | ending    | Agree? | yes | ${fits} = 1 | | | consent | |
|  | begin_group            | talk      | Talk   | | ${ending} = 'agrees' and ${fits} = 1 | | | | |
|  | select_one_from_file services.csv | place | Where? | yes | | | | service | |
|  | select_multiple who    | who       | Who?   | yes | | not(selected(., 'neither') and count-selected(.) > 1) \
and not(selected(., 'pns') and count-selected(.) > 1) | | identity | |
|  | integer                | times     | Times? | yes | | . >= 1 and . <= 30 | | | |
|  | decimal                | hours     | Hours? |     | | . < 24 | | | |
|  | text                   | word      | Code?  | yes | | regex(., '^[A-Z0-9]{6}$') | | | |
|  | text                   | more      | More?  |     | | | | | |
|  | select_one ypn         | a1        | A1     | yes | | | | | pkg_nsp |
|  | select_one ypn         | a2        | A2     | yes | | | | | pkg_hiv |
|  | select_multiple things | a3        | A3     | yes | | not((selected(., 'none') or selected(., 'dk')) \
and count-selected(.) > 1) | | | pkg_condoms |
|  | select_one go          | go_on     | Go on? | yes | | | | | |
|  | begin_group            | part      | Part   | | ${go_on} = 'on' | | | | |
|  | select_one harm        | h1        | H1     | yes | | | | | srh_coercion |
|  | select_one yn          | h1_more   | More   | yes | ${h1} = 'yes' | | | followup | |
|  | select_one ypn         | b1        | B1     | yes | | | | | srh_info |
|  | end_group              |           |        | | | | | | |
|  | begin_repeat           | child     | Child  | | selected(${who}, 'a') | | | | |
|  | integer                | age       | Age?   | yes | | . >= 0 and . < 18 | | | |
|  | begin_repeat           | visit     | Visit  | | | | | | |
|  | date                   | day       | Day?   | yes | | | | | |
|  | end_repeat             |           |        | | | | | | |
|  | end_repeat             |           |        | | | | | | |
|  | acknowledge            | thanks    | Thanks | | | | | | |
|  | end_group              |           |        | | | | | | |
"""
    + CHOICES
)

PLAIN = (
    """
| survey |
|  | type            | name  | label  | required | role    | indicator |
|  | select_one ypn  | a1    | A1     | yes      |         | pkg_nsp   |
|  | select_one ypn  | a2    | A2     |          |         | no_such_code |
|  | text            | more  | More?  |          |         |           |
"""
    + CHOICES
)


@cache
def small(markdown: str, source: str = "C") -> tuple[Form, Filler]:
    from pyxform.xls2json_backends import md_to_dict
    from pyxform.xls2xform import convert

    form = form_from_sheets({**md_to_dict(markdown), "settings": [{"source": source}]}, "small")
    xform = convert(markdown, validate=False).xform
    return form, Filler(xform, {"services.csv": csv(made(1))} if "services.csv" in markdown else {})


def media(services_: tuple[Service, ...]) -> dict[str, bytes]:
    """Return the tables that the instrument wants, as they are uploaded."""
    locales = {code: Locale(code, label) for code, label in LOCALES.items()}
    helps = [Referral(code, "Example help line", "000", "", accepts=True, checked_on="2026-11-01") for code in LOCALES]
    return {
        "services.csv": csv(services_),
        "locales.csv": locales_for_phones(locales),
        "referrals.csv": referrals_for_phones(helps, locales),
    }


@cache
def real() -> tuple[Form, str]:
    path = data_dir("xlsform") / "client_interview.xlsx"
    return read_form(path, path.stem), convert_form(path)


@cache
def framework() -> Framework:
    return read_framework(data_dir("xlsform") / "framework.yaml")


@cache
def made(seed: int) -> tuple[Service, ...]:
    return services(framework(), seed)


def csv(services_: tuple[Service, ...]) -> bytes:
    lines = ["name,label,locale", *(f"{s.code},{s.label},{s.locale}" for s in services_)]
    return "\n".join(lines).encode()


@cache
def drawn(seed: int) -> tuple[dict[str, Any], ...]:
    return tuple(interviews(real()[0], framework(), made(seed), seed))


def agreed(answers: dict[str, Any]) -> bool:
    consent = real()[0].with_role("consent")
    assert consent is not None
    return any(choice.name == answers.get(consent.name) and choice.score == 1 for choice in consent.choices)


def of(service: Service, people: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    question = real()[0].with_role("service")
    assert question is not None
    return [answers for answers in people if answers.get(question.name) == service.code]


@pytest.mark.parametrize("seed", [1, pytest.param(2026, marks=pytest.mark.soak)])
def test_the_phone_accepts_every_interview_on_the_instrument(seed: int) -> None:
    """Each made-up interview passes the instrument's own rules on the phone, and holds only what was asked."""
    form, xform = real()
    filler = Filler(xform, media(made(seed)))
    for language in (None, form.languages[-1]):
        for answers in drawn(seed):
            assert filler.fill(answers, language).unused == ()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_phone_accepts_every_interview_on_a_form_with_everything(seed: int) -> None:
    """Screening, skipped parts, follow-ups, numbers, codes, rounds: whatever the seed, the phone accepts it all."""
    form, filler = small(EVERYTHING)
    few = tuple(Service(s.code, s.label, s.locale, s.type, s.quality, min(s.women, 5)) for s in made(1))
    people = list(interviews(form, framework(), few, seed))
    for answers in people:
        assert filler.fill(answers).unused == ()
    complete = [answers for answers in people if answers.get("ending") == "agrees"]
    assert len(complete) == sum(service.women for service in few)


def test_a_form_without_roles_and_unknown_indicators_will_do() -> None:
    """A form that has neither consent nor service nor known indicators is filled in all the same, refused by nobody."""
    form, filler = small(PLAIN)
    people = list(interviews(form, framework(), made(1), 1))
    assert len(people) == sum(service.women for service in made(1))
    for answers in people:
        assert filler.fill(answers).unused == ()


@pytest.mark.parametrize("seed", [1, 2026])
def test_good_services_come_out_above_bad_ones(seed: int) -> None:
    """The scores of the interviews follow what each service deserves, and tell the good from the bad clearly."""
    codes = [indicator.code for indicator in framework().indicators]
    deserved: list[tuple[float, float]] = []
    for service in made(seed):
        answers = [(real()[0], document) for document in of(service, drawn(seed))]
        sheet = answer_sheet("C", codes, answers)
        score = score_service(service.code, "2026-1", framework(), [sheet])
        averaged = [domain.value for domain in score.domains if domain.value is not None]
        deserved.append((sum(service.quality.values()) / len(service.quality), sum(averaged) / len(averaged)))
    good = [score for quality, score in deserved if quality > 0.78]
    bad = [score for quality, score in deserved if quality < 0.3]
    assert len(good) == len(bad) == 2
    assert min(good) > 0.7
    assert max(bad) < 0.4


def test_every_woman_who_takes_part_is_counted_at_her_service() -> None:
    """As many interviews are complete at each service as it says, among them one with 4 and one with 12."""
    counts = {service.code: len([a for a in of(service, drawn(1)) if agreed(a)]) for service in made(1)}
    assert counts == {service.code: service.women for service in made(1)}
    assert {4, 12} <= set(counts.values())


def test_refusals_hold_nothing() -> None:
    """About seven in a hundred refuse or cannot take part, and theirs hold nothing but that."""
    form, xform = real()
    consent = form.with_role("consent")
    assert consent is not None
    refused = [answers for answers in drawn(1) if not agreed(answers)]
    assert 0.05 < len(refused) / len(drawn(1)) < 0.1
    names = [question.name for question in form.questions]
    until_consent = set(names[: names.index(consent.name) + 1])
    filler = Filler(xform, media(made(1)))
    for answers in refused:
        assert set(answers) <= until_consent
        assert not [name for name in answers if form.by_name[name].scored or form.by_name[name].role == "service"]
        xml = filler.fill(answers).xml
        assert not [service.code for service in made(1) if service.code in xml]


def test_some_cannot_take_part_before_they_are_asked() -> None:
    """Where a form screens before it asks for consent, some interviews end there, without a question about consent."""
    form, _ = small(EVERYTHING)
    people = list(interviews(form, framework(), made(1), 5))
    stopped = [answers for answers in people if answers.get("ending") != "agrees"]
    assert {"refuses", None} == {answers.get("ending") for answers in stopped}
    assert all(set(answers) <= {"works", "adult", "ending"} for answers in stopped)


def test_a_part_may_be_skipped() -> None:
    """A few women skip a part that may be skipped, most go on."""
    form, _ = small(EVERYTHING)
    people = [a for a in interviews(form, framework(), made(1), 5) if "go_on" in a]
    skipped = [answers for answers in people if answers["go_on"] == "skip"]
    assert 0.02 < len(skipped) / len(people) < 0.2
    assert not [answers for answers in skipped if "h1" in answers or "b1" in answers]


def test_the_same_seed_gives_the_same_people() -> None:
    """Services and interviews are the same for the same seed, and others for another."""
    form = real()[0]
    assert services(framework(), 1) == services(framework(), 1) != services(framework(), 2)
    assert tuple(interviews(form, framework(), made(1), 1)) == drawn(1)
    assert tuple(interviews(form, framework(), made(1), 2)) != drawn(1)


def test_the_order_tells_nothing_about_the_service() -> None:
    """Interviews come in a shuffled order, as they do in life: early ones are of many services."""
    question = real()[0].with_role("service")
    assert question is not None
    first = [answers[question.name] for answers in drawn(1) if question.name in answers][:20]
    assert len(set(first)) >= 4


def test_harms_are_rare_where_services_are_good() -> None:
    """Reports of harm are next to none at good services and happen at bad ones."""
    indicators = {i.code for i in framework().indicators if i.harm and not i.averaged}
    asked = [question for question in real()[0].scored if question.indicator in indicators]

    def share(services_: list[Service]) -> float:
        scores = [
            score
            for service in services_
            for answers in of(service, drawn(1))
            for question in asked
            if (score := score_answer(question, answers.get(question.name))[0]) is not None
        ]
        return sum(score < 0.5 for score in scores) / len(scores)

    def general(service: Service) -> float:
        return sum(service.quality.values()) / len(service.quality)

    assert share([service for service in made(1) if general(service) > 0.78]) < 0.01
    assert 0.04 < share([service for service in made(1) if general(service) < 0.3]) < 0.25


def test_some_do_not_know_and_some_do_not_say() -> None:
    """Among the answers are some that stand for a missing one, of each reason that the instrument offers, but few."""
    form = real()[0]
    reasons = Counter(
        choice.missing or "value"
        for answers in drawn(1)
        for question in form.scored
        for choice in question.choices
        if choice.name in (value if isinstance(value := answers.get(question.name), list) else [value])
    )
    total = reasons.total()
    offered = {choice.missing for question in form.scored for choice in question.choices if choice.missing}
    assert {"dk", "pns"} <= offered
    for reason in offered:
        assert 0.001 < reasons[reason] / total < 0.1


def test_providers_and_observers_answer_once_or_twice_a_service() -> None:
    """A provider's form comes once a service, an observer's twice, and a place's twice a place; nobody refuses."""
    counts = {
        source: len(list(interviews(small(PLAIN, source)[0], framework(), made(1), 1))) for source in ("P", "O", "L")
    }
    assert counts == {"P": 8, "O": 16, "L": 6}


def test_providers_praise_themselves() -> None:
    """A provider's answers are somewhat better than those of the women at the same service."""
    middling = tuple(
        Service(f"S{n}", "x (made up)", "x", "x", {domain.code: 0.5 for domain in framework().domains}, 1)
        for n in range(200)
    )

    def mean(source: str) -> float:
        form, _ = small(PLAIN, source)
        question = form.by_name["a1"]
        scores = [score_answer(question, a.get("a1"))[0] for a in interviews(form, framework(), middling, 3)]
        known = [score for score in scores if score is not None]
        return sum(known) / len(known)

    assert mean("P") > mean("C") + 0.03


def test_services_are_made_up_and_look_it() -> None:
    """Eight services in three places, each with a code of its own and a label that says that it is made up."""
    for seed in (1, 2, 3):
        made_up = made(seed)
        assert len({service.code for service in made_up}) == len(made_up) == 8
        assert len({service.locale for service in made_up}) == 3
        assert all(service.label.endswith("(made up)") and service.locale in LOCALES for service in made_up)
        assert all(0 <= level <= 1 for service in made_up for level in service.quality.values())
        assert set(made_up[0].quality) == {domain.code for domain in framework().domains}


def test_one_service_is_good_but_for_a_few_domains() -> None:
    """One service is far worse in two of its domains than in all others."""
    for seed in range(5):
        spreads = [sorted(service.quality.values()) for service in made(seed)]
        assert [levels[1] < 0.2 and levels[2] > 0.5 for levels in spreads].count(True) == 1


@settings(max_examples=200)
@given(low=st.floats(0, 1), high=st.floats(0, 1))
def test_harm_is_never_likelier_where_services_are_better(low: float, high: float) -> None:
    """The chance of a harm is a chance, and falls as services get better."""
    low, high = sorted((low, high))
    assert 0 <= draw.harm_chance(high) <= draw.harm_chance(low) <= 1


IMPOSSIBLE = """
| survey |
|  | type    | name  | label | required | constraint         |
|  | integer | times | Times | yes      | . > 5 and . < 5    |
"""


def test_a_question_that_nobody_could_answer_is_named() -> None:
    """A required question whose rule no answer fits stops the demo, by name and row, instead of going on for ever."""
    with pytest.raises(FormError, match=r"row 2.*'times'"):
        list(interviews(small(IMPOSSIBLE)[0], framework(), made(1), 1))


@pytest.mark.parametrize("path", form_files(data_dir("xlsform")), ids=lambda path: path.stem)
def test_who_says_no_says_it_where_an_interview_can_end(path: Path) -> None:
    """Of a rehearsal's interviews the last one ends at consent or screening, whatever the seed, and tells nothing.

    That an area is not on the list is no refusal: it is held back, and the rehearsal would fail by chance.
    """
    form = read_form(path, path.stem)
    consent = form.with_role("consent")
    assert consent is not None
    for seed in range(40):
        *took_part, refused = some_interviews(form, framework(), ("S01", "area_a"), seed, 2)
        assert len(took_part) == 2
        assert not any(question.name in refused for question in form.scored)
        last = [question for question in form.questions if question.name in refused][-1]
        assert last.role not in {"service_listed", "locale_listed"}
        assert all(one.get(consent.name) == next(c.name for c in consent.choices if c.score == 1) for one in took_part)
