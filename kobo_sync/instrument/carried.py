"""Which answers the value of an expression may hold, as a copy: what is compared or counted is told of, not copied."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kobo_sync.instrument.grammar import Node

REFERENCE = re.compile(r"\$\{\s*([^}]+?)\s*\}")
_YES_OR_NO = frozenset({"or", "and", "=", "!=", "<", "<=", ">", ">="})
_TELLING = frozenset(
    {
        "not", "boolean", "true", "false", "selected", "contains", "starts-with", "ends-with", "regex",
        "string-length", "count", "count-selected", "count-non-empty",
    }
)  # fmt: skip


def carried(text: str) -> frozenset[str]:
    """Return the names of the questions whose answers, or parts of them, may be the value of this expression.

    Of an expression outside the part of XPath that this program knows, all that it names.
    """
    from kobo_sync.instrument.grammar import Unsupported, parse  # takes 0.05 s to import, and few forms need it

    try:
        return _carried(parse(text))
    except (Unsupported, RecursionError):
        return frozenset(REFERENCE.findall(text))


def _carried(node: Node) -> frozenset[str]:
    nothing: frozenset[str] = frozenset()
    match node.op:
        case "ref":
            return frozenset(node.args)
        case "self" | "literal":
            return nothing
        case "call":
            name, *parts = node.args
            if name in _TELLING:
                return nothing
            copied = parts[1:] if name == "if" else parts
        case op:
            copied = [] if op in _YES_OR_NO else list(node.args)
    return nothing.union(*map(_carried, copied))
