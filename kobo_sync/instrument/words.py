"""Conditions in plain words: of a parsed expression a sentence, where one can be made that says just the same.

Who speaks decides how a question and an answer are called, so the codebook (names, English) and the questionnaire on
paper (numbers and labels, six languages) share this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kobo_sync.instrument.expressions import Unsupported, evaluate
from kobo_sync.instrument.grammar import Node

# The sentences that a speaker needs, by key; {question}, {answer}, {left}, {right} and {condition} are filled in.
SENTENCES = (
    "is", "is_not", "chosen", "not_chosen", "blank", "answered", "less", "at_most", "more", "at_least", "and", "or",
    "not", "count", "length", "this",
)  # fmt: skip

_ORDER = {"<": "less", "<=": "at_most", ">": "more", ">=": "at_least"}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Speaker:
    """How conditions are worded: `sentences` by the keys of `SENTENCES`.

    `question(name)` says how a question is called, `answer(name, value)` how a choice of it is; `name` is "" for the
    question itself, to which a constraint belongs. Both may raise Unsupported for what the reader cannot see.
    """

    sentences: Mapping[str, str]
    question: Callable[[str], str]
    answer: Callable[[str, str], str]


def in_words(node: Node, speaker: Speaker) -> str:
    """Return a condition in words. Raises Unsupported where that would say less, or more, than the expression."""
    match node:
        case Node("and" | "or" as word, parts):
            said = [
                f"({in_words(part, speaker)})" if part.op in {"and", "or"} else in_words(part, speaker)
                for part in parts
            ]
            return speaker.sentences[word].join(said)
        case Node("call", ("not", Node() as inside)):
            return _not(inside, speaker)
        case Node("call", ("selected", Node() as question, Node("literal", (str() as choice,)))):
            return _fill(speaker, "chosen", question, choice)
        case Node("=" | "!=" as operator, (left, right)):
            return _equal(left, right, speaker, same=operator == "=")
        case Node(operator, (Node("literal") as left, right)) if operator in _ORDER:
            return _order(_MIRRORED[operator], right, left, speaker)
        case Node(operator, (Node() as left, Node() as right)) if operator in _ORDER:
            return _order(operator, left, right, speaker)
        case _:
            raise Unsupported(node.op)


def fold(node: Node, known: Mapping[str, Node]) -> Node | bool:
    """Work out what is certain already: True, False, or what is left of the condition.

    `known` maps names to what is computed for them without asking anybody; it is put in their place.
    """
    node = _put_in(node, known)
    if not _asks(node):
        try:
            value = evaluate(node, _nothing)
        except Unsupported:
            return node
        return value if isinstance(value, bool) else node
    match node:
        case Node("and" | "or" as word, parts):
            decisive = word == "or"
            left = [folded for folded in (fold(part, {}) for part in parts) if folded is not (not decisive)]
            if decisive in left or not left:
                return decisive if left else not decisive
            nodes = tuple(part for part in left if isinstance(part, Node))
            return nodes[0] if len(nodes) == 1 else Node(word, nodes)
        case Node("call", ("not", Node() as inside)):
            folded = fold(inside, {})
            return Node("call", ("not", folded)) if isinstance(folded, Node) else not folded
        case _:
            return node


def _put_in(node: Node, known: Mapping[str, Node]) -> Node:
    if node.op == "ref" and node.args[0] in known:
        return known[node.args[0]]
    return Node(node.op, tuple(_put_in(arg, known) if isinstance(arg, Node) else arg for arg in node.args))


def _asks(node: Node) -> bool:
    """Whether the expression looks at an answer."""
    return node.op in {"ref", "self"} or any(_asks(arg) for arg in node.args if isinstance(arg, Node))


def _nothing(name: str) -> object:
    raise Unsupported(name)


def _not(inside: Node, speaker: Speaker) -> str:
    match inside:
        case Node("call", ("selected", Node() as question, Node("literal", (str() as choice,)))):
            return _fill(speaker, "not_chosen", question, choice)
        case Node("=" | "!=" as operator, (left, right)):
            return _equal(left, right, speaker, same=operator != "=")
        case _:
            return speaker.sentences["not"].format(condition=in_words(inside, speaker))


def _equal(left: Node, right: Node, speaker: Speaker, *, same: bool) -> str:
    if left.op == "literal":
        left, right = right, left
    match right:
        case Node("literal", ("",)):
            return speaker.sentences["blank" if same else "answered"].format(question=_term(left, speaker))
        case Node("literal", (str() as text,)):
            return _fill(speaker, "is" if same else "is_not", left, text)
        case _:
            said = speaker.sentences["is" if same else "is_not"]
            return said.format(question=_term(left, speaker), answer=_term(right, speaker))


def _order(operator: str, left: Node, right: Node, speaker: Speaker) -> str:
    return speaker.sentences[_ORDER[operator]].format(left=_term(left, speaker), right=_term(right, speaker))


def _fill(speaker: Speaker, key: str, question: Node, choice: str) -> str:
    name = question.args[0] if question.op == "ref" else ""
    if question.op not in {"ref", "self"}:
        raise Unsupported(question.op)
    return speaker.sentences[key].format(question=_term(question, speaker), answer=speaker.answer(name, choice))


def _term(node: Node, speaker: Speaker) -> str:
    match node:
        case Node("ref", (str() as name,)):
            return speaker.question(name)
        case Node("self"):
            return speaker.sentences["this"]
        case Node("literal", (float() as number,)):
            return str(int(number)) if number.is_integer() else str(number)
        case Node("call", ("count-selected" | "string-length" as function, Node() as counted)):
            key = "count" if function == "count-selected" else "length"
            return speaker.sentences[key].format(question=_term(counted, speaker))
        case _:
            raise Unsupported(node.op)
