"""Each module that a round can set: asked when it is set, skipped alone, with a break that shows who can help."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine_corpus import Done, Values, fill, sets
from engine_instrument import FOLDER, NAMES, instrument

from kobo_sync.engine import Prompt
from kobo_sync.instrument.form import Question
from kobo_sync.instrument.framework import read_framework

MODULES = {form: q.name for form in NAMES if (q := instrument(form).form.with_role("modules"))}
DOMAINS = [domain.code for domain in read_framework(FOLDER / "framework.yaml").domains]
EVERYTHING = " ".join(DOMAINS)
AT_MOST = 3  # modules a round

each_module = pytest.mark.parametrize(("form", "module"), [(form, module) for form in MODULES for module in DOMAINS])


def done(form: str, modules: str, **answers: Values) -> Done:
    """Let JavaRosa fill in an interview in a round with these modules, all at its best but the answers named."""
    first = next(one for one in sets(form) if not one.ends)
    shared = set.intersection(*({*one.answers} for one in sets(form)))  # what opens an interview
    usual = {name: values for name, values in first.answers.items() if name in shared}
    calculations = {MODULES[form]: f"'{modules}'"}
    return fill(replace(first, rule="best", answers={**usual, **answers}, calculations=calculations))


def asked(form: str, interview: Done) -> list[Question]:
    """Return the questions that were asked, in order."""
    return [instrument(form).form.by_name[name] for name in interview.filled.asked]


def scored(form: str, interview: Done) -> list[str]:
    """Return the names of the questions about the service, in order."""
    return [question.name for question in asked(form, interview) if question.indicator]


def opener(form: str, module: str, role: str = "part") -> str:
    """Return the question with that role that only a round with this module asks."""
    core = done(form, "").filled.asked
    (found,) = (q.name for q in asked(form, done(form, module)) if q.role == role and q.name not in core)
    return found


@each_module
def test_a_module_is_asked_only_when_it_is_set(form: str, module: str) -> None:
    """A round that sets a module asks its questions beside the core, right after its opener, and no round else does."""
    core, whole = done(form, ""), done(form, module)
    added = [name for name in scored(form, whole) if name not in scored(form, core)]
    assert added
    assert all(name.startswith(f"{module}_") for name in added)
    assert [name for name in scored(form, whole) if name not in added] == scored(form, core)
    assert whole.filled.asked.index(added[0]) == whole.filled.asked.index(opener(form, module)) + 1
    others = " ".join(other for other in DOMAINS if other != module)
    assert not set(added) & set(scored(form, done(form, others)))


@each_module
def test_a_module_can_be_skipped_and_paused(form: str, module: str) -> None:
    """Before a module she may go on, rest or skip; a rest shows who can help, and after it she may go on or skip."""
    core, whole = scored(form, done(form, "")), done(form, module)
    before = opener(form, module)
    assert scored(form, done(form, module, **{before: ("skip",)})) == core
    rested = done(form, module, **{before: ("pause",)})
    assert scored(form, rested) == scored(form, whole)  # the first choice after a rest is to go on
    shown = [name for name in rested.filled.notes if name not in whole.filled.notes]
    assert "referrals" in {instrument(form).form.by_name[name].role for name in shown}
    (after,) = set(rested.filled.asked) - set(whole.filled.asked)
    assert scored(form, done(form, module, **{before: ("pause",), after: ("skip",)})) == core


@each_module
def test_a_module_can_be_skipped_by_itself(form: str, module: str) -> None:
    """In a round of several, each module can be left out or skipped alone: the others are asked all the same."""
    whole = scored(form, done(form, EVERYTHING))
    core = scored(form, done(form, ""))
    own = {name for name in whole if name not in core and name.startswith(f"{module}_")}
    roles = {question.role for question in asked(form, done(form, module))}
    skipped: dict[str, Values]
    if "left_out" in roles:
        skipped = {opener(form, module, "left_out"): (module,)}
    else:
        skipped = {opener(form, module): ("skip",)}
    assert scored(form, done(form, EVERYTHING, **skipped)) == [name for name in whole if name not in own]


@pytest.mark.parametrize("form", MODULES)
def test_only_the_round_s_topics_are_read_out(form: str) -> None:
    """Of the topics that may be left out, the phone offers those that the round sets, and no others."""
    modules = instrument(form).form.by_name[MODULES[form]].calculation.strip("'")
    assert 0 < len(modules.split()) <= AT_MOST
    usual = done(form, modules).answers
    offered: dict[str, Values] = {}

    def look(prompt: Prompt) -> Values | None:
        offered[prompt.name] = prompt.choices
        return usual.get(prompt.name)

    instrument(form).filler.fill(look, None)
    (topics,) = (question for question in instrument(form).form.questions if question.role == "left_out")
    assert list(offered[topics.name]) == [c.name for c in topics.choices if c.name in modules.split()]
