"""`CODEBOOK.md`: the readable twin of the forms and the framework, in all their languages.

The same workbooks make the same bytes, and each thing has a line of its own: whoever reviews a change of a form on a
code host sees what changed and nothing else. So no row numbers and no counts, which would move with every question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kobo_sync.errors import FormError
from kobo_sync.instrument import markdown as md
from kobo_sync.instrument.codebook_form import form_part, roles_part
from kobo_sync.instrument.codebook_framework import framework_contents, framework_part
from kobo_sync.instrument.framework import read_framework
from kobo_sync.instrument.outline import Outline, read_outline

CODEBOOK = "CODEBOOK.md"
FOLDER = "codebook"  # the pages of the forms

_PAGE = "# Codebook: "  # how such a page begins, so that a page of somebody else's making is left alone

_LINK = re.compile(r"(?<!\\)\]\(#([A-Za-z0-9_.-]+)\)")  # as markdown.link writes it; in a text the bracket is escaped
_PLACE = re.compile(r'<a id="([A-Za-z0-9_.-]+)"></a>')


def codebook_files(forms: Sequence[Outline], framework: Mapping[str, Any]) -> dict[str, str]:
    """Return the codebook as texts by relative path: CODEBOOK.md with the framework, and a page for each form.

    `framework` is the document in framework.yaml. One page a form, because code hosts stop rendering a page at half a
    megabyte, which four forms in six languages come near to. The order of `forms` is that of the contents.
    """
    pages = {CODEBOOK: [*_opening(), *_contents(forms, framework), *roles_part(), *framework_part(framework, forms)]}
    for form in forms:
        pages[form_page(form.form.name)] = [*_form_opening(form), *form_part(form, framework)]
    return _linked({path: "\n".join(lines).rstrip("\n") + "\n" for path, lines in pages.items()})


def codebook(forms: Sequence[Outline], framework: Mapping[str, Any]) -> str:
    """Return the whole codebook as one page."""
    lines = [*_opening(), *_contents(forms, framework)]
    for form in forms:
        lines += form_part(form, framework)
    return "\n".join([*lines, *roles_part(), *framework_part(framework, forms)]).rstrip("\n") + "\n"


def codebook_of(xlsform: Path) -> dict[str, str]:
    """Read all forms and the framework in a folder and return their codebook, texts by relative path.

    Raises FormError when the framework or a form cannot be read.
    """
    from kobo_sync.instrument.build import form_files

    document = framework_document(xlsform / "framework.yaml")
    outlines = [read_outline(path, path.stem) for path in form_files(xlsform)]
    return codebook_files(in_order(outlines, document), document)


@dataclass(frozen=True, slots=True)
class Written:
    """What writing found: pages written or outdated, and pages of forms that are no longer there, by relative path."""

    pages: tuple[str, ...]
    changed: tuple[str, ...]
    stale: tuple[str, ...]


def write_codebook(xlsform: Path, root: Path, *, check: bool = False) -> Written:
    """Write the codebook of the forms in `xlsform` into the folder `root`; with `check` only say what would change.

    Raises FormError when the framework or a form cannot be read, or a page not be written.
    """
    pages = codebook_of(xlsform)
    changed = tuple(path for path, text in pages.items() if _text(root / path) != text)
    there = (f"{FOLDER}/{path.name}" for path in (root / FOLDER).glob("*.md"))
    stale = tuple(path for path in sorted(there) if path not in pages and (_text(root / path) or "").startswith(_PAGE))
    if not check:
        try:
            for path in changed:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(pages[path], encoding="utf-8", newline="\n")
            for path in stale:
                (root / path).unlink()
        except OSError as error:
            raise FormError(
                f"cannot be written ({error.strerror}).",
                file=str(root / CODEBOOK),
                remedy="May this folder be written to? Close the programs that have the page open.",
            ) from error
    return Written(tuple(pages), changed, stale)


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None


def form_page(name: str) -> str:
    """Return the path of a form's page."""
    return f"{FOLDER}/{md.anchor(name)}.md"


def framework_document(path: Path) -> dict[str, Any]:
    """Return what stands in framework.yaml. Raises FormError as `read_framework` does."""
    import yaml

    read_framework(path)  # says what is wrong with it
    document = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    if not isinstance(document, dict):  # cannot be after the check; tells the type checker
        raise FormError("is empty.", file=path.name, remedy="Put it back.")
    return document


def in_order(forms: Sequence[Outline], framework: Mapping[str, Any]) -> list[Outline]:
    """Sort the forms as the framework lists them, then by name."""
    listed = list(framework.get("forms") or {})
    return sorted(
        forms,
        key=lambda form: (listed.index(form.form.name) if form.form.name in listed else len(listed), form.form.name),
    )


def _linked(pages: Mapping[str, str]) -> dict[str, str]:
    """Let links to a place on another page name that page."""
    page_of = {place: path for path, text in pages.items() for place in _PLACE.findall(text)}

    def on(path: str) -> Callable[[re.Match[str]], str]:
        def lead(found: re.Match[str]) -> str:
            target = page_of.get(found[1], path)
            if target == path:
                return found[0]
            return f"]({'../' if '/' in path else ''}{target}#{found[1]})"

        return lead

    return {path: _LINK.sub(on(path), text) for path, text in pages.items()}


def _opening() -> Iterator[str]:
    yield "# Codebook"
    yield ""
    yield "What the forms ask, in all their languages, what each answer is worth, and by which rules scores are made."
    yield ""
    yield (
        "Made by `kobo-sync build` from the workbooks and `framework.yaml` in the folder `xlsform`. Change those, not "
        "this page: the next build writes it anew."
    )
    yield ""


def _form_opening(form: Outline) -> Iterator[str]:
    yield f"{_PAGE}{md.code(form.form.name)}"
    yield ""
    yield f"A page of the {md.link('codebook', 'contents')}, made by `kobo-sync build`."
    yield ""
    yield from _form_contents(form, "")
    yield ""


def _contents(forms: Sequence[Outline], framework: Mapping[str, Any]) -> Iterator[str]:
    yield from md.heading(2, "Contents", "contents")
    for form in forms:
        yield f"- {md.link(f'Form {md.code(form.form.name)}', 'form', form.form.name)}"
        yield from _form_contents(form, "  ")
    yield f"- {md.link('Roles', 'roles')}"
    yield from framework_contents(framework)
    yield ""


def _form_contents(form: Outline, indent: str) -> Iterator[str]:
    for line in form.all_lines:
        if line.question is None:
            deeper = "  " * len(line.parents)
            yield f"{indent}{deeper}- {md.link(md.code(line.name), 'g', form.form.name, *line.parents, line.name)}"
    yield f"{indent}- {md.link('Answer lists', 'lists', form.form.name)}"
