"""A release as tidy tables and as a note on method: other forms of the same value, read from nothing else (3.8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kobo_sync.csv_files import write_table
from kobo_sync.scoring.release_model import FEW, NOT_PUBLISHED, Plain, Release

RELEASE, NOTE = "release.json", "method.txt"

_SCORES = ("round", "release", "area", "service", "label", "status", "women", "of", "percent", "low", "high", "grade")
_QUESTIONS = ("round", "release", "area", "service", "women", "domain", "indicator", "share")
_SERVICES = ("round", "release", "area", "service", "label", "status", "women", "band", "tier", "good_in")
_FLAGS = ("round", "release", "area", "service", "indicator", "level", "by_service", "open")
_AREAS = (
    "round",
    "release",
    "area",
    "label",
    "percent",
    "low",
    "high",
    "any_hr",
    "lacking",
    "barriers",
    "only_service",
)
_GAPS = ("round", "release", "area", "gap", "state")
_IDENTITY = ("round", "release", "areas", "variable", "category", "women")
_NOT_REACHED = ("round", "release", "areas", "variable", "few_or_none_of")

Rows = list[tuple[str, ...]]


def files_of(release: Release) -> dict[str, str]:
    """Return the files of a release, name → text: `release.json`, one CSV a kind of row, and the note on method."""
    content = release.content
    head = (str(content["round"]), str(content["number"]))
    tables: Mapping[str, tuple[Sequence[str], Rows]] = {
        "services.csv": (_SERVICES, _services(content, head)),
        "scores.csv": (_SCORES, _scores(content, head)),
        "questions.csv": (_QUESTIONS, _questions(content, head)),
        "flags.csv": (_FLAGS, _flags(content, head)),
        "areas.csv": (_AREAS, _areas(content, head)),
        "gaps.csv": (_GAPS, _gaps(content, head)),
        "who_was_asked.csv": (_IDENTITY, _identity(content, head)),
        "who_was_not_reached.csv": (_NOT_REACHED, _not_reached(content, head)),
    }
    made = {name: write_table(header, rows).decode("utf-8") for name, (header, rows) in tables.items()}
    return {RELEASE: release.data.decode("utf-8"), **made, NOTE: note(release)}


def note(release: Release) -> str:
    """Return the note on method: versions, weights, thresholds, and what the words of the tables mean."""
    content, method = release.content, release.content["method"]
    weights = method["weights"]
    lines = [
        f"Round {content['round']}, release {content['number']}, made on {content['made_on']}",
        "",
        "Every number here is this project's own convention, and stands in framework.yaml.",
        f"Framework {method['framework']}; community weights {method['weights_version'] or 'none'}.",
        *(f"{name}: {version}" for name, version in sorted(method["versions"].items())),
        f"Intervals: percentile bootstrap, {method['resamples']} resamples, the seed beside each figure.",
        "They cover sampling noise only: who was asked is not random.",
        "",
        f"Weights of questions: core {weights['core']:g}, others {weights['other']:g}. Weights of domains:",
        *(f"  {code}: {weight:g}" for code, weight in sorted(weights["domains"].items())),
        "Thresholds:",
        *(f"  {name}: {number:g}" for name, number in sorted(method["thresholds"].items())),
        "",
        *_WORDS,
    ]
    return "\n".join([*lines, ""])


_WORDS = (
    f"{NOT_PUBLISHED}: not published this round. The word is the same whatever the reason.",
    "percent, low, high: a score and its 95% interval, rounded, the bounds outward. 5 stands for 5 or less, 95 for 95",
    "  or more. Overall figures are made of the domains that are published.",
    "share: of women, giving the best answer. few_or_none: fewer than five; most_or_all: all but fewer than five.",
    "women: a band. No question and no table of identities has a number of women.",
    f"{FEW} in who_was_asked: none to four women; five_or_more: five women or more, perhaps all. A table of several",
    "  areas is about all of them together. There is no table of the whole country.",
    "flags: found in this round and reviewed. What is not listed is not known to be absent.",
    "gaps: confirmed by two teams or five women, and contradicted by nothing that is published; no_data is not 'fine'.",
    "A service that is the only one of its area: closing it is not a remedy.",
    "These figures rank nobody, prove nothing about a single person, and are no ground for pay or for defunding.",
)


def _services(content: Plain, head: tuple[str, str]) -> Rows:
    return [
        (
            *head,
            block["area"],
            block["code"],
            block["label"],
            block["status"],
            block.get("women", ""),
            str((block.get("band") or {}).get("code", "")),
            block.get("tier") or "",
            " ".join(block.get("good_in", ())),
        )
        for block in content["services"]
    ]


def _scores(content: Plain, head: tuple[str, str]) -> Rows:
    rows: Rows = []
    for block in content["services"]:
        start = (*head, block["area"], block["code"], block["label"], block["status"], block.get("women", ""))
        figures = [("overall", block.get("overall"))]
        figures += [(domain["code"], domain["figure"]) for domain in block.get("domains", ())]
        rows += [(*start, of, *_figure(figure), (figure or {}).get("grade", "")) for of, figure in figures]
    return rows


def _questions(content: Plain, head: tuple[str, str]) -> Rows:
    return [
        (
            *head,
            block["area"],
            block["code"],
            block["women"],
            domain["code"],
            question["indicator"],
            str(question["share"]),
        )
        for block in content["services"]
        for domain in block.get("domains", ())
        for question in domain["questions"]
    ]


def _flags(content: Plain, head: tuple[str, str]) -> Rows:
    return [
        (
            *head,
            block["area"],
            block["code"],
            flag["indicator"],
            flag["level"],
            _yes(flag["by_service"]),
            _yes(flag["open"]),
        )
        for block in content["services"]
        for flag in block.get("flags", ())
    ]


def _areas(content: Plain, head: tuple[str, str]) -> Rows:
    return [
        (
            *head,
            area["code"],
            area["label"],
            *_figure(area["score"]),
            area["any_hr"],
            " ".join(area["lacking"]),
            " ".join(area["barriers"]),
            _yes(area["only_service"]),
        )
        for area in content["areas"]
    ]


def _gaps(content: Plain, head: tuple[str, str]) -> Rows:
    return [(*head, area["code"], gap, state) for area in content["areas"] for gap, state in area["gaps"].items()]


def _identity(content: Plain, head: tuple[str, str]) -> Rows:
    return [
        (*head, " ".join(table["areas"]), table["variable"], category, word)
        for table in content["identity"]
        for category, word in table["cells"].items()
    ]


def _not_reached(content: Plain, head: tuple[str, str]) -> Rows:
    return [
        (*head, " ".join(table["areas"]), table["variable"], " ".join(few))
        for table in content["identity"]
        if (few := [category for category, word in table["cells"].items() if word == FEW])
    ]


def _figure(figure: Plain | None) -> tuple[str, str, str]:
    return (str(figure["percent"]), str(figure["low"]), str(figure["high"])) if figure else ("", "", "")


def _yes(value: bool) -> str:  # noqa: FBT001 -- a word for a cell
    return "yes" if value else "no"
