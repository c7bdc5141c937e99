"""What the small instrument can have besides: a part to skip, modules, topics left out, a follow-up, a long code."""

from __future__ import annotations

from checks_sample import DK, PNS, Sample, ask, choice, text

PART_GOES_ON = "${ready} = 'go_on' or (${ready} = 'pause' and ${rested} = 'go_on')"


def with_part(sample: Sample) -> Sample:
    """Let the two scored questions be a part that can be paused and skipped: opener in row 11, part in rows 17, 18."""
    sample.add(
        ask("select_one part", "ready", "Shall we go on?", "¿Seguimos?", required="yes", role="part"),
        ask("begin_group", "rest", "A break", "Una pausa", relevant="${ready} = 'pause'"),
        ask("select_one_from_file referrals.csv", "aid", "Help.", "Ayuda.", read_only="yes", role="referrals"),
        ask("select_one rested", "rested", "Go on?", "¿Seguimos?", required="yes", role="part"),
        ask("end_group", ""),
        ask("begin_group", "part", "The part", "La parte", relevant=PART_GOES_ON),
        before="open_c",
    )
    sample.add(ask("end_group", ""), before="age")
    for list_name in ("part", "rested"):
        sample.choices.append(choice(list_name, "go_on", "Go on", "Seguir"))
        if list_name == "part":
            sample.choices.append(choice(list_name, "pause", "Take a break", "Hacer una pausa"))
        sample.choices.append(choice(list_name, "skip", "Skip these", "Saltar estas"))
    return sample


def with_module(sample: Sample) -> Sample:
    """Let the second scored question be one of a module of another domain, named in row 8; it stands in row 13."""
    sample.add(ask("calculate", "modules", calculation="'abc'", role="modules"), before="quoted")
    sample.indicator("abc_things").update(domain="def", core=False)
    sample.q("things_c")["relevant"] = "selected(${modules}, 'def')"
    return sample


def with_follow_up(sample: Sample) -> Sample:
    """Let a “no” to the first scored question (row 11) be followed up in row 12."""
    sample.indicator("abc_open")["flag"]["followup"] = {"when": {"C": ["no"]}, "answers": ["yes"], "means": "R1"}
    sample.add(
        ask(
            "select_one known",
            "rule_c",
            "Is that a rule?",
            "¿Es una regla?",
            relevant="${open_c} = 'no'",
            indicator="abc_open",
            role="followup",
            required="yes",
        ),
        before="things_c",
    )
    for name, english, spanish in (("yes", "Yes", "Sí"), ("no", "No", "No")):
        sample.choices.append(choice("known", name, english, spanish))
    for known in (DK, PNS):
        sample.choices.append(choice("known", *known, missing=known[0]))
    return sample


def with_topics(sample: Sample) -> Sample:
    """Let women leave out the topic of the module (row 13), whose question stands in row 14."""
    with_module(sample)
    topics = ask("select_multiple topic", "topics", "Leave one out?", "¿Saltar algo?", role="left_out")
    sample.add(topics, before="things_c")
    sample.choices.append(choice("topic", "def", "This topic", "Este tema"))
    sample.q("things_c")["relevant"] += " and not(selected(${topics}, 'def'))"
    return sample


def with_long_code(sample: Sample) -> Sample:
    """Show the code in two groups, computed in row 17."""
    groups = "concat(substr(${code}, 0, 4), ' ', substr(${code}, 4, 9))"
    shown = {"relevant": sample.q("code")["relevant"], "role": "withdrawal_code_shown"}
    sample.add(ask("calculate", "groups", calculation=groups, **shown), before="shown")
    sample.q("shown").update(text("label", "Your code is ${groups}.", "Su código es ${groups}."))
    return sample
