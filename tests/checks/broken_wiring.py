"""Mistakes in what keeps women safe: screening, skips, breaks, harmless questions, quotes, codes, roles."""

from __future__ import annotations

from checks_broken import breaks
from checks_sample import EN, HINT, QUOTED, Sample, ask, choice, text
from checks_wired import with_long_code, with_part, with_topics

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
    sample.q("daily")["relevant"] = _NOTHING


@breaks("F535", "survey", 23, "relevant")
def weather_may_be_sent(sample: Sample) -> None:
    """Let the question that drops them be passed over."""
    sample.q("done").pop("required")


@breaks("F536", "survey", 23, "relevant")
def weather_is_hidden(sample: Sample) -> None:
    """Hide the harmless questions until the last sensitive one is answered."""
    sample.q("daily")["relevant"] += " and ${open_c} = 'yes'"


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


@breaks("F522", "survey", 26, "name")
def asked_who_may_not_be(sample: Sample) -> None:
    """Ask something of her who refuses."""
    sample.survey.append(
        ask("select_one why", "why", "Why not?", "¿Por qué no?", relevant="${agree} = 'no'", role="context")
    )
    sample.choices.append(choice("why", "busy", "No time", "Sin tiempo"))


@breaks("F524", "survey", 5, "name")
def nothing_is_told(sample: Sample) -> None:
    """Ask her to agree to she knows not what."""
    sample.survey.remove(sample.q("about"))


@breaks("F536", "survey", 23, "required")
def weather_must_be_answered(sample: Sample) -> None:
    """Want an answer to a harmless question before going on."""
    sample.q("weather")["required"] = "yes"


@breaks("F536", "survey")
def nothing_harmless(sample: Sample) -> None:
    """Have no harmless question."""
    sample.survey = [row for row in sample.survey if row.get("name") not in {"weather", "daily", "done"}]
    sample.survey.pop()
    sample.choices = [row for row in sample.choices if row["list_name"] not in {"weather", "done"}]


@breaks("F509", "survey", 16, "calculation")
def few_codes(sample: Sample) -> None:
    """Make a code of three digits."""
    sample.q("code")["calculation"] = "once(string(int(random()*900)+100))"


@breaks("F509", "survey", 16, "calculation")
def always_the_same_code(sample: Sample) -> None:
    """Lose the random part by a parenthesis."""
    sample.q("code")["calculation"] = "once(string(int(random())*900000000+100000000))"


@breaks("F543", "survey", 15, "required")
def words_wanted(sample: Sample) -> None:
    """Make her say something in her own words."""
    sample.q("wish")["required"] = "yes"


@breaks("F544", "survey", 11, "relevant")
def name_beside_the_code(sample: Sample) -> None:
    """Ask for the name of a service that is on the list."""
    sample.framework["forms"]["small"]["max_free_text"] = 2
    name = ask("text", "service_name", "Name of the service", "El nombre del servicio", role="service_name", **HINT)
    sample.add(name, before="open_c")


@breaks("F551", "survey", 18, "type")
def services_as_help(sample: Sample) -> None:
    """Show the services where help should stand."""
    sample.q("help")["type"] = "select_one_from_file services.csv"
    sample.framework["forms"]["small"]["unit"] = "visit"


@breaks("F553", "survey", 16, "role")
def code_without_its_role(sample: Sample) -> None:
    """Take the role from the code, which would then be stored."""
    sample.q("code").pop("role")


@breaks("F554", "survey")
def no_month(sample: Sample) -> None:
    """Leave out the month."""
    sample.survey.remove(sample.q("month"))


@breaks("F503", "survey", 11, f"label::{EN}", language=EN)
def names_of_interviewers(sample: Sample) -> None:
    """Ask the interviewer for her name in place of the team's code."""
    asked = ask("select_one team", "team", "Your name", "Su equipo", role="team")
    sample.add(asked, before="open_c")
    sample.choices.append(choice("team", "t1", "Team 1", "Equipo 1"))


@breaks("F531", "survey", 14, "relevant")
def topic_left_out_and_asked(sample: Sample) -> None:
    """Ask about a topic that she left out."""
    with_topics(sample).q("things_c")["relevant"] = "selected(${modules}, 'def')"


@breaks("F538", "survey", 17, "relevant")
def long_code_nobody_wanted(sample: Sample) -> None:
    """Compute what is shown of the code whatever she said."""
    with_long_code(sample).q("groups").pop("relevant")


@breaks("F541", "survey", 17, "calculation")
def code_copied(sample: Sample) -> None:
    """Store the code in groups as any other answer."""
    with_long_code(sample).q("groups")["role"] = "context"
    sample.q("shown").update(text("label", "Your code is ${code}.", "Su código es ${code}."))


@breaks("F545", "survey", 14, f"label::{EN}", language=EN)
def answer_repeated(sample: Sample) -> None:
    """Show an answer in a later note."""
    sample.add(ask("note", "said", "You said ${open_c}.", "Usted dijo ${open_c}."))


@breaks("F545", "survey", 15, f"label::{EN}", language=EN)
def answer_repeated_by_a_detour(sample: Sample) -> None:
    """Show what a calculation made of an answer about her."""
    sample.add(
        ask("calculate", "aged", calculation="concat(${open_c}, '!')", role="context"),
        ask("note", "said", "You said ${aged}.", "Usted dijo ${aged}."),
    )
