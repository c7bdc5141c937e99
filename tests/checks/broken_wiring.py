"""Mistakes in what keeps women safe: screening, skips, breaks, harmless questions, quotes, codes, roles."""

from __future__ import annotations

from checks_broken import breaks
from checks_sample import HINT, QUOTED, Sample, ask, choice, text
from checks_wired import with_decoy, with_part

_NOTHING = "${agree} = 'yes'"


@breaks("F521", "survey", 6, "type")
def no_way_to_refuse(sample: Sample) -> None:
    """Let both choices count as agreement."""
    sample.c("agree", "no")["score"] = 1


@breaks("F523", "survey")
def nobody_screened(sample: Sample) -> None:
    """Ask whoever comes."""
    sample.survey.remove(sample.q("start"))
    sample.survey.remove(sample.q("no_start"))
    for name in ("about", "agree"):
        sample.q(name).pop("relevant")
    sample.choices = [row for row in sample.choices if row["list_name"] != "start"]


@breaks("F523", "survey", 6, "relevant")
def too_young_and_asked(sample: Sample) -> None:
    """Turn the condition round."""
    for name in ("about", "agree"):
        sample.q(name)["relevant"] = "${start} != ''"


@breaks("F523", "survey", 4, "type")
def all_is_always_fine(sample: Sample) -> None:
    """Offer no way to end."""
    sample.choices.remove(sample.c("start", "stop"))
    sample.survey.remove(sample.q("no_start"))


@breaks("F524", "survey", 5, "relevant")
def not_told(sample: Sample) -> None:
    """Tell only those who are sent away what she agrees to."""
    sample.q("about")["relevant"] = "${start} = 'stop'"


@breaks("F525", "survey", 6, "type")
def no_word_of_thanks(sample: Sample) -> None:
    """Say nothing to her who refuses."""
    sample.survey.remove(sample.q("no_talk"))


@breaks("F531", "survey", 17, "relevant")
def skip_that_skips_nothing(sample: Sample) -> None:
    """Lose the condition of a part's group."""
    with_part(sample).q("part").pop("relevant")


@breaks("F531", "survey", 17, "relevant")
def skip_after_the_break_that_skips_nothing(sample: Sample) -> None:
    """Ask on after a break, whatever she said."""
    with_part(sample).q("part")["relevant"] = "${ready} = 'go_on' or ${ready} = 'pause'"


@breaks("F531", "survey", 19, "relevant")
def question_moved_out_of_its_part(sample: Sample) -> None:
    """Put a question below the end of its group."""
    place = with_part(sample).survey.index(sample.q("things_c"))
    sample.survey[place], sample.survey[place + 1] = sample.survey[place + 1], sample.survey[place]


@breaks("F531", "survey", 11, "type")
def no_choice_to_skip(sample: Sample) -> None:
    """Offer no skip."""
    with_part(sample).choices.remove(sample.c("part", "skip"))


@breaks("F532", "survey", 11, "name")
def break_without_help(sample: Sample) -> None:
    """Show no help in the break."""
    with_part(sample).survey.remove(sample.q("aid"))


@breaks("F532", "survey", 11, "name")
def help_for_some_only(sample: Sample) -> None:
    """Show help in the break to some only."""
    with_part(sample).q("aid")["relevant"] = "${quoted} = 'yes'"


@breaks("F533", "survey", 18, "relevant")
def help_hidden(sample: Sample) -> None:
    """Show help to those only who report something."""
    sample.q("help")["relevant"] = "${open_c} = 'no'"


@breaks("F533", "survey")
def help_at_the_start_alone(sample: Sample) -> None:
    """Show help before the questions alone."""
    help_ = sample.q("help")
    sample.survey.remove(help_)
    sample.add(help_, before="open_c")


@breaks("F534", "survey", 18, "read_only")
def help_is_sent(sample: Sample) -> None:
    """Let it be answered which help she looked at."""
    sample.q("help")["read_only"] = "no"


@breaks("F534", "survey", 18, "required")
def help_is_required(sample: Sample) -> None:
    """Want an answer to a list that may be empty."""
    sample.q("help")["required"] = "yes"


@breaks("F535", "survey", 23, "relevant")
def weather_is_sent(sample: Sample) -> None:
    """Keep the harmless answers when she finishes."""
    with_decoy(sample).q("daily")["relevant"] = _NOTHING


@breaks("F535", "survey", 23, "relevant")
def weather_may_be_sent(sample: Sample) -> None:
    """Let the question that drops them be passed over."""
    with_decoy(sample).q("done").pop("required")


@breaks("F536", "survey", 23, "relevant")
def weather_is_hidden(sample: Sample) -> None:
    """Hide the harmless questions until the last sensitive one is answered."""
    with_decoy(sample).q("daily")["relevant"] += " and ${open_c} = 'yes'"


@breaks("F537", "survey", 15, "relevant")
def quoted_although_she_refused(sample: Sample) -> None:
    """Ask for her own words whatever she said about quoting."""
    sample.q("wish").pop("relevant")


@breaks("F537", "survey", 15, "relevant")
def quoted_because_she_refused(sample: Sample) -> None:
    """Turn the condition round."""
    sample.q("wish")["relevant"] = "${quoted} != 'yes'"


@breaks("F537", "survey", 14, "relevant")
def text_for_the_context(sample: Sample) -> None:
    """Ask for words under another role."""
    sample.add(ask("text", "more", "Why?", "¿Por qué?", role="context", **HINT))


@breaks("F538", "survey", 16, "relevant")
def code_nobody_wanted(sample: Sample) -> None:
    """Make and show a code whatever she said."""
    for name in ("code", "shown"):
        sample.q(name).pop("relevant")


@breaks("F538", "survey", 17, "relevant")
def code_shown_all_the_same(sample: Sample) -> None:
    """Show the code, blank or not, to all."""
    sample.q("shown").pop("relevant")


@breaks("F539", "survey", 16, "name")
def code_never_shown(sample: Sample) -> None:
    """Make a code and do not show it."""
    sample.q("shown").update(text("label", "You have a code.", "Hay un código."))


@breaks("F540", "survey", 16, "calculation")
def short_code(sample: Sample) -> None:
    """Make a code of six digits."""
    sample.q("code")["calculation"] = "once(string(int(random()*900000)+100000))"


@breaks("F541", "survey", 16, "calculation")
def words_copied(sample: Sample) -> None:
    """Copy her words into another answer."""
    copy = ask("calculate", "also", calculation="concat('x', ${wish})", relevant=QUOTED, role="context")
    sample.add(copy, before="code")


@breaks("F542", "settings", 2, "instance_name")
def answers_in_the_name(sample: Sample) -> None:
    """Name the interviews on the phone by an answer."""
    sample.settings["instance_name"] = "concat('a-', ${age})"


@breaks("F542", "settings", 2, "submission_url")
def sent_elsewhere(sample: Sample) -> None:
    """Send the answers to another address."""
    sample.settings["submission_url"] = "https://example.org/submission"


@breaks("F551", "survey", 14, "role")
def several_teams(sample: Sample) -> None:
    """Let several teams be chosen."""
    sample.add(ask("select_multiple wish", "group", "Which team?", "¿Qué equipo?", role="team"))


@breaks("F552", "survey", 14, "role")
def two_teams(sample: Sample) -> None:
    """Give two questions the same part to play."""
    sample.add(
        ask("select_one wish", "team", "Which team?", "¿Qué equipo?", role="service_listed"),
        ask("select_one wish", "other_team", "Which other?", "¿Qué otro?", role="service_listed"),
        before="age",
    )


@breaks("F522", "survey", 22, "name")
def asked_who_may_not_be(sample: Sample) -> None:
    """Ask something of her who refuses."""
    sample.survey.append(
        ask("select_one why", "why", "Why not?", "¿Por qué no?", relevant="${agree} = 'no'", role="context")
    )
    sample.choices.append(choice("why", "busy", "No time", "Sin tiempo"))
