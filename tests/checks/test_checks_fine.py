"""What looks like a mistake and is none: no rule may cry out at it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from checks_sample import EN, ES, HINT, QUOTED, TODAY, Sample, ask, choice, text
from checks_wired import with_follow_up, with_long_code, with_module, with_part, with_topics

FINE: list[Callable[[Sample], object]] = []


def fine(do: Callable[[Sample], None]) -> Callable[[Sample], None]:
    """Enter a change that is fine into the register."""
    FINE.append(do)
    return do


@fine
def arithmetic_behind_a_condition(sample: Sample) -> None:
    # A blank is asked for first.
    sum_ = "if(${visits} = '', '', ${visits} + 1)"
    sample.add(ask("calculate", "next", calculation=sum_, role="context"), before="wish")


@fine
def arithmetic_on_what_must_be_answered(sample: Sample) -> None:
    # A required answer is never blank.
    sample.q("visits")["required"] = "yes"
    sample.add(ask("calculate", "next", calculation="${visits} + 1", role="context"), before="wish")


@fine
def arithmetic_on_a_safe_calculation(sample: Sample) -> None:
    # A calculation that is 1 or 0 is never blank.
    sample.add(
        ask("calculate", "open", calculation="if(${open_c} = 'yes', 1, 0)", role="context"),
        ask("calculate", "next", calculation="${open} + 1", role="context"),
    )


@fine
def pattern_tied_to_both_ends(sample: Sample) -> None:
    # Alternatives in parentheses are tied too.
    sample.q("wish").update(constraint="regex(., '^([a-z|]+|[0-9]+)$')", **text("constraint_message", "No.", "No."))


@fine
def date_made_a_date(sample: Sample) -> None:
    # A date written as one may be compared.
    sample.q("visits")["relevant"] = "date(concat(${month}, '-01')) < date('2027-06-01')"


@fine
def repeat_under_its_number(sample: Sample) -> None:
    # A repeat that is asked only when its number is above 0.
    sample.add(
        ask("begin_group", "all", "All visits", "Las visitas", relevant="${visits} > 0"),
        ask("begin_repeat", "each", "Each visit", "Cada visita", repeat_count="${visits}"),
        ask("integer", "minutes", "How long?", "¿Cuánto tiempo?", role="context"),
        ask("end_repeat", ""),
        ask("end_group", ""),
        before="wish",
    )


@fine
def fixed_number_of_repeats(sample: Sample) -> None:
    # A repeat of a fixed number.
    sample.add(
        ask("begin_repeat", "each", "Each visit", "Cada visita", repeat_count="3"),
        ask("integer", "minutes", "How long?", "¿Cuánto tiempo?", role="context"),
        ask("end_repeat", ""),
    )


@fine
def long_note(sample: Sample) -> None:
    # A consent text that is read aloud is longer than a question may be.
    english = (
        "We ask women about one service. We never ask your name. You can stop at any time. Nothing bad follows. " * 2
    )
    spanish = "Preguntamos a mujeres sobre un servicio. No pedimos su nombre. Puede parar cuando quiera. No pasa nada. "
    sample.add(ask("note", "more_about", english.strip(), (spanish * 2).strip()), before="agree")


@fine
def one_word_alike(sample: Sample) -> None:
    # A word that two languages share.
    sample.q("talk").update(text("label", "Personal", "Personal"))


@fine
def group_of_the_same_name(sample: Sample) -> None:
    # A group may be called as one in another group is.
    sample.add(
        ask("begin_group", "outer", "Outer", "Fuera"),
        ask("begin_group", "talk", "Inner", "Dentro"),
        ask("note", "more", "More.", "Más."),
        ask("end_group", ""),
        ask("end_group", ""),
    )


@fine
def columns_for_notes(sample: Sample) -> None:
    # Plain columns of the author's own; what stands in one for notes travels, and F208 says so.
    sample.q("visits").update({"comment": "", "comments": "", "Notes": "", "reviewed by": "the team"})


@fine
def column_of_a_filter(sample: Sample) -> None:
    # A column of the choices sheet that a filter looks at.
    sample.q("age")["choice_filter"] = "scores = 'x'"
    for row in sample.choices:
        row["scores"] = "x"


@fine
def appearances_with_arguments(sample: Sample) -> None:
    # Appearances with a number or in two words.
    sample.q("age")["appearance"] = "columns-2 no-buttons"
    sample.q("visits")["appearance"] = "w4 thousands-sep"


@fine
def two_texts(sample: Sample) -> None:
    # Two free texts that both warn.
    sample.add(ask("text", "more", "What else?", "¿Qué más?", role="free_text", relevant=QUOTED, **HINT))


@fine
def name_of_the_service(sample: Sample) -> None:
    # The name of a service is not that of a person.
    more = ask("text", "service_name", "What is the service called?", "¿Cómo es?", role="service_name", **HINT)
    more["relevant"] = "${place} = '' and ${keep} = 'no'"
    sample.q("place")["relevant"] = "${keep} = 'yes'"
    sample.add(more)


@fine
def names_in_choices(sample: Sample) -> None:
    # To ask about names is not to ask for one.
    sample.q("open_c").update(text("label", "Do staff use your name?", "¿Usan su nombre?"))


@fine
def refusal_that_ends_otherwise(sample: Sample) -> None:
    # Several ways to end, and one way to agree, said in other words.
    sample.choices.insert(2, choice("agree", "later", "Later", "Después", score=0))
    sample.q("talk")["relevant"] = "selected(${agree}, 'yes') and not(${agree} = 'later')"
    sample.survey.append(ask("note", "bye", "See you.", "Nos vemos.", relevant="${agree} = 'later'"))


@fine
def help_for_whoever_was_turned_away(sample: Sample) -> None:
    # Referrals are only shown, so they may stand outside what she agreed to.
    help_ = sample.q("help")
    sample.survey.remove(help_)
    sample.survey.append(help_)


@fine
def list_used_by_an_expression(sample: Sample) -> None:
    # A choice list that only an expression looks at: in XPath, its items lie in the list's element "root".
    sample.choices.append(choice("prices", "one", "One", "Uno"))
    looked = "instance('prices')/root/item[name = 'one']/label"
    sample.add(ask("calculate", "price", calculation=f"string({looked})", role="context"))
    sample.add(ask("select_one prices", "which", "Which one?", "¿Cuál?", role="context"))


@fine
def six_months_to_the_day(sample: Sample) -> None:
    # A referral checked six months ago to the day.
    assert TODAY.isoformat() == "2026-11-22"
    sample.swap("referrals.csv", "2026-10-01", "2026-05-22")


@fine
def general_words_in_a_label(sample: Sample) -> None:
    # A label that says the kind of service, which its private name says too.
    sample.swap("services.csv", "Service 01", "Drop-in centre 1")
    sample.swap("services.csv", "Marigold House", "Marigold Drop-in Centre")


@fine
def no_private_columns(sample: Sample) -> None:
    # A list of services without any private column.
    sample.lists["services.csv"] = "code;label;locale\nS01;Service 01;north\n"


@fine
def core_alone(sample: Sample) -> None:
    # An interview without modules leaves out what is not core.
    sample.indicator("abc_things")["core"] = False
    sample.survey.remove(sample.q("things_c"))
    sample.choices = [row for row in sample.choices if row["list_name"] != "things"]


@fine
def old_framework(sample: Sample) -> None:
    # A framework without the blocks that later versions have.
    for block in ("forms", "modules", "fixers", "bands", "gaps", "rules"):
        del sample.framework[block]


@fine
def indicator_without_score(sample: Sample) -> None:
    # A question deliberately not scored, marked with the role context.
    sample.indicator("abc_things")["scale"] = "ypn"
    sample.q("things_c")["role"] = "context"
    for row in sample.choices:
        if row["list_name"] == "things" and row["name"] in {"food", "rest"}:
            del row["score"]


@fine
def one_language(sample: Sample) -> None:
    # A form in a single nameless language, and a framework that promises none.
    for rows in (sample.survey, sample.choices):
        for row in rows:
            for column in ("label", "hint", "constraint_message", "required_message"):
                row.pop(f"{column}::{ES}", None)
                if f"{column}::{EN}" in row:
                    row[column] = row.pop(f"{column}::{EN}")
    del sample.settings["default_language"]
    sample.framework["languages"] = {}


# A part to skip, modules, topics to leave out, a follow-up and a code in groups are fine.
FINE += [with_part, with_module, with_topics, with_follow_up, with_long_code]


@pytest.mark.parametrize("do", FINE, ids=lambda do: do.__name__)
def test_what_is_fine_is_not_found(do: Callable[[Sample], object], tmp_path: Path) -> None:
    """Neither an error nor a warning stands against what is as it should be."""
    sample = Sample()
    do(sample)
    assert sample.look(tmp_path) == ()
