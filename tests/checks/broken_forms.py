"""Mistakes in workbook, languages, columns and expressions (F0 to F3)."""

from __future__ import annotations

from datetime import datetime

from checks_broken import breaks
from checks_sample import EN, ES, Sample, ask, choice, text
from openpyxl import Workbook
from openpyxl.comments import Comment

_NUMBER = {"role": "context"}


@breaks("F001")
def no_workbook(sample: Sample) -> None:
    """Put another file in the workbook's place."""
    sample.data = b"This is no workbook."


@breaks("F001", "survey", 14)
def unknown_type(sample: Sample) -> None:
    """Ask a question of a type that there is not."""
    sample.add(ask("chose_one ypn", "extra", "Extra?", "¿Otra?"))


@breaks("F001", "choices", 2)
def score_in_words(sample: Sample) -> None:
    """Write a score that is no number."""
    sample.c("agree", "yes")["score"] = "full"


@breaks("F002", "survey", 14)
def reference_to_nothing(sample: Sample) -> None:
    """Look at a question that there is not."""
    sample.add(ask("note", "extra", "More.", "Más.", relevant="${nothing} = 'x'"))


@breaks("F003", "survey", 14)
def group_without_label(sample: Sample) -> None:
    """Leave a repeat without a label."""
    sample.add(ask("begin_repeat", "extra"), ask("note", "more", "More.", "Más."), ask("end_repeat", ""))


@breaks("F004", "survey", 14, f"hint::{EN}")
def formula(sample: Sample) -> None:
    """Write a formula, which openpyxl saves without its result."""

    def write(book: Workbook) -> None:
        sheet = book["survey"]
        column = [cell.value for cell in sheet[1]].index(f"hint::{EN}") + 1
        sheet.cell(14, column, '="Count "&"all."')

    sample.workbook = write


@breaks("F101", "choices", 6, f"label::{ES}", language=ES)
def empty_cell(sample: Sample) -> None:
    """Leave a choice untranslated."""
    sample.c("ypn", "no").pop(f"label::{ES}")


@breaks("F101", "survey", 11, f"required_message::{EN}", language=EN)
def empty_message(sample: Sample) -> None:
    """Leave a message without its English."""
    sample.q("open_c").pop(f"required_message::{EN}")
    sample.q("agree").update(text("required_message", "Please choose.", "Elija, por favor."))


@breaks("F102", "choices", 1, "label::Espanol (es)", language="Espanol (es)")
def typo_on_one_sheet(sample: Sample) -> None:
    """Spell a language otherwise on the choices sheet."""
    sample.rename("choices", f"label::{ES}", "label::Espanol (es)")


@breaks("F102", "survey", 1, "hint::Español", language="Español")
def code_left_out(sample: Sample) -> None:
    """Leave out a language's code in one header."""
    sample.rename("survey", f"hint::{ES}", "hint::Español")


@breaks("F103", "survey", 1, language="Français (fr)")
def language_promised(sample: Sample) -> None:
    """Let the framework promise a language that the form does not have."""
    sample.framework["languages"]["fr"] = {"name": "Français (fr)", "status": "draft"}
    _translate_framework(sample.framework)


def _translate_framework(node: object) -> None:
    if isinstance(node, dict):
        if "es" in node and isinstance(node["es"], str):
            node["fr"] = "Étiquette"
        for value in node.values():
            _translate_framework(value)
    elif isinstance(node, list):
        for value in node:
            _translate_framework(value)


@breaks("F104", "survey", 1, language=ES)
def column_left_out(sample: Sample) -> None:
    """Have messages in one language only."""
    for row in sample.survey:
        row.pop(f"constraint_message::{ES}", None)


@breaks("F105", "survey", 1, language=ES)
def language_not_promised(sample: Sample) -> None:
    """Have a language that the framework does not."""
    del sample.framework["languages"]["es"]


@breaks("F106", "settings", 2, "default_language", language="English")
def default_is_none(sample: Sample) -> None:
    """Open in a language that there is not."""
    sample.settings["default_language"] = "English"


@breaks("F107", "survey", 1, "guidance_hint")
def plain_column(sample: Sample) -> None:
    """Add a column of texts without a language."""
    sample.q("visits")["guidance_hint"] = "Count all."


@breaks("F201", "survey", 1, "note: internal")
def colon_in_header(sample: Sample) -> None:
    """Add a column for notes with a colon."""
    sample.q("visits")["note: internal"] = "ask again"


@breaks("F201", "choices", 1, "lable::English (en)")
def misspelt_label(sample: Sample) -> None:
    """Misspell a column of texts."""
    sample.c("ypn", "no")["lable::English (en)"] = "No"


@breaks("F202", "survey", 1, "relevent")
def misspelt_header(sample: Sample) -> None:
    """Misspell a column."""
    sample.q("visits")["relevent"] = "${open_c} = 'yes'"


@breaks("F202", "choices", 1, "scores")
def misspelt_score(sample: Sample) -> None:
    """Misspell a column of this program's own."""
    sample.c("age", "young")["scores"] = 1


@breaks("F203", "survey", 17, "name")
def same_name_in_another_group(sample: Sample) -> None:
    """Give a name to two questions in different groups."""
    group = ask("begin_group", "more", "More", "Más")
    sample.add(group, ask("integer", "visits", "And now?", "¿Y ahora?", **_NUMBER), ask("end_group", ""))


@breaks("F204", "choices", 15, "name")
def choice_of_two_words(sample: Sample) -> None:
    """Put a space into the name of a choice."""
    sample.c("age", "older")["name"] = "25 up"


@breaks("F205", "survey", 13, "appearance")
def misspelt_appearance(sample: Sample) -> None:
    """Misspell an appearance."""
    sample.q("age")["appearance"] = "minimall"


@breaks("F206", "choices", 24, "list_name")
def list_without_question(sample: Sample) -> None:
    """Add a list that no question uses."""
    sample.choices.append(choice("left_over", "one", "One", "Uno"))


@breaks("F207", "survey", 13, "type")
def other_by_pyxform(sample: Sample) -> None:
    """Let pyxform add “other”, in English."""
    sample.q("age")["type"] = "select_one age or_other"


@breaks("F301", "survey", 14, "constraint")
def no_such_function(sample: Sample) -> None:
    """Call a function that there is not."""
    sample.q("visits").update(constraint="is_number(.)", **text("constraint_message", "No.", "No."))


@breaks("F301", "survey", 14, "relevant")
def function_of_the_phone_alone(sample: Sample) -> None:
    """Call a function that the web form does not know."""
    sample.q("visits")["relevant"] = "is-selected(${open_c}, 'yes')"


@breaks("F302", "survey", 14, "calculation")
def yes_or_no(sample: Sample) -> None:
    """Calculate a bare comparison."""
    sample.add(ask("calculate", "open", calculation="${open_c} = 'yes'", **_NUMBER))


@breaks("F302", "survey", 14, "calculation")
def yes_or_no_in_a_branch(sample: Sample) -> None:
    """Calculate a comparison in one branch."""
    sample.add(ask("calculate", "open", calculation="if(${open_c} = 'yes', true(), 0)", **_NUMBER))


@breaks("F303", "survey", 15, "calculation")
def sum_with_blank(sample: Sample) -> None:
    """Count with an answer that may be left out."""
    sample.add(ask("calculate", "next", calculation="${visits} + 1", **_NUMBER), before="wish")


@breaks("F304", "survey", 14, "relevant")
def date_in_quotes(sample: Sample) -> None:
    """Compare a date with a text."""
    sample.q("visits")["relevant"] = "${month} < '2026-06-01'"


@breaks("F305", "survey", 15, "constraint")
def loose(sample: Sample) -> None:
    """Use a pattern that is not anchored."""
    sample.q("wish").update(constraint="regex(., '[a-z ]+')", **text("constraint_message", "No.", "No."))


@breaks("F305", "survey", 15, "constraint")
def loose_alternative(sample: Sample) -> None:
    """Use a pattern of which each half is tied to one end only."""
    sample.q("wish").update(constraint="regex(., '^[a-z]+|[0-9]+$')", **text("constraint_message", "No.", "No."))


@breaks("F306", "survey", 14, "calculation")
def web_function(sample: Sample) -> None:
    """Call a function that phones do not have."""
    sample.add(ask("calculate", "year", calculation="substring(${month}, 1, 4)", **_NUMBER))


def _visits(sample: Sample, **cells: str) -> None:
    sample.add(
        ask("begin_repeat", "each", "Each visit", "Cada visita", **cells),
        ask("integer", "minutes", "How long?", "¿Cuánto tiempo?", **_NUMBER),
        ask("end_repeat", ""),
        before="wish",
    )


@breaks("F307", "survey", 18, "calculation")
def counted_under_a_condition(sample: Sample) -> None:
    """Count the repeats that fulfil a condition."""
    _visits(sample)
    sample.add(ask("calculate", "short", calculation="count(${each}[minutes < 5])", **_NUMBER), before="wish")


@breaks("F308", "survey", 15, "repeat_count")
def repeat_of_none(sample: Sample) -> None:
    """Repeat as often as an answer says, which may be 0."""
    _visits(sample, repeat_count="${visits}")


@breaks("F309", "survey", 14, "calculation")
def label_in_data(sample: Sample) -> None:
    """Store the label of what was chosen."""
    label = "jr:choice-name(${open_c}, '${open_c}')"
    sample.add(ask("calculate", "said", calculation=label, **_NUMBER))


@breaks("F310", "survey", 14, "relevant")
def choice_that_is_not_there(sample: Sample) -> None:
    """Wait for a choice that the list does not have."""
    sample.q("visits")["relevant"] = "${open_c} = 'partially'"


@breaks("F310", "survey", 12, "constraint")
def choice_that_is_not_there_in_a_constraint(sample: Sample) -> None:
    """Refuse a choice that the question's own list does not have."""
    sample.q("things_c")["constraint"] += " and not(selected(., 'nothing'))"


@breaks("F311", "survey", 11, "relevant")
def waits_for_what_comes_later(sample: Sample) -> None:
    """Stand a question above the one that it depends on."""
    question = sample.q("visits")
    sample.survey.remove(question)
    sample.add({**question, "relevant": "${open_c} = 'yes'"}, before="open_c")


@breaks("F005", "choices", 14, f"label::{EN}")
def label_that_became_a_date(sample: Sample) -> None:
    """Let Excel make a day of an age group."""
    day = datetime(2024, 1, 18)  # noqa: DTZ001 -- as Excel stores it
    sample.c("age", "young").update({f"label::{EN}": day, f"label::{ES}": day})


@breaks("F006", "contacts")
def sheet_of_contacts(sample: Sample) -> None:
    """Keep the team's telephone numbers on a sheet of their own."""

    def write(book: Workbook) -> None:
        book.create_sheet("contacts").append(["Anna", "555"])

    sample.workbook = write


@breaks("F006", "survey", 14)
def note_beside_the_form(sample: Sample) -> None:
    """Write a note to the right of the last column."""

    def write(book: Workbook) -> None:
        book["survey"].cell(14, 40, "Ask Anna, 555")

    sample.workbook = write


@breaks("F006", "choices", 3, "name")
def comment_on_a_cell(sample: Sample) -> None:
    """Leave a comment on a cell."""

    def write(book: Workbook) -> None:
        book["choices"].cell(3, 2).comment = Comment("Ask Anna, 555", "Berta")

    sample.workbook = write


@breaks("F006", "settings", 3, "form_title")
def note_below_the_settings(sample: Sample) -> None:
    """Write a note below the row of settings."""

    def write(book: Workbook) -> None:
        book["settings"].cell(3, 1, "Ask Anna, 555")

    sample.workbook = write


@breaks("F208", "survey", 1, "Notes")
def column_for_notes(sample: Sample) -> None:
    """Keep notes in a column."""
    sample.q("visits")["Notes"] = "Ask Anna about this."
