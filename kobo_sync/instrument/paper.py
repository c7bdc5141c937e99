"""The questionnaire on paper, for when no phone can be used: a page of HTML for each form and language.

It opens and prints without internet, and names nobody: no field for a name, a place or a date. Names of questions,
codes of indicators and scores are nowhere in it, the source text included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from kobo_sync.css import css_string
from kobo_sync.errors import ConfigError
from kobo_sync.instrument import markdown as md
from kobo_sync.instrument.outline import Outline, language_code, read_outline
from kobo_sync.instrument.paper_page import page

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATES = Path(__file__).parent / "templates"
_FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Paper:
    """Which questionnaires there are to print: the languages' entries in the framework, by code, and its version."""

    languages: Mapping[str, Mapping[str, Any]]
    version: str


def paper_files(forms: Sequence[Outline], paper: Paper, languages: Sequence[str] = ()) -> dict[str, str]:
    """Return the questionnaires as texts by file name, `client_interview.id.html`.

    `languages` are codes or the names of columns; none means all that a form has. Raises ConfigError for a language
    that none of the forms has.
    """
    found: dict[str, str] = {}
    for outline in forms:
        for language in _languages(outline):
            if not languages or {language, language_code(language)} & set(languages):
                found[_file_name(outline.form.name, language)] = _render(outline, language, paper)
    known = {
        name for outline in forms for language in _languages(outline) for name in (language, language_code(language))
    }
    for language in languages:
        if language not in known:
            codes = sorted({language_code(spoken) or spoken for outline in forms for spoken in _languages(outline)})
            there = ", ".join(codes) or "none"
            raise ConfigError(f"No form is in the language {language!r}, so nothing was printed. There is: {there}.")
    return found


def write_paper(xlsform: Path, out: Path, forms: Sequence[str] = (), languages: Sequence[str] = ()) -> list[Path]:
    """Write the questionnaires of the forms in a folder (of all, if none is named) into the folder `out`.

    Returns the files in the order of the forms. Raises ConfigError for a form or a language that is not there, and when
    the folder cannot be written; FormError when a form or the framework cannot be read.
    """
    from kobo_sync.instrument.build import form_files
    from kobo_sync.instrument.framework import read_framework

    framework = read_framework(xlsform / "framework.yaml")
    paths = {path.stem: path for path in form_files(xlsform)}
    for name in forms:
        if name not in paths:
            raise ConfigError(f"There is no form {name!r} in {xlsform}. There is: {', '.join(paths) or 'none'}.")
    outlines = [read_outline(paths[name], name) for name in forms or paths]
    files = paper_files(outlines, Paper(framework.languages, framework.version), languages)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (out / name).write_bytes(text.encode())
    except OSError as error:
        raise ConfigError(
            f"The questionnaires could not be written to {out} ({error.strerror or type(error).__name__}). Close the "
            "browser windows that show them, or name another folder with --out, and run the command again."
        ) from error
    return [out / name for name in files]


@cache
def phrases() -> Mapping[str, Mapping[str, Any]]:
    """Return the fixed phrases by language code and key."""
    import yaml

    found: dict[str, dict[str, Any]] = yaml.safe_load((_TEMPLATES / "paper.yaml").read_text(encoding="utf-8"))
    return found


def text_direction(code: str) -> str:
    """Return "rtl" for languages written from right to left, else "ltr"."""
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(code, sep="-").text_direction)
    except (UnknownLocaleError, ValueError):
        return "ltr"


def _languages(outline: Outline) -> tuple[str, ...]:
    """Return the languages that have a column of their own, ("",) for a form that names none."""
    named = tuple(language for language in outline.languages if language)
    return named or ("",)


def _file_name(form: str, language: str) -> str:
    key = language_code(language) or (md.anchor(language) if language else "")
    return f"{form}.{key}.html" if key else f"{form}.html"


def _render(outline: Outline, language: str, paper: Paper) -> str:
    code = language_code(language)
    catalogue = phrases()
    own = catalogue.get(code.partition("-")[0].lower(), {})
    said = {**catalogue[_FALLBACK], **own}

    def say(key: str, **values: object) -> Markup:
        """Give a phrase, marked as English where the language has none of its own."""
        words = escape(str(said[key]).format(**values))
        return words if key in own or code == _FALLBACK else Markup('<span lang="en" dir="ltr">{}</span>').format(words)

    version = outline.settings.get("version") or paper.version
    return _template().render(
        page=page(outline, language, said),
        say=say,
        rules=said["rules"],
        rules_are_own="rules" in own or code == _FALLBACK,
        status=_status(paper.languages.get(code)),
        language=code,
        direction=text_direction(code),
        language_name=language,
        version=version,
        style=Markup((_TEMPLATES / "paper.css").read_text(encoding="utf-8")),  # noqa: S704 -- our own style sheet
        foot=f"{outline.form.title} · {version} · {code or language}".rstrip(" ·"),
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["css_string"] = css_string
    return environment.get_template("paper.html.j2")


def _status(entry: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the language's status for the header; a language that the framework does not name is a draft."""
    status = str((entry or {}).get("status", "draft"))
    who, when = (str((entry or {}).get(key) or "") for key in ("reviewed_by", "reviewed_on"))
    return {"status": status, "who": who, "when": when}
