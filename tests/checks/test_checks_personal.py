"""What counts as asking a woman who she is, in six languages, and what only sounds like it."""

from __future__ import annotations

from pathlib import Path

import pytest
from checks_sample import EN, ES, HINT, QUOTED, Sample, ask, text
from hypothesis import given
from hypothesis import strategies as st
from small_forms import ROOT

from kobo_sync.instrument.checks.book import HINT as HINT_COLUMN
from kobo_sync.instrument.checks.book import LABEL, language_code, read_book, written
from kobo_sync.instrument.checks.words import asks_for

ASKS = {
    "en": (
        "What is your name?", "Name", "Her nickname", "Your chosen name", "What should we call you?", "Surname:",
        "Initials", "When were you born?", "Date of birth", "Date of the visit", "On which day did you come?",
        "Your address", "Where do you live?", "Phone number", "WhatsApp", "E-mail", "Passport number", "ID number",
        "Client code", "How old are you?", "A photo of you", "Name of the worker", "If you don't mind, your name?",
        "Telephone no.",
    ),
    "id": (
        "Siapa nama Anda?", "Nama", "Nama panggilan", "Nama lengkap", "Kapan Anda lahir?", "Tanggal lahir",
        "Tanggal kunjungan", "Alamat", "Di mana Anda tinggal?", "Nomor HP", "Nomor WA", "Email Anda", "Nomor KTP",
        "Paspor", "Berapa usia Anda?", "Foto", "Nama petugas",
    ),
    "ru": (
        "Как вас зовут?", "Имя", "Ваше имя", "Фамилия", "Кличка", "Когда вы родились?", "Дата рождения",
        "Дата визита", "Какой день вам удобен?", "Адрес", "Где вы живёте?", "Номер телефона", "Электронная почта",
        "Номер паспорта", "Сколько вам лет?", "Фотография", "Имя сотрудницы", "Как к вам обращаться?",
    ),
    "es": (
        "¿Cuál es su nombre?", "Nombre", "Apellidos", "Apodo", "¿Cómo te llamas?", "¿Cómo se llama usted?",
        "¿Cuándo nació?", "Fecha de nacimiento", "Fecha de la visita", "¿Qué día vino?", "Dirección",
        "¿Dónde vive?", "Teléfono", "Celular", "Correo", "Pasaporte", "Número de cédula", "¿Qué edad tiene?", "Foto",
        "Nombre de la trabajadora", "Nombre social",
    ),
    "fr": (
        "Quel est votre nom ?", "Nom", "Prénom", "Surnom", "Comment vous appelez-vous ?", "Date de naissance",
        "Date de la visite", "Quel jour êtes-vous venue ?", "Adresse", "Où habitez-vous ?", "Numéro de téléphone",
        "Courriel", "E-mail", "Numéro de passeport", "Carte d'identité", "Carte d\u2019identité",
        "Quel âge avez-vous ?", "Photo", "Nom de la salariée",
    ),
    "sw": (
        "Jina lako ni nani?", "Jina", "Unaitwa nani?", "Majina kamili", "Ulizaliwa lini?", "Tarehe ya kuzaliwa",
        "Tarehe ya kutembelea", "Ulikuja siku gani?", "Anwani", "Unaishi wapi?", "Namba ya simu", "Barua pepe",
        "Namba ya kitambulisho", "Pasipoti", "Una umri gani?", "Picha", "Jina la mfanyakazi",
    ),
}  # fmt: skip

HARMLESS = {
    "en": (
        "What should change here for women?", "Since which year has it been closed?", "How many visits?",
        "What would help you most?", "How far is it, in kilometres?",
    ),
    "id": ("Apa yang harus berubah di sini bagi perempuan?", "Berapa kali kunjungan?", "Apa yang paling membantu?"),
    "ru": ("Что здесь должно измениться для женщин?", "Сколько было посещений?", "Год закрытия сервиса?"),
    "es": ("¿Qué debería cambiar aquí para las mujeres?", "¿Cuántas visitas?", "¿Desde qué año está cerrado?"),
    "fr": ("Qu'est-ce qui devrait changer ici ?", "Combien de visites ?", "Depuis quelle année est-il fermé ?"),
    "sw": ("Nini kibadilike hapa kwa ajili ya wanawake?", "Mara ngapi?", "Imefungwa tangu mwaka gani?"),
}  # fmt: skip

WARNS = {
    "en": ("No names, no places, no dates.", "Do not write phone numbers or addresses.", "Without names or dates."),
    "id": ("Jangan ada nama, tempat, atau tanggal.", "Tanpa nama, tanpa alamat."),
    "ru": ("Без имён, без мест, без дат.", "Просим не писать имён, адресов, дат."),
    "es": ("Sin nombres, sin lugares, sin fechas.", "No escriba nombres ni teléfonos."),
    "fr": ("Pas de nom, pas de lieu, pas de date.", "N'écrivez jamais de nom ni d'adresse."),
    "sw": ("Bila majina, bila mahali, bila tarehe.", "Usiandike majina ya watu, mahali wala tarehe."),
}

SERVICE = {
    "en": "What is the name of the service?",
    "id": "Apa nama layanannya?",
    "ru": "Имя этого сервиса?",
    "es": "¿Cómo se llama el servicio?",
    "fr": "Comment s'appelle le service ?",
    "sw": "Jina la kituo ni lipi?",
}


def _each(texts: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(code, said) for code, several in texts.items() for said in several]


@pytest.mark.parametrize(("code", "said"), _each(ASKS))
def test_asking_who_she_is_is_known_in_each_language(code: str, said: str) -> None:
    """Names, days, addresses, numbers, papers and photos are known, also where the question has the service's role."""
    assert asks_for(said, code)
    assert asks_for(said.upper(), code)
    assert asks_for(said, code, of_service=True)
    assert asks_for(said, "") or said in {"Nama", "Имя", "Nombre", "Nom", "Jina"}


@pytest.mark.parametrize(("code", "said"), _each(HARMLESS))
def test_open_questions_about_the_service_are_fine(code: str, said: str) -> None:
    """What asks for an opinion, a number or a year asks for nobody."""
    assert asks_for(said, code) == ""


@pytest.mark.parametrize(("code", "said"), _each(WARNS))
def test_a_warning_asks_for_nothing(code: str, said: str) -> None:
    """“No names, places or dates” as a hint is what is wanted."""
    assert asks_for(said, code, warns=True) == ""


@pytest.mark.parametrize("code", sorted(SERVICE))
def test_the_name_of_a_service_is_fine_for_its_own_role_alone(code: str) -> None:
    """A service's name may be asked where it is not in the list; under any other role the same words are not."""
    assert asks_for(SERVICE[code], code, of_service=True) == ""
    assert asks_for(SERVICE[code], code)


@given(st.text(), st.sampled_from([*ASKS, "", "pt"]), st.booleans(), st.booleans())
def test_any_text_is_judged_and_quoted_from(said: str, code: str, of_service: bool, warns: bool) -> None:  # noqa: FBT001 -- hypothesis gives them by place
    """Whatever stands in a cell, the judgement comes, and is said in words that stand there."""
    found = asks_for(said, code, of_service=of_service, warns=warns)
    assert found == "" or isinstance(found, str)


@given(
    st.sampled_from(_each(ASKS)), st.sampled_from(["", "Please: ", "1. ", "Now, "]), st.sampled_from(["", " *", " "])
)
def test_what_stands_around_it_hides_nothing(asked: tuple[str, str], before: str, after: str) -> None:
    """A number, a courtesy or a star around a question for a name does not hide it."""
    code, said = asked
    assert asks_for(before + said + after, code)


@pytest.mark.parametrize("role", ["context", "free_text", "service_name", "closed_since", ""])
def test_no_role_lets_a_name_pass(role: str, tmp_path: Path) -> None:
    """“What is your name?” is found whatever role the question is given."""
    sample = Sample()
    label = text("label", "What is your name?", "¿Qué más?")
    sample.q("wish").update({**label, "role": role})
    assert "F503" in {one.code for one in sample.look(tmp_path)}


def test_hints_ask_too(tmp_path: Path) -> None:
    """A harmless question whose hint wants a telephone number is found."""
    sample = Sample()
    sample.q("wish")[f"hint::{EN}"] = "No names, no places, no dates. Her phone number in case."
    found = [one for one in sample.look(tmp_path) if one.code == "F503"]
    assert [(one.column, one.language) for one in found] == [(f"hint::{EN}", EN)]


def test_a_chosen_name_may_be_asked_about_and_not_for(tmp_path: Path) -> None:
    """Whether staff use a trans woman's chosen name is a fair question; to type the name in is not."""
    sample = Sample()
    chosen = text("label", "Do staff use your chosen name?", "¿Usan su nombre elegido?")
    sample.q("open_c").update(chosen)
    assert sample.look(tmp_path) == ()
    sample.add(ask("text", "called", role="free_text", relevant=QUOTED, **chosen, **HINT))
    assert {one.code for one in sample.look(tmp_path)} == {"F503"}
    assert ES in chosen_languages(chosen)


def chosen_languages(cells: dict[str, str]) -> set[str]:
    """Return the languages of some cells."""
    return {header.partition("::")[2] for header in cells}


def test_nothing_open_in_the_committed_forms_asks_for_anybody() -> None:
    """The open questions of the four forms pass in six languages, hints included."""
    judged = 0
    for path in sorted((ROOT / "xlsform").glob("*.xlsx")):
        book = read_book(path)
        for _, row, kind in book.survey:
            for language in book.languages if kind.type in {"text", "integer", "decimal"} else ():
                for column in (LABEL, HINT_COLUMN):
                    said = row.get(written(column, language), "")
                    of_service = row.get("role") == "service_name"
                    code = language_code(language)
                    assert asks_for(said, code, of_service=of_service, warns=column != LABEL) == "", said
                    judged += 1
    assert judged >= 5 * 6 * 2
