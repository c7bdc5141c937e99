"""Mistakes in wording and safety (F4 and F5)."""

from __future__ import annotations

import unicodedata

from checks_broken import breaks
from checks_sample import EN, ES, QUOTED, Sample, ask, text

_ENGLISH, _SPANISH = f"label::{EN}", f"label::{ES}"


@breaks("F401", "survey", 17, _SPANISH, language=ES)
def reference_dropped(sample: Sample) -> None:
    """Lose the code in a translation."""
    sample.q("shown")[_SPANISH] = "Su código está aquí."


@breaks("F401", "survey", 17, _SPANISH, language=ES)
def reference_added(sample: Sample) -> None:
    """Show another answer in a translation."""
    sample.q("shown")[_SPANISH] = "Su código es ${code}, ${month}."


@breaks("F402", "survey", 14, _SPANISH, language=ES)
def stress_lost(sample: Sample) -> None:
    """Stress a word in one language."""
    sample.q("visits")[_ENGLISH] = "How **many** visits?"


@breaks("F403", "survey", 14, _SPANISH, language=ES)
def other_number(sample: Sample) -> None:
    """Ask about other months in a translation."""
    sample.q("visits").update(text("label", "Visits in 6 months?", "¿Visitas en 12 meses?"))


@breaks("F404", "survey", 14, _SPANISH, language=ES)
def copied(sample: Sample) -> None:
    """Copy the source text."""
    sample.q("visits")[_SPANISH] = "How many visits?"


@breaks("F405", "survey", 14, _SPANISH, language=ES)
def other_alphabet(sample: Sample) -> None:
    """Write Spanish in Cyrillic."""
    sample.q("visits")[_SPANISH] = "Сколько посещений?"


@breaks("F405", "survey", 14, _SPANISH, language=ES)
def letter_that_looks_alike(sample: Sample) -> None:
    """Put one Cyrillic letter into a Spanish word."""
    sample.q("visits")[_SPANISH] = "¿Cuántas visit\u0430s?"


@breaks("F406", "survey", 14, _SPANISH, language=ES)
def much_longer(sample: Sample) -> None:
    """Say much more in a translation."""
    sample.q("visits")[_SPANISH] = "¿Cuántas visitas hubo? Cuéntelas todas, también las de ayer y hoy."


@breaks("F407", "survey", 14, _ENGLISH, language=EN)
def long_question(sample: Sample) -> None:
    """Ask at length."""
    asked = "How many visits have you made? Count the short ones too. Count those with a friend. Then add them all up."
    sample.q("visits").update(
        text("label", f"{asked} Take your time.", "¿Cuántas visitas ha hecho? Cuente las cortas. Súmelas.")
    )


@breaks("F408", "choices", 15, _ENGLISH, language=EN)
def long_choice(sample: Sample) -> None:
    """Offer a choice of many words."""
    many = "I am older than that, or I am not sure which group I am in now"
    sample.c("age", "older").update(text("label", many, "Tengo más, o no sé cuál es mi grupo de edad"))


@breaks("F409", "survey", 17, _ENGLISH, language=EN)
def long_sentence(sample: Sample) -> None:
    """Say it all in one sentence."""
    long = "You can keep it or leave it or learn it by heart or write it on a slip that you burn or eat or hide"
    short = "Puede guardarlo o dejarlo. Puede aprenderlo de memoria. Puede escribirlo en un papel y quemarlo."
    sample.add(ask("note", "advice", f"{long}.", short), before="shown")


@breaks("F410", "survey", 14, _SPANISH, language=ES)
def letters_apart(sample: Sample) -> None:
    """Take an accent from its letter."""
    sample.q("visits")[_SPANISH] = unicodedata.normalize("NFD", "¿Cuántas visitas?")


@breaks("F411", "survey", 14, _SPANISH, language=ES)
def shaming_word(sample: Sample) -> None:
    """Use a word that labels people."""
    sample.q("visits")[_SPANISH] = "¿Cuántas drogadictas?"


@breaks("F411", column="domains → abc → label → en", language="en", file="framework.yaml")
def shaming_word_in_the_framework(sample: Sample) -> None:
    """Use such a word where reports take their words from."""
    sample.framework["domains"][0]["label"] = {"en": "Drug abusers", "es": "Mujeres"}


@breaks("F412", "survey", 14, _ENGLISH, language=EN)
def doubtful_word(sample: Sample) -> None:
    """Use a word that may label people."""
    sample.q("visits")[_ENGLISH] = "How many clean tests?"


@breaks("F501", "survey", 14, "type")
def device(sample: Sample) -> None:
    """Record which phone it was."""
    sample.add({"type": "deviceid", "name": "phone_used"})


@breaks("F501", "survey", 14, "type")
def place(sample: Sample) -> None:
    """Record where it was."""
    sample.add(ask("geopoint", "where_now", "Where are we?", "¿Dónde estamos?"))


@breaks("F501", "survey", 14, "type")
def log(sample: Sample) -> None:
    """Record each step of the interviewer."""
    sample.add({"type": "audit", "name": "audit"})


@breaks("F502", "survey", 14, "type")
def day(sample: Sample) -> None:
    """Ask for the day of the last visit."""
    sample.add(ask("date", "last_visit", "When was the last visit?", "¿Cuándo fue la última visita?", role="context"))


@breaks("F503", "survey", 14, "name")
def asks_by_name(sample: Sample) -> None:
    """Call a question what it asks for."""
    sample.add(ask("integer", "mobile_phone", "At which number?", "¿En qué número?", role="context"))


@breaks("F503", "survey", 14, _ENGLISH, language=EN)
def asks_by_label(sample: Sample) -> None:
    """Ask for a telephone number in words."""
    sample.add(ask("integer", "reach", "What is your phone number?", "¿Cuál es el número?", role="context"))


@breaks("F503", "survey", 14, _SPANISH, language=ES)
def asks_in_a_translation(sample: Sample) -> None:
    """Ask for it in a translation alone."""
    sample.add(ask("integer", "reach", "How do I reach you?", "¿Cuál es su teléfono?", role="context"))


@breaks("F504", "survey", 14, "calculation")
def day_of_the_interview(sample: Sample) -> None:
    """Send the day along."""
    sample.add(ask("calculate", "stamp", calculation="format-date(today(), '%Y-%m-%d')", role="context"))


@breaks("F504", "survey", 14, "default")
def moment_as_default(sample: Sample) -> None:
    """Fill in the moment beforehand."""
    sample.q("visits")["default"] = "int(decimal-date-time(now()))"


@breaks("F505", "survey", 17, "type")
def third_text(sample: Sample) -> None:
    """Ask a third question in words."""
    hint = text("hint", "No names, no places, no dates.", "Sin nombres, sin lugares, sin fechas.")
    for name in ("more", "most"):
        sample.add(
            ask("text", name, "What else?", "¿Qué más?", role="free_text", relevant=QUOTED, **hint), before="code"
        )


@breaks("F505", "survey", 15, "type")
def more_than_the_framework_allows(sample: Sample) -> None:
    """Ask in words where the framework allows none."""
    sample.framework["forms"]["small"]["max_free_text"] = 0


@breaks("F506", "survey", 15, f"hint::{ES}", language=ES)
def warning_lost(sample: Sample) -> None:
    """Warn of less in a translation."""
    sample.q("wish")[f"hint::{ES}"] = "Sin nombres, sin lugares, por favor."


@breaks("F507", "settings", 2, "form_title")
def telling(sample: Sample) -> None:
    """Tell in the title what it is about."""
    sample.settings["form_title"] = "Survey of women who use drugs"


@breaks("F508", "survey", 13, "required")
def must_say_age(sample: Sample) -> None:
    """Make her say how old she is."""
    sample.q("age")["required"] = "yes"


@breaks("F508", "survey", 13, "type")
def cannot_refuse_age(sample: Sample) -> None:
    """Offer no way not to say it."""
    sample.choices.remove(sample.c("age", "pns"))


@breaks("F509", "survey", 16, "calculation")
def code_of_answers(sample: Sample) -> None:
    """Make the code of her answers."""
    sample.q("code")["calculation"] = "concat(${age}, ${visits})"


@breaks("F521", "survey")
def nobody_asked(sample: Sample) -> None:
    """Take the role from the question of consent."""
    sample.q("agree")["role"] = "context"


@breaks("F521", "survey", 6, "type")
def no_choice_means_yes(sample: Sample) -> None:
    """Let no choice count as agreement."""
    sample.c("agree", "yes")["score"] = 0


@breaks("F522", "survey", 6, "name")
def asked_before_consent(sample: Sample) -> None:
    """Ask something before she has agreed."""
    sample.add(ask("integer", "early", "How many?", "¿Cuántas?", role="context"), before="agree")


@breaks("F522", "survey", 8, "name")
def kept_after_a_refusal(sample: Sample) -> None:
    """Open the interview to who refuses too."""
    sample.q("talk")["relevant"] = "${agree} != ''"


@breaks("F522", "survey", 17, "name")
def code_made_after_a_refusal(sample: Sample) -> None:
    """Make a code for her who was not asked whether she wants one."""
    end = sample.survey.index(sample.q("help")) + 1
    wish = sample.survey.pop(sample.survey.index(sample.q("keep")))
    code = sample.survey.pop(sample.survey.index(sample.q("code")))
    note = sample.survey.pop(sample.survey.index(sample.q("shown")))
    sample.survey[end - 2 : end - 2] = [wish, code, note]


@breaks("F522", "survey", 6, "name")
def harmless_question_before_consent(sample: Sample) -> None:
    """Send even the answer to a question about the weather without consent."""
    weather = sample.q("weather")
    sample.survey.remove(weather)
    sample.add({**weather, "relevant": "${done} != 'done'"}, before="agree")


@breaks("F413", "survey", 11, "label::Français (fr)", language="Français (fr)")
def wrong_column(sample: Sample) -> None:
    """Paste one language's question into another's column."""
    for row in (*sample.survey, *sample.choices):
        for column in ("label", "hint", "required_message", "constraint_message"):
            if f"{column}::{ES}" in row:
                row[f"{column}::Français (fr)"] = f"Là {row[f'{column}::{ES}']}"
    sample.q("wish")["hint::Français (fr)"] = "Sans noms, sans lieux, sans dates."
    sample.framework["domains"][0]["label"]["fr"] = "Étiquette"  # the one label that all share
    sample.q("open_c")["label::Français (fr)"] = sample.q("open_c")[f"label::{ES}"]
    sample.framework["languages"]["fr"] = {"name": "Français (fr)", "status": "draft"}


@breaks("F414", "survey", 11, f"label::{ES}", language=ES)
def to_be_translated(sample: Sample) -> None:
    """Leave a mark to come back to."""
    sample.q("open_c")[f"label::{ES}"] = "TODO: ¿abre a tiempo?"  # the mark that the check is to find


@breaks("F414", "choices", 7, f"label::{EN}", language=EN)
def to_be_written(sample: Sample) -> None:
    """Leave a choice open."""
    sample.c("ypn", "dk")[f"label::{EN}"] = "???"


@breaks("F526", "survey", 5, f"label::{ES}", language=ES)
def promise_lost(sample: Sample) -> None:
    """Lose a sentence of what she agrees to in one language."""
    sample.q("about").update(
        text(
            "label",
            "We ask about one service. You can stop. Nothing is sent.",
            "Preguntamos por un servicio. Pare si quiere.",
        )
    )
