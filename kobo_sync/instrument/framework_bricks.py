"""Bricks of the framework's JSON Schema: closed objects, mappings by pattern, lists, counts, texts."""

from __future__ import annotations

from typing import Any

LANGUAGE = "^[a-z]{2,3}$"
DOMAIN = "^[a-z]{3}$"
INDICATOR = "^[a-z]{3}_[a-z0-9_]{2,28}$"
NAME = "^[a-z][a-z0-9_]*$"
SOURCE_KEY = "^[A-Z][A-Z0-9]*$"
LETTERS = ["C", "P", "O", "L"]  # whose word: client, provider, observer, locale gap form


def closed(description: str, properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return an object schema that takes these properties only and wants all but the optional ones."""
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def mapping(description: str, key: str, value: dict[str, Any], *, at_least: int = 0) -> dict[str, Any]:
    """Return an object schema whose keys all fit the pattern `key`."""
    return {
        "type": "object",
        "description": description,
        "patternProperties": {key: value},
        "additionalProperties": False,
        "minProperties": at_least,
    }


def listing(description: str, item: dict[str, Any], *, at_least: int = 1) -> dict[str, Any]:
    """Return an array schema of different items."""
    return {"type": "array", "description": description, "items": item, "minItems": at_least, "uniqueItems": True}


def count(description: str, *, at_least: int) -> dict[str, Any]:
    """Return the schema of a whole number."""
    return {"type": "integer", "description": description, "minimum": at_least}


def share(description: str) -> dict[str, Any]:
    """Return the schema of a share as two whole numbers, so that nothing is lost by rounding."""
    return {
        "type": "array",
        "description": f"{description} [part, whole], two whole numbers.",
        "items": {"type": "integer", "minimum": 1},
        "minItems": 2,
        "maxItems": 2,
    }


YES: dict[str, Any] = {"type": "boolean"}
WORDS: dict[str, Any] = {"type": "string", "minLength": 1}
SCORE: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": 1}
COUNTS: dict[str, Any] = {"type": "number", "exclusiveMinimum": 0}  # a weight: what counts nothing is left out
DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
TEXT: dict[str, Any] = {
    **mapping("The same text in each language, by language code.", LANGUAGE, WORDS, at_least=1),
    "required": ["en"],
}


def described(schema: dict[str, Any], description: str) -> dict[str, Any]:
    """Return the schema with a description."""
    return {**schema, "description": description}


def labels(description: str, *, at_least: int = 1) -> dict[str, Any]:
    """Return the schema of codes that each have a label."""
    one = closed("One of them.", {"label": described(TEXT, "The words for it.")})
    return mapping(description, NAME, one, at_least=at_least)
