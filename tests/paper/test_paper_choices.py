"""Which choices stand on paper: those that the phone may offer in this round."""

from __future__ import annotations

import re
from typing import Any

import paper_samples as samples
import pytest

from kobo_sync.instrument.outline import outline_from_sheets, read_outline
from kobo_sync.instrument.paper import paper_files

NAMES = ("tea", "cake", "name")


def printed(condition: str) -> list[str]:
    """Return the choices on paper of a question with that choice filter, in a round with tea and name."""
    sheets: dict[str, Any] = {
        "survey": [
            {"type": "calculate", "name": "now", "calculation": "'tea name'"},
            {"type": "select_one yn", "name": "sure", "label": "Sure?"},
            {"type": "select_multiple what", "name": "without", "label": "Without?", "choice_filter": condition},
        ],
        "choices": [
            *({"list_name": "yn", "name": name, "label": name.upper()} for name in ("yes", "no")),
            *({"list_name": "what", "name": name, "label": f"About {name}"} for name in NAMES),
        ],
    }
    (text,) = paper_files([outline_from_sheets(sheets, "round")], samples.PAPER).values()
    return re.findall(r"About (\w+)", text)


@pytest.mark.parametrize(
    ("condition", "choices"),
    [
        ("selected(${now}, name)", ["tea", "name"]),
        ("selected(${now}, name) or name = 'cake'", ["tea", "cake", "name"]),
        ("", list(NAMES)),  # no filter
        ("${sure} = 'yes'", list(NAMES)),  # not known before the interview
        ("selected(${now}, name) or ${sure} = 'yes'", list(NAMES)),
        ("area = ${sure}", list(NAMES)),  # another column of the list
    ],
)
def test_paper_offers_what_the_phone_may_offer(condition: str, choices: list[str]) -> None:
    """A choice that this round's phone is certain not to offer is not printed; every other one is."""
    assert printed(condition) == choices


def test_paper_reads_out_the_round_s_topics() -> None:
    """On the client interview's paper stand the topics of the committed round, and no other topic."""
    (path,) = (path for path in samples.WORKBOOKS if path.stem == "client_interview")
    outline = read_outline(path, path.stem)
    questions = {question.role: question for question in outline.form.questions}
    modules = questions["modules"].calculation.strip("'").split()
    (text,) = paper_files([outline], samples.PAPER, languages=["en"]).values()
    for choice in questions["left_out"].choices:
        box = re.search(
            rf"<li><span class=\"box\"></span><span>{re.escape(choice.labels[samples.EN])}</span></li>", text
        )
        assert (box is not None) == (choice.name in modules), choice.name
