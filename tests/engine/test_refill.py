"""One opened form, many interviews: as good as opening it anew each time."""

from __future__ import annotations

import re
from typing import Any

from engine_forms import INTERVIEW, SERVICES, xform
from hypothesis import given, settings
from hypothesis import strategies as st

from kobo_sync.engine import Answer, Filler

BRANCHES = """
| survey |
|        | type                   | name   | label | required | relevant                 | calculation                   | choice_filter | repeat_count |
|        | select_one area        | area   | Area  | yes      |                          |                               |               |              |
|        | select_one spot        | spot   | Spot  |          | ${area} != 'none'        |                               | in = ${area}  |              |
|        | select_multiple things | things | What  |          |                          |                               |               |              |
|        | integer                | rounds | How many |       | selected(${things}, 'a') |                               |               |              |
|        | begin_repeat           | loop   | Loop  |          | ${rounds} > 0            |                               |               | ${rounds}    |
|        | text                   | word   | Word  |          |                          |                               |               |              |
|        | end_repeat             |        |       |          |                          |                               |               |              |
|        | begin_repeat           | open   | Open  |          |                          |                               |               |              |
|        | integer                | figure | Figure |         | ${area} = 'north'        |                               |               |              |
|        | end_repeat             |        |       |          |                          |                               |               |              |
|        | calculate              | sum    |       |          |                          | sum(${figure})                |               |              |
|        | calculate              | first  |       |          |                          | once(count-selected(${things})) |             |              |
| choices |
|         | list_name | name  | label | in    |
|         | area      | north | North |       |
|         | area      | south | South |       |
|         | area      | none  | None  |       |
|         | spot      | n1    | N1    | north |
|         | spot      | n2    | N2    | north |
|         | spot      | s1    | S1    | south |
|         | things    | a     | A     |       |
|         | things    | b     | B     |       |
"""  # noqa: E501 -- a table is as wide as its columns

SPOTS = {"north": ["n1", "n2"], "south": ["s1"], "none": []}

ANSWERS = st.fixed_dictionaries(
    {"area": st.sampled_from(["north", "south", "none"])},
    optional={
        "things": st.lists(st.sampled_from(["a", "b"]), unique=True),
        "rounds": st.integers(0, 3),
        "loop": st.lists(st.fixed_dictionaries({"word": st.sampled_from(["x", "y", "ж"])}), max_size=3),
        "open": st.lists(st.fixed_dictionaries({"figure": st.integers(-5, 5)}), max_size=3),
    },
)


@st.composite
def interviews(draw: st.DrawFn) -> dict[str, Any]:
    answers: dict[str, Any] = draw(ANSWERS)
    spot = draw(st.sampled_from(["", *SPOTS[answers["area"]]]))
    return answers | ({"spot": spot} if spot else {})


def told(xml: str) -> str:
    return re.sub(r"uuid:[0-9a-f-]{36}", "uuid:…", xml)


@settings(max_examples=30, deadline=None)
@given(st.lists(interviews(), min_size=2, max_size=6))
def test_an_interview_does_not_depend_on_those_before_it(many: list[dict[str, Any]]) -> None:
    """A form that was filled in before gives the same interview as one just opened, with branches and repeats."""
    used = Filler(xform(BRANCHES))
    for answers in many:
        again, fresh = used.fill(answers), Filler(xform(BRANCHES)).fill(answers)
        assert told(again.xml) == told(fresh.xml)
        assert (again.asked, again.screens, again.unused) == (fresh.asked, fresh.screens, fresh.unused)


def test_hundreds_of_interviews_from_one_opening() -> None:
    """Three hundred interviews made from one opened form are three hundred different submissions."""
    filler = Filler(xform(INTERVIEW), SERVICES)
    answers: dict[str, Answer] = {"consent": "yes", "service": "S01"}
    made = {re.search(r"uuid:[0-9a-f-]{36}", filler.fill(answers).xml) for _ in range(300)}
    assert len({found[0] for found in made if found}) == 300
