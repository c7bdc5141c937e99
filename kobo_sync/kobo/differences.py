"""What differs between two states of a form, each difference named and called safe or breaking.

Breaking is what makes old and new answers different things: an answer loses its place, its type, or a choice that
women have chosen. Safe is what leaves the answers given so far as comparable as they were. Source of the rule: a
submission is judged and scored by the version that it was filled in with, and answers of several versions are put
together by the name of their question and the name of their choice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kobo_sync.kobo.meaning import Meaning, MeantChoice, MeantRow

QUESTION_ADDED: Final = "question added"
QUESTION_REMOVED: Final = "question removed"
QUESTION_RENAMED: Final = "question renamed"
TYPE_CHANGED: Final = "type changed"
LIST_CHANGED: Final = "list changed"
LIST_RENAMED: Final = "list renamed"
MOVED: Final = "moved to another group"
REPEAT_CHANGED: Final = "repeat changed"
METADATA_ADDED: Final = "metadata added"
METADATA_REMOVED: Final = "metadata removed"
CHOICE_ADDED: Final = "choice added"
CHOICE_REMOVED: Final = "choice removed"
CHOICE_RENAMED: Final = "choice renamed"
CHOICE_WORDING: Final = "wording of a choice"
CHOICE_MEANING: Final = "what a choice counts"
CHOICE_ORDER: Final = "order of choices"
WORDING: Final = "wording"
LOGIC: Final = "conditions"
LOOKS: Final = "looks"
COUNTED: Final = "what a question counts for"
ORDER: Final = "order"
NOTES: Final = "notes and groups"
LANGUAGE_ADDED: Final = "language added"
LANGUAGE_REMOVED: Final = "language removed"
TITLE: Final = "title"
ENCRYPTION: Final = "encryption"
SENT_ELSEWHERE: Final = "sent elsewhere"
SETTING: Final = "setting"
UNREADABLE: Final = "unreadable"

BREAKING: Mapping[str, str] = {
    QUESTION_REMOVED: "Answers already given stay with their version; new interviews have none, so it can no longer be "
    "followed over rounds. To stop asking it for a while, switch off its module or its condition instead.",
    QUESTION_RENAMED: "For the program these are two questions: old answers stay under the old name, new ones come "
    "under the new one, and the two are never put together. Keep the old name if it asks the same.",
    TYPE_CHANGED: "Answers already given stay as they are; new ones are of another kind, and the two cannot be put "
    "together. A question that asks otherwise wants a name of its own.",
    LIST_CHANGED: "Answers already given may be none of the new choices. Keep the old choices in the new list, or give "
    "the question a new name.",
    MOVED: "An answer's place is its path: new answers come under the new path, those already given stay under the old "
    "one. The program reads both by the question's name; other tools (Excel, Power BI) see two columns.",
    REPEAT_CHANGED: "One answer becomes several, or several one: those already given cannot be put beside "
    "the new ones.",
    CHOICE_REMOVED: "Whoever chose it keeps that answer in its version; nobody can choose it any more, and changes "
    "over rounds may only be due to that. To stop offering it, hide it by a choice_filter.",
    CHOICE_RENAMED: "For the program these are two choices: old answers keep the old name. Keep the name; only the "
    "label is seen by people.",
    ENCRYPTION: "With a public key, phones encrypt the interviews and this program cannot read them; without one they "
    "are sent as before.",
    SENT_ELSEWHERE: "Phones would send the answers to another address than this server.",
    UNREADABLE: "What it holds cannot be compared.",
}
"""The kinds that break something, and what each means for the answers; every other kind is safe."""

SAFE: Mapping[str, str] = {
    QUESTION_ADDED: "Answers already given lack it.",
    METADATA_ADDED: "Phones would record it without asking. It tells about the device, the day or the person.",
    METADATA_REMOVED: "Phones record it no more.",
    LIST_RENAMED: "All old choices are in the new list, so answers already given stay valid.",
    CHOICE_ADDED: "Answers already given could not choose it.",
    CHOICE_WORDING: "Only what is read aloud changes. If it means something else, give the choice a new name.",
    CHOICE_MEANING: "Nothing changes on phones; how the answer counts in the scores does.",
    CHOICE_ORDER: "Only the order on the phone changes.",
    WORDING: "Only what is read aloud changes. If it asks something else, give the question a new name.",
    LOGIC: "Who is asked, or what is accepted, changes; answers already given are judged by their own version.",
    LOOKS: "Only how it looks on the phone changes.",
    COUNTED: "Nothing changes on phones; the program may count the answer otherwise.",
    ORDER: "Only the order on the phone changes.",
    NOTES: "Nothing that is answered changes.",
    LANGUAGE_ADDED: "Answers are the same in all languages.",
    LANGUAGE_REMOVED: "Answers are the same in all languages; whoever interviews in this one cannot any more.",
    TITLE: "What the form is called on phones and in KoboToolbox changes.",
    SETTING: "How the form behaves on phones changes; answers stay as they are.",
}
"""The kinds that leave answers as they are, and what each means."""

_LOGIC = frozenset({"relevant", "constraint", "required", "calculate", "readonly"})
_LOOKS = frozenset({"appearance", "parameters", "control", "body", "autoplay", "rows"})
_TEXTS = frozenset({"label", "hint", "guidance_hint", "media"})
_SHORT = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: its kind, the question or list that it is about, and in words what is different."""

    kind: str
    where: str
    what: str

    @property
    def breaking(self) -> bool:
        """Whether it makes old and new answers different things."""
        return self.kind in BREAKING

    @property
    def means(self) -> str:
        """What it means for the answers."""
        return BREAKING.get(self.kind) or SAFE[self.kind]


def differences(old: Meaning, new: Meaning) -> tuple[Difference, ...]:
    """Say how `new` differs from `old`, breaking ones first; nothing when they mean the same."""
    if old.digest == new.digest:
        return ()
    if "unreadable" in old.settings or "unreadable" in new.settings:
        why = old.settings.get("unreadable") or new.settings["unreadable"]
        return (Difference(UNREADABLE, "", f"the form in KoboToolbox cannot be read ({why})"),)
    languages = old.languages ^ new.languages  # told once, not again for every text
    found = [*_rows(old, new, languages), *_lists(old, new, languages), *_whole(old, new)]
    if not found and not _named_since(old, new):
        found = [Difference(NOTES, "", "rows that no name tells apart are different")]
    return tuple(sorted(dict.fromkeys(found), key=lambda one: not one.breaking))


def _paired(
    old: Sequence[MeantRow], new: Sequence[MeantRow]
) -> tuple[list[tuple[MeantRow, MeantRow]], list[MeantRow], list[MeantRow]]:
    """Put rows of one name together. A note without a name goes by the name that the server gave it, or its text."""
    by_name = {row.name: row for row in new if row.name}
    pairs = {row.name: (row, by_name[row.name]) for row in old if row.name in by_name}
    gone = [row for row in old if row.name not in pairs]
    fresh = [row for row in new if row.name not in pairs]
    found = list(pairs.values())
    for row in list(gone):
        twin = next((one for one in fresh if _same_note(row, one)), None)
        if twin is not None:
            found.append((row, twin))
            gone.remove(row)
            fresh.remove(twin)
    return found, gone, fresh


def _named_since(old: Meaning, new: Meaning) -> bool:
    """Whether nothing but the name of a note differs, which one side leaves to the server."""
    return any(before.name != after.name for before, after in _paired(old.rows, new.rows)[0])


def _same_note(one: MeantRow, other: MeantRow) -> bool:
    if one.name and other.name:
        return False
    called = one.name or one.auto
    return one.kind == other.kind and (
        (bool(called) and called == (other.name or other.auto)) or one.wording == other.wording
    )


def _rows(old: Meaning, new: Meaning, languages: Collection[str]) -> Iterator[Difference]:
    pairs, gone, fresh = _paired(old.rows, new.rows)
    for before, after in _renamed(gone, fresh):
        gone.remove(before)
        fresh.remove(after)
        same = f"the question {before.name!r} is now called {after.name!r}"
        yield Difference(QUESTION_RENAMED, after.name, same)
    for row in gone:
        yield from _gone(row)
    for row in fresh:
        yield from _fresh(row)
    yield from _moves(pairs)
    for before, after in pairs:
        yield from _row(before, after, old, new)
        yield from _cells(before, after, languages)
    yield from _order(pairs, old, new)


def _gone(row: MeantRow) -> Iterator[Difference]:
    if row.metadata:
        yield Difference(METADATA_REMOVED, row.name, f"{row.kind!r} is no longer recorded")
    elif row.kind == "begin_repeat":
        yield Difference(REPEAT_CHANGED, row.name, f"the repeat {row.name!r} is gone")
    elif row.layout:
        yield Difference(NOTES, row.name or row.auto, f"the {_kind(row)} {_name(row)} is gone")
    else:
        yield Difference(QUESTION_REMOVED, row.name, f"the question {row.name!r} is gone")


def _fresh(row: MeantRow) -> Iterator[Difference]:
    if row.metadata:
        yield Difference(METADATA_ADDED, row.name, f"phones record {row.kind!r}, as {row.name!r}")
    elif row.kind == "begin_repeat":
        yield Difference(REPEAT_CHANGED, row.name, f"there is a new repeat {row.name!r}")
    elif row.layout:
        yield Difference(NOTES, row.name or row.auto, f"there is a new {_kind(row)} {_name(row)}")
    else:
        yield Difference(QUESTION_ADDED, row.name, f"there is a new question {row.name!r}")


def _renamed(gone: Sequence[MeantRow], fresh: Sequence[MeantRow]) -> Iterator[tuple[MeantRow, MeantRow]]:
    """Find what was given another name and nothing else: same type, same list, same words or calculation."""
    left = [row for row in fresh if not row.layout and not row.metadata]
    for before in [row for row in gone if not row.layout and not row.metadata]:
        says = before.wording or before.cells.get("bind::calculate", "")
        for after in left:
            same = (after.kind, after.list_name) == (before.kind, before.list_name)
            if says and same and says == (after.wording or after.cells.get("bind::calculate", "")):
                left.remove(after)
                yield before, after
                break


def _moves(pairs: Sequence[tuple[MeantRow, MeantRow]]) -> Iterator[Difference]:
    """Say moves once for all questions that go the same way."""
    ways: dict[tuple[str, str, bool], list[str]] = {}
    for before, after in pairs:
        if before.parent == after.parent:
            continue
        if before.layout or before.metadata:
            yield Difference(NOTES, after.name, f"{_name(after)} moves to {_place(after.parent)}")
        else:
            ways.setdefault((before.parent, after.parent, before.repeat != after.repeat), []).append(after.name)
    for (source, target, repeats), names in ways.items():
        asked = f"{len(names)} questions ({listed(names)}) move" if len(names) > 1 else f"{names[0]!r} moves"
        way = f"from {_place(source)} to {_place(target)}"
        kind = REPEAT_CHANGED if repeats else MOVED
        yield Difference(kind, names[0], f"{asked} {way}{', another repeat' if repeats else ''}")


def _row(before: MeantRow, after: MeantRow, old: Meaning, new: Meaning) -> Iterator[Difference]:
    name = after.name or before.name or after.auto or before.auto
    if before.kind != after.kind:
        if "begin_repeat" in {before.kind, after.kind}:
            yield Difference(REPEAT_CHANGED, name, f"{name!r} is now a {_kind(after)}, and was a {_kind(before)}")
        elif after.metadata:
            yield Difference(METADATA_ADDED, name, f"phones record {after.kind!r}, as {name!r}")
        else:
            yield Difference(TYPE_CHANGED, name, f"{name!r} is now {after.kind}, and was {before.kind}")
    elif before.list_name != after.list_name:
        kept = _keeps(old.lists.get(before.list_name, ()), new.lists.get(after.list_name, ()))
        kind = LIST_RENAMED if kept else LIST_CHANGED
        yield Difference(kind, name, f"{name!r} offers the list {after.list_name!r} in place of {before.list_name!r}")
    if before.other and not after.other:
        yield Difference(CHOICE_REMOVED, name, f"{name!r} no longer offers “other”")
    if after.other and not before.other:
        yield Difference(CHOICE_ADDED, name, f"{name!r} also offers “other”")


def _cells(before: MeantRow, after: MeantRow, languages: Collection[str]) -> Iterator[Difference]:
    name = after.name or before.name or after.auto or before.auto
    by_kind: dict[str, list[str]] = {}
    for column in _changed(before.cells, after.cells, languages):
        by_kind.setdefault(_column_kind(column, layout=after.layout), []).append(column)
    for kind, columns in by_kind.items():
        yield Difference(kind, name, f"{name!r}: {listed(columns)}")


def _keeps(old: Sequence[MeantChoice], new: Sequence[MeantChoice]) -> bool:
    offered = {(one.name, one.wording) for one in new}
    return bool(old) and all((one.name, one.wording) in offered for one in old)


def _column_kind(column: str, *, layout: bool) -> str:
    first, _, rest = column.partition("::")
    if first == "bind":
        return WORDING if "msg" in rest.lower() else LOGIC if rest in _LOGIC else LOOKS
    if first in _TEXTS or first.endswith(("_message", "_hint")):
        return NOTES if layout else WORDING
    if first in {"default", "choice_filter", "trigger", "repeat_count", "save_to"} or column == "control::jr:count":
        return LOGIC
    return LOOKS if first in _LOOKS else COUNTED


def _changed(old: Mapping[str, str], new: Mapping[str, str], languages: Collection[str] = ()) -> list[str]:
    """Return the columns that differ, but for those of these languages."""
    return [
        column
        for column in dict.fromkeys((*old, *new))
        if old.get(column, "") != new.get(column, "") and column.rpartition("::")[2] not in languages
    ]


def _order(pairs: Sequence[tuple[MeantRow, MeantRow]], old: Meaning, new: Meaning) -> Iterator[Difference]:
    """Look at the order of what stays in its group; metadata has no order, and moves are told already."""
    stays = [(before, after) for before, after in pairs if before.parent == after.parent and not before.metadata]
    was = {id(row): place for place, row in enumerate(old.rows)}
    now = {id(row): place for place, row in enumerate(new.rows)}
    stays.sort(key=lambda pair: was[id(pair[0])])
    places = [now[id(after)] for _, after in stays]
    if places != sorted(places):
        first = next(
            after for (_, after), place, due in zip(stays, places, sorted(places), strict=True) if place != due
        )
        yield Difference(ORDER, first.name or first.auto, f"questions stand in another order, from {_name(first)} on")


def _lists(old: Meaning, new: Meaning, languages: Collection[str]) -> Iterator[Difference]:
    used = {row.list_name for row in old.rows} & {row.list_name for row in new.rows}
    for name in dict.fromkeys((*old.lists, *new.lists)):
        before, after = old.lists.get(name, ()), new.lists.get(name, ())
        if name in used:
            yield from _one_list(name, before, after, languages)
        elif _told_apart(before, languages) != _told_apart(after, languages):
            yield Difference(NOTES, name, f"the list {name!r} is different; no question that stays uses it")


def _told_apart(choices: Sequence[MeantChoice], languages: Collection[str]) -> list[tuple[str, dict[str, str]]]:
    return [
        (one.name, {key: text for key, text in one.cells.items() if key.rpartition("::")[2] not in languages})
        for one in choices
    ]


def _one_list(
    name: str, old: Sequence[MeantChoice], new: Sequence[MeantChoice], languages: Collection[str]
) -> Iterator[Difference]:
    before, after = {one.name: one for one in old}, {one.name: one for one in new}
    gone = [one for one in old if one.name not in after]
    fresh = [one for one in new if one.name not in before]
    for choice in gone:
        twin = next((one for one in fresh if choice.wording and one.wording == choice.wording), None)
        if twin is not None:
            fresh.remove(twin)
            words = f"in the list {name!r}, the choice {choice.name!r} is now called {twin.name!r}"
            yield Difference(CHOICE_RENAMED, name, words)
        else:
            yield Difference(CHOICE_REMOVED, name, f"in the list {name!r}, the choice {choice.name!r} is gone")
    for choice in fresh:
        yield Difference(CHOICE_ADDED, name, f"in the list {name!r}, there is a new choice {choice.name!r}")
    for key in [one.name for one in new if one.name in before]:
        changed = _changed(before[key].cells, after[key].cells, languages)
        texts = [column for column in changed if column.partition("::")[0] in _TEXTS]
        if texts:
            yield Difference(CHOICE_WORDING, name, f"in the list {name!r}, choice {key!r}: {listed(texts)}")
        if rest := [column for column in changed if column not in texts]:
            yield Difference(CHOICE_MEANING, name, f"in the list {name!r}, choice {key!r}: {listed(rest)}")
    both = [one.name for one in old if one.name in after]
    if both != [one.name for one in new if one.name in before]:
        yield Difference(CHOICE_ORDER, name, f"the choices of the list {name!r} stand in another order")


def _whole(old: Meaning, new: Meaning) -> Iterator[Difference]:
    for language in sorted(new.languages - old.languages):
        yield Difference(LANGUAGE_ADDED, language, f"there is a new language, {language}")
    for language in sorted(old.languages - new.languages):
        yield Difference(LANGUAGE_REMOVED, language, f"the language {language} is gone")
    if old.title and new.title and old.title != new.title:
        yield Difference(TITLE, "", f"the title is “{_short(new.title)}”, and was “{_short(old.title)}”")
    for key in _changed(old.settings, new.settings):
        kind = {"public_key": ENCRYPTION, "submission_url": SENT_ELSEWHERE}.get(key, SETTING)
        is_, was = (_short(form.settings.get(key, "")) or "nothing" for form in (new, old))
        yield Difference(kind, key, f"the setting {key} is {is_}, and was {was}")


def comparable(one: Meaning, other: Meaning) -> tuple[Meaning, Meaning]:
    """Return both, the title taken away when either has none: then any name will do."""
    if one.title and other.title:
        return one, other
    return replace(one, title=""), replace(other, title="")


def same(one: Meaning, other: Meaning) -> bool:
    """Whether two writings mean the same form."""
    return not differences(*comparable(one, other))


def listed(names: Iterable[str], most: int = 4) -> str:
    """Return some names as a sentence has them, and how many there are besides."""
    names = list(dict.fromkeys(names))
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _kind(row: MeantRow) -> str:
    return row.kind.removeprefix("begin_")


def _name(row: MeantRow) -> str:
    called = row.name or row.auto
    return repr(called) if called else f"“{_short(row.wording)}”"


def _place(parent: str) -> str:
    return f"the group {parent!r}" if parent else "outside of all groups"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"
