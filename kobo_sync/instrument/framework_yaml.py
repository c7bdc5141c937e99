"""Reading YAML that people edit: what is wrong with it is told by its place, and nothing is read in two ways."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kobo_sync.errors import FormError

_DEEPEST = 20  # levels of a file; the deepest needs eight


def read_yaml(path: Path, content: bytes | None = None) -> Any:  # noqa: ANN401 -- whatever stands in the file
    """Read a YAML file; `content` where its bytes were read already.

    Raises FormError when it cannot be read, is not in UTF-8, is not YAML, is nested too deep or has a key twice.
    """
    import yaml

    try:
        text = (path.read_bytes() if content is None else content).decode("utf-8-sig")
        loader = _loader()
        _not_too_deep(yaml.parse(text, yaml.SafeLoader))
        document = yaml.load(text, loader)  # noqa: S506 -- a subclass of a safe loader
    except UnicodeDecodeError as error:
        raise FormError("is not in UTF-8.", file=path.name, remedy="Save it from a text editor in UTF-8.") from error
    except yaml.YAMLError as error:
        raise FormError(
            f"is not readable as YAML: {_words(error)}.", file=path.name, remedy="Undo the last change there."
        ) from error
    except OSError as error:
        raise FormError(
            "cannot be read.", file=str(path), remedy="Put it back, or make a new workspace with kobo-sync init."
        ) from error
    return document


def fits(document: object, schema: Mapping[str, Any], name: str) -> None:
    """Do nothing if the document of the file `name` fits its schema; else raise FormError naming the place in it."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    for where, what in _not_json(document, ()):
        raise FormError(f"{_place(document, where)}: {what}.", file=name, remedy="Write it in quotes.")
    error = best_match(Draft202012Validator(schema).iter_errors(document))
    if error is not None:
        raise FormError(
            f"{_place(document, error.absolute_path)}: {error.message}.",
            file=name,
            remedy="Correct it there; the notes at the top of the file say what may stand where.",
        )


def _loader() -> Any:  # noqa: ANN401 -- a class made here, as yaml is imported late
    """Return YAML's safe loader, which also refuses a key that stands twice (YAML would keep the last).

    The fast one in C where there is one: it would end the whole process on a file that is nested too deep, and so is
    given none that was not looked through before.
    """
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the one or the other
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 -- as in yaml
            seen: set[str] = set()
            for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key.value!r} stands in it twice", key.start_mark
                    )
                seen.add(key.value)
            made: dict[Any, Any] = super().construct_mapping(node, deep)
            return made

    return Loader


def _not_too_deep(events: Iterable[Any]) -> None:
    """Raise YAMLError for brackets in brackets in brackets: building them ends the process, not only the command."""
    import yaml

    depth = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise yaml.MarkedYAMLError(problem="it is nested too deep", problem_mark=event.start_mark)


def _words(error: Exception) -> str:
    """Say what YAML has to say on one line, with the line where it is."""
    mark = getattr(error, "problem_mark", None)
    said = getattr(error, "problem", None) or " ".join(str(error).split())
    return f"{said} (line {mark.line + 1})" if mark is not None else str(said)


def _not_json(node: object, where: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield what YAML reads as something that no JSON has: `no:` as false, a bare date, a number without end."""
    match node:
        case dict():
            for key, value in node.items():
                if isinstance(key, str):
                    yield from _not_json(value, (*where, key))
                else:
                    yield where, f"the key {key!r} is not a text (YAML reads a bare yes or no as true or false)"
        case list():
            for number, value in enumerate(node):
                yield from _not_json(value, (*where, number))
        case float() if not math.isfinite(node):
            yield where, f"{node} is not a number that can be counted with"
        case None | str() | int() | float():
            return
        case _:
            yield where, f"{node} is read as a {type(node).__name__}, not as a text"


def _place(document: object, path: Any) -> str:  # noqa: ANN401 -- jsonschema gives a deque of str and int
    """Say a JSON path as a person would: an indicator by its code, not by its number."""
    parts: list[str] = []
    here: Any = document
    for step in path:
        here = here[step]
        named = isinstance(here, dict) and isinstance(step, int) and here.get("code")
        parts.append(str(named or (f"number {step + 1}" if isinstance(step, int) else step)))
    return " → ".join(parts) or "the file"
