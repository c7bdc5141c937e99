"""The codebook's part on the framework: languages, domains, indicators, scales, sources, and every number and rule.

Read from the document itself, so that whatever people add to framework.yaml is in the codebook too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kobo_sync.instrument import markdown as md
from kobo_sync.instrument.codebook_form import language_status
from kobo_sync.instrument.framework_schema import FRAMEWORK_SCHEMA
from kobo_sync.instrument.outline import Outline

Node = Any  # what YAML gives: dicts, lists, texts, numbers, None
Schema = Mapping[str, Any]

# Sections with a form of their own; every other key of the file is listed as it stands.
_OWN = ("version", "note", "languages", "domains", "indicators", "scales", "missing", "sources")


def framework_contents(framework: Mapping[str, Any]) -> Iterator[str]:
    """Yield the framework's lines of the table of contents."""
    yield f"- {md.link('Framework', 'framework')}"
    for key in _sections(framework):
        yield f"  - {md.link(_title(key), 'framework', key)}"
        if key == "indicators":
            for domain in framework.get("domains") or ():
                yield f"    - {md.link(md.code(domain['code']), 'indicators', domain['code'])}"


def framework_part(framework: Mapping[str, Any], forms: Sequence[Outline]) -> Iterator[str]:
    """Yield the lines on the framework; `forms` tell where each indicator is asked."""
    return _FrameworkPart(framework, forms).lines()


def _sections(framework: Mapping[str, Any]) -> list[str]:
    return [key for key in _OWN[2:] if key in framework] + [key for key in framework if key not in _OWN]


def _title(key: str) -> str:
    return md.text(key.replace("_", " ").capitalize())


class _FrameworkPart:
    def __init__(self, framework: Mapping[str, Any], forms: Sequence[Outline]) -> None:
        self.framework, self.forms = framework, forms
        self.languages = list(framework.get("languages") or ())

    def lines(self) -> Iterator[str]:
        yield from md.heading(2, "Framework", "framework")
        yield f"- **Version:** {md.text(self.framework.get('version', ''))}"
        yield f"- **Note:** {md.text(self.framework.get('note', ''))}"
        yield ""
        own = {
            "languages": self._languages,
            "domains": self._domains,
            "indicators": self._indicators,
            "scales": self._labelled,
            "missing": self._labelled,
            "sources": self._sources,
        }
        for key in _sections(self.framework):
            schema = _inside(FRAMEWORK_SCHEMA, key)
            yield from md.heading(3, _title(key), "framework", key)
            if said := schema.get("description"):
                yield _description(said)
                yield ""
            if key in own:
                yield from own[key](key)
            else:
                yield from self._facts((), self.framework[key], schema)
                yield ""

    def _languages(self, key: str) -> Iterator[str]:
        rows = [
            (md.code(code), md.text(entry.get("name", "")), language_status(entry))
            for code, entry in self.framework[key].items()
        ]
        yield from md.table(("Language", "Column", "Status"), rows)

    def _domains(self, key: str) -> Iterator[str]:
        rows = [
            (
                str(domain["number"]),
                md.place("d", domain["code"]) + md.code(domain["code"]),
                *(md.text(domain["label"].get(language, "")) for language in self.languages),
            )
            for domain in self.framework[key]
        ]
        yield from md.table(("Number", "Code", *(md.code(code) for code in self.languages)), rows)

    def _labelled(self, key: str) -> Iterator[str]:
        """Scales and reasons for no score: what each is called, and what its answers are worth."""
        rows = []
        for code, entry in self.framework[key].items():
            worth = " · ".join(f"{md.code(name)} {value:g}" for name, value in (entry.get("choices") or {}).items())
            if entry.get("multiple"):
                worth = "the share of the listed answers that are chosen"
            labels = (md.text(entry["label"].get(language, "")) for language in self.languages)
            cells = [md.place(key, code) + md.code(code), *labels]
            rows.append([*cells[:1], worth, *cells[1:]] if key == "scales" else cells)
        worth_head = ("Score of each answer",) if key == "scales" else ()
        yield from md.table(("Code", *worth_head, *(md.code(code) for code in self.languages)), rows)

    def _sources(self, key: str) -> Iterator[str]:
        rows = [(md.place("s", code) + md.code(code), md.text(title)) for code, title in self.framework[key].items()]
        yield from md.table(("Key", "Title"), rows)

    # Indicators

    def _indicators(self, key: str) -> Iterator[str]:
        fields = _inside(_inside(FRAMEWORK_SCHEMA, key), 0).get("properties") or {}
        for field, schema in fields.items():
            if said := schema.get("description"):
                yield f"- **{md.text(field)}:** {_description(said)}"
        yield ""
        for domain in self.framework["domains"]:
            code = domain["code"]
            yield from md.heading(3, f"Indicators of {md.link(md.code(code), 'd', code)}", "indicators", code)
            for entry in self.framework[key]:
                if entry["domain"] == code:
                    yield from self._indicator(entry)

    def _indicator(self, entry: Mapping[str, Any]) -> Iterator[str]:
        code = entry["code"]
        yield from md.heading(4, md.code(code), "i", code)
        texts = {field: value for field, value in entry.items() if self._is_texts(value)}
        rows = [(code, *(md.text(value.get(code, "")) for value in texts.values())) for code in self.languages]
        yield from md.table(("", *(md.text(field) for field in texts)), rows)
        for field, value in entry.items():
            if field not in texts and field not in {"code", "domain"} and value is not None:
                yield from self._facts((field,), value, {})
        for outline in self.forms:
            for line in outline.all_lines:
                if line.cells.get("indicator") == code and line.question is not None:
                    asked = md.link(md.code(outline.form.name), "q", outline.form.name, line.name)
                    yield f"- **asked in:** {asked}"
        yield ""

    # Whatever else stands there

    def _facts(self, path: tuple[str, ...], node: Node, schema: Schema) -> Iterator[str]:
        """Yield a line for each value below a place of the file, with what its schema says of it."""
        said = schema.get("description") if path else None
        about = f". {_description(said)}" if said else ""
        if self._is_texts(node):
            for language, words in node.items():
                yield f"- **{_path(path)}** ({md.code(language)}): {md.text(words)}"
        elif isinstance(node, Mapping) and node:
            for key, value in node.items():
                yield from self._facts((*path, str(key)), value, _inside(schema, key))
        elif isinstance(node, list) and any(isinstance(item, Mapping) for item in node):
            for number, item in enumerate(node):
                named = item.get("code") if isinstance(item, Mapping) else None
                yield from self._facts((*path, str(named or number + 1)), item, _inside(schema, number))
        else:
            yield f"- **{_path(path)}:** {self._value(path, node)}{about}"

    def _value(self, path: tuple[str, ...], node: Node) -> str:
        last = path[-1] if path else ""
        match node:
            case None | {}:
                return "nothing"
            case bool():
                return "yes" if node else "no"
            case list():
                return ", ".join(self._value(path, item) for item in node) or "nothing"
            case str() if last == "source" and node in self.framework["sources"]:
                return md.link(md.code(node), "s", node)
            case str() if last in {"scale", "scale_of"} and node in self.framework["scales"]:
                return md.link(md.code(node), "scales", node)
            case str() if " " in node.strip():
                return md.text(node)
            case _:
                return md.code(node)

    def _is_texts(self, node: Node) -> bool:
        return (
            isinstance(node, Mapping)
            and bool(node)
            and all(key in self.languages and isinstance(value, str) for key, value in node.items())
        )


def _path(path: Sequence[str]) -> str:
    return " → ".join(md.text(part) for part in path)


def _description(said: str) -> str:
    """Set what stands between backticks as code, the rest as text."""
    return "".join(md.code(part) if number % 2 else md.spaced(part) for number, part in enumerate(said.split("`")))


def _inside(schema: Schema, key: str | int) -> Schema:
    """Return the schema of what stands under a key or in a list, {} where it says nothing."""
    for candidate in (schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        found = candidate.get("items") if isinstance(key, int) else (candidate.get("properties") or {}).get(key)
        if found is None and not isinstance(key, int):
            found = next(iter((candidate.get("patternProperties") or {}).values()), None)
        if isinstance(found, Mapping):
            return found
    return {}
