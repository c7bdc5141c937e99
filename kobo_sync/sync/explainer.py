"""What jsonschema has to say about a record; it is asked for the broken parts of the schema alone, being slow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import jsonschema_rs
from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError


class Explainer:
    """jsonschema on one form's schema. Tests hold what it finds to what jsonschema finds in the whole schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = _spelled_out(dict(schema))
        self._whole = Draft202012Validator(self._schema)
        self._values = {name: jsonschema_rs.validator_for(part) for name, part in schema["properties"].items()}
        self._conditions = [jsonschema_rs.validator_for(part) for part in schema.get("allOf", ())]

    def is_valid(self, document: Mapping[str, Any]) -> bool:
        """Whether jsonschema finds nothing in the whole schema."""
        return bool(self._whole.is_valid(document))

    def iter_errors(self, document: Mapping[str, Any]) -> Iterator[ValidationError]:
        """Yield what it finds; what jsonschema-rs says is kept is not gone into."""
        properties = {
            name: part if name in document and not self._values[name].is_valid(document[name]) else True
            for name, part in self._schema["properties"].items()
        }
        conditions = [
            part
            for part, judge in zip(self._schema.get("allOf", ()), self._conditions, strict=True)
            if not judge.is_valid(document)
        ]
        broken = self._whole.evolve(schema={**self._schema, "properties": properties, "allOf": conditions})
        yield from broken.iter_errors(document)


def _spelled_out(schema: Any) -> Any:  # noqa: ANN401 -- any part of a JSON Schema
    """Write `false` as `{"not": {}}` where it forbids a property: of a bare `false` jsonschema forgets where it was."""
    if isinstance(schema, list):
        return [_spelled_out(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: {"not": {}} if inner is False else _spelled_out(inner) for name, inner in value.items()}
        if key == "properties"
        else _spelled_out(value)
        for key, value in schema.items()
    }
