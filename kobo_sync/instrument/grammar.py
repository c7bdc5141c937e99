"""The grammar of XLSForm expressions: the part of XPath that both engines agree on, as a tree of `Node`s."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import LarkError

_GRAMMAR = r"""
    ?start: disjunction
    ?disjunction: conjunction ("or" conjunction)*
    ?conjunction: equality ("and" equality)*
    ?equality: relation (EQUALS relation)?
    ?relation: sum (ORDER sum)?
    ?sum: product (SIGN product)*
    ?product: unary (TIMES unary)*
    ?unary: "-" unary -> negative
          | atom
    ?atom: REF -> ref
         | "." -> self
         | STRING -> string
         | NUMBER -> number
         | NAME "(" [disjunction ("," disjunction)*] ")" -> call
         | "(" disjunction ")"
    EQUALS: "=" | "!="
    ORDER: "<=" | ">=" | "<" | ">"
    SIGN: "+" | "-"
    TIMES: "*" | "div" | "mod"
    REF: /\$\{\s*[^}\s]+\s*\}/
    STRING: /'[^']*'/ | /"[^"]*"/
    NUMBER: /[0-9]+(\.[0-9]*)?|\.[0-9]+/
    NAME: /[A-Za-z_][A-Za-z0-9_.:-]*/
    %ignore /[ \t\r\n\u00a0]+/
"""


class Unsupported(ValueError):
    """The expression uses something outside the part of XPath that this module knows."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a parsed expression: `op` with its `args` (nodes, or a str or float for leaves)."""

    op: str
    args: tuple[Any, ...]


class _Build(Transformer):  # type: ignore[type-arg]  # lark's Transformer is generic without defaults
    """Turns lark's tree into Nodes; the method names are the grammar's rules."""

    def ref(self, items: list[Token]) -> Node:
        return Node("ref", (str(items[0])[2:-1].strip(),))

    def self(self, _: list[Token]) -> Node:
        return Node("self", ())

    def string(self, items: list[Token]) -> Node:
        return Node("literal", (str(items[0])[1:-1],))

    def number(self, items: list[Token]) -> Node:
        return Node("literal", (float(items[0]),))

    def negative(self, items: list[Node]) -> Node:
        match items[0]:
            case Node("literal", (float() as number,)):
                return Node("literal", (-number,))
            case operand:
                return Node("-", (Node("literal", (0.0,)), operand))

    def call(self, items: list[Any]) -> Node:
        return Node("call", (str(items[0]), *items[1:]))

    def disjunction(self, items: list[Node]) -> Node:
        return Node("or", tuple(items))

    def conjunction(self, items: list[Node]) -> Node:
        return Node("and", tuple(items))

    def equality(self, items: list[Any]) -> Node:
        node: Node = items[0]
        for operator, right in zip(items[1::2], items[2::2], strict=True):
            node = Node(str(operator), (node, right))
        return node

    relation = sum = product = equality


_PARSER = Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """Parse an expression. Raises Unsupported when it is not in the known part of XPath."""
    try:
        tree = _Build().transform(_PARSER.parse(text))
    except (LarkError, RecursionError) as error:  # the latter for parentheses hundreds deep
        raise Unsupported(text) from error
    if not isinstance(tree, Node):  # a bare token cannot happen with this grammar; a change of it could make it so
        raise Unsupported(text)
    return tree
