"""Mistakes in who is asked a scored question, and in how freely it can be answered (F615 to F619)."""

from __future__ import annotations

from checks_broken import breaks
from checks_sample import Sample, text
from checks_wired import with_follow_up, with_module, with_part, with_topics


@breaks("F615", "survey", 11, "relevant")
def asked_of_the_young(sample: Sample) -> None:
    """Ask a scored question of some only."""
    sample.q("open_c")["relevant"] = "${quoted} = 'yes'"


@breaks("F615", "survey", 12, "relevant")
def asked_of_nobody(sample: Sample) -> None:
    """Let two conditions shut each other out."""
    sample.q("things_c")["relevant"] = "${open_c} = 'yes' and ${open_c} = 'no'"


@breaks("F615", "survey", 13, "relevant")
def asked_in_another_module(sample: Sample) -> None:
    """Ask a question in a module that is not its own."""
    with_module(sample).q("things_c")["relevant"] = "selected(${modules}, 'abc')"


@breaks("F615", "survey", 13, "relevant")
def asked_without_its_module(sample: Sample) -> None:
    """Ask a question of a module in every round."""
    with_module(sample).q("things_c").pop("relevant")


@breaks("F615", "survey", 17, "relevant")
def break_that_ends_the_part(sample: Sample) -> None:
    """Take a break for a skip."""
    with_part(sample).q("part")["relevant"] = "${ready} = 'go_on'"


@breaks("F616", "survey", 11, "required")
def passed_over(sample: Sample) -> None:
    """Let a scored question be passed over."""
    sample.q("open_c").pop("required")


@breaks("F616", "survey", 12, "required")
def required_of_some(sample: Sample) -> None:
    """Want an answer of some only."""
    sample.q("things_c")["required"] = "${open_c} = 'yes'"


@breaks("F617", "survey", 12, "relevant")
def followed_up_at_another_answer(sample: Sample) -> None:
    """Ask a follow-up at the wrong answer."""
    with_follow_up(sample).q("rule_c")["relevant"] = "${open_c} = 'partly'"


@breaks("F617", "survey", 12, "relevant")
def followed_up_always(sample: Sample) -> None:
    """Ask a follow-up whatever was answered."""
    with_follow_up(sample).q("rule_c").pop("relevant")


@breaks("F617", "survey", 12, "role")
def followed_up_for_nothing(sample: Sample) -> None:
    """Follow up what the framework does not."""
    with_follow_up(sample).indicator("abc_open")["flag"].pop("followup")


@breaks("F618", "survey", 6, "default")
def agreed_beforehand(sample: Sample) -> None:
    """Tick the box for her."""
    sample.q("agree")["default"] = "yes"


@breaks("F618", "survey", 11, "default")
def answered_beforehand(sample: Sample) -> None:
    """Fill in the good answer."""
    sample.q("open_c")["default"] = "yes"


@breaks("F619", "survey", 11, "constraint")
def no_is_refused(sample: Sample) -> None:
    """Let her say anything but no."""
    sample.q("open_c").update(constraint=". != 'no'", **text("constraint_message", "No.", "No."))


@breaks("F619", "survey", 11, "read_only")
def shown_only(sample: Sample) -> None:
    """Show a question that nobody can answer."""
    sample.q("open_c")["read_only"] = "yes"


@breaks("F619", "survey", 11, "choice_filter")
def some_choices_only(sample: Sample) -> None:
    """Hide choices by a filter."""
    sample.q("open_c")["choice_filter"] = "kind = 'x'"
    for row in sample.choices:
        row["kind"] = "x"


@breaks("F619", "survey", 13, "required")
def something_must_be_left_out(sample: Sample) -> None:
    """Make her leave out a topic."""
    with_topics(sample).q("topics")["required"] = "yes"
