"""Complaints about templates: every rule, their places, and fixes that change nothing else."""

from __future__ import annotations

import importlib.util
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsplan import InputError, Template, lint, plan, substitute
from smsplan.encoding import Encoding, measure, segment
from smsplan.encoding.look_alikes import LOOK_ALIKES
from smsplan.linting.linter import Complaint, fix_text
from smsplan.linting.rules import RULES, Rule

DOCS = Path(__file__).parents[2] / "docs"


def codes(template: str, **settings: Any) -> list[str]:
    """The codes of what is complained of, in order."""
    return [one.code for one in lint(template, **settings)]


def found(rule: Rule, text: str, rows: Any) -> tuple[Complaint, ...]:
    """What is complained of in an example, with its recipients where it has some."""
    made = None
    if rows:
        made = plan(
            list(rows), text, defaults=rule.given.get("defaults"), rates={"GB": "0.034 GBP"}
        )
    return lint(text, plan=made, **rule.given)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)
def test_examples(rule: Rule) -> None:
    """The example of a rule breaks that rule and no other; its counterexample breaks none."""
    (one,) = found(rule, rule.example, rule.rows)
    assert (one.code, one.name, one.severity) == (rule.code, rule.name, rule.severity)
    assert (one.fix is not None) == rule.fixable
    assert found(rule, rule.counterexample, rule.counterrows or rule.rows) == ()


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)
def test_fixes_of_examples(rule: Rule) -> None:
    """Where a fix is offered for the example, nothing is left to complain of after it."""
    made = fix_text(rule.example, **rule.given)
    assert (made.text != rule.example) == rule.fixable
    if rule.fixable:
        assert [one.code for one in made.done] == [rule.code]
        assert made.left == ()


def test_documentation() -> None:
    """docs/lint.md is what docs/make_lint.py writes, so every rule is in it with its example."""
    spec = importlib.util.spec_from_file_location("make_lint", DOCS / "make_lint.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = (DOCS / "lint.md").read_text(encoding="utf-8")
    assert module.reference() == text
    assert all(f"#### {code} {rule.name}\n" in text for code, rule in RULES.items())


def test_names_and_codes() -> None:
    """No two rules have one name; a code is SMS and three digits."""
    assert len({rule.name for rule in RULES.values()}) == len(RULES)
    assert all(len(code) == 6 and code[3:].isdecimal() for code in RULES)


def test_places() -> None:
    """Lines and columns count code points from 1; start and end are indices into the body."""
    body = "Hi 😀\n“${name}”"
    first, second, third = lint(body, ignore=["SMS304"])
    assert (first.code, first.line, first.column, first.end_column) == ("SMS106", 1, 4, 5)
    assert (second.line, second.column, second.end_line, second.end_column) == (2, 1, 2, 2)
    assert body[third.start : third.end] == "”"
    assert (third.line, third.column) == (2, 9)


def test_figures() -> None:
    """A complaint says what a character costs in parts, with what the core counts."""
    body = "a" * 149 + "…"
    (one,) = lint(body, select=["SMS1"])
    less = segment("a" * 150).number_of_parts
    assert one.message.endswith(f": {segment(body).number_of_parts} parts instead of {less}")
    assert lint("Hi…")[0].message.endswith(": 70 characters fit one part instead of 160")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Привет “мир” – ™", ["SMS113"]),
        ("Καλημέρα “φίλε”", ["SMS113"]),
        ("ΕΛΛΑΔΑ", ["SMS109"] * 3),
        ("مرحبا\u200f بك", ["SMS113"]),
        ("مرحبا\u202e بك", ["SMS113", "SMS112"]),
        ("می\u200cخواهم", ["SMS113"]),
        ("नमस्ते दुनिया", ["SMS113"]),
        ("👨\u200d👩\u200d👧 ❤\ufe0f 🇬🇧 1\ufe0f\u20e3", ["SMS106"] * 4),
        ("kΩ Δt Ångström", []),
        ("5 \u2126", ["SMS108"]),
        ("5 \u03bcg", ["SMS110"]),
        ("5 µg", ["SMS107"]),
        ("𝗛𝗶", ["SMS115", "SMS115"]),
        ("ｈ５", ["SMS115", "SMS115"]),
        ("\ufeffHi\u00ad", ["SMS105", "SMS105"]),
        ("anos são ão", ["SMS107"]),
        ("^{}\\[~]|€\f@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!\"#¤%&'()*+,-./", []),
    ],
)
def test_kinds_of_characters(text: str, expected: list[str]) -> None:
    """Scripts, emoji, joiners and units are told apart; another script silences what saves nothing.

    Of the same character without a fix only the first is reported.
    """
    assert codes(text) == expected


def test_every_character_outside_is_somebodys() -> None:
    """Each of the characters with a replacement, between digits, is a complaint of SMS1xx.

    A safe replacement is the fix, unless a parameter could be made of it.
    """
    for character in LOOK_ALIKES:
        one = lint(f"1{character}2")[0]
        assert one.code.startswith("SMS1"), ascii(character)
        if one.code == "SMS108":
            assert segment(f"1{one.fix}2").encoding is Encoding.GSM
            continue
        safe = substitute(f"1{character}2", "safe", "always", partial=True)
        offered = bool(safe.changes) and not set(safe.text) & set("${}<>")
        assert one.fix == (safe.text[1:-1] if offered else None), ascii(character)
        assert one.fix is None or RULES[one.code].fixable


def test_length_rules_speak_once() -> None:
    """Of too long, just over and extension characters the most telling alone is said."""
    assert codes("a" * 160) == []
    assert codes("a" * 161) == codes("a" * 170) == ["SMS202"]
    assert codes("a" * 171) == ["SMS201"]
    assert codes("a" * 306, max_parts=2) == []
    assert codes("a" * 307, max_parts=2) == ["SMS202"]
    assert codes("a" * 159 + "€") == ["SMS203"]
    assert codes("a" * 161, truncate_concat=True) == ["SMS206"]
    assert codes("я" * 71, ignore=["SMS113"]) == ["SMS202"]
    assert codes("a" * 161, near=0) == ["SMS201"]


def test_just_over_is_exact() -> None:
    """So many characters as are marked, cut from the end, save a part; one fewer does not."""
    for body in ("a" * 164, "a" * 152 + "€" + "a" * 155, "я" * 135 + "😀", "${n}" + "x" * 162):
        one = next(each for each in lint(body) if each.code == "SMS202")
        fixed = "".join(Template(body).literals)
        over = one.end - one.start
        before = segment(fixed).number_of_parts
        assert segment(fixed[:-over]).number_of_parts == before - 1
        assert segment(fixed[: 1 - over or None]).number_of_parts == before


def test_cut_off_marks_what_is_lost() -> None:
    """What truncate_concat cuts of the fixed text is marked, in the body with its parameters."""
    body = "Hi ${name}" + "a" * 157 + "STOP"
    one = next(each for each in lint(body, truncate_concat=True) if each.code == "SMS206")
    assert body[one.start : one.end] == "STOP"


def test_selection() -> None:
    """The longest beginning decides, a tie ignores, and nothing else is asked."""
    body = "“Hi” {{name}}"
    assert codes(body, select=["SMS3"]) == ["SMS301"]
    assert codes(body, ignore=["SMS3"]) == ["SMS102", "SMS102"]
    assert codes(body, select=["SMS102"], ignore=["SMS1"]) == ["SMS102", "SMS102"]
    assert codes(body, select=["SMS1"], ignore=["SMS102"]) == []
    assert codes(body, select=["SMS1"], ignore=["SMS1"]) == []


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"select": ["SMS9"]}, "'SMS9'"),
        ({"ignore": [""]}, "''"),
        ({"select": "SMS1"}, "select"),
        ({"near": -1}, "near"),
        ({"max_parts": 0}, "max_parts"),
        ({"max_parts": True}, "max_parts"),
        ({"max_cost": "much"}, "max_cost"),
        ({"max_longer": "some"}, "max_longer"),
        ({"defaults": {"name": 1}}, "defaults"),
        ({"syntax": "{}"}, "syntax"),
        ({"truncate_concat": 1}, "truncate_concat"),
        ({"profile": "nobody"}, "nobody"),
        ({"colour": "red"}, "'colour'"),
    ],
)
def test_settings_that_are_none(settings: Any, named: str) -> None:
    """A setting that cannot be meant is named."""
    with pytest.raises(InputError, match=named):
        lint("Hi", **settings)


def test_profile() -> None:
    """What the profile makes GSM is no complaint; its limits are those of the API rules."""
    from smsplan import Profile

    assert codes("a\u00a0b", profile=Profile(spaces="space")) == []
    assert codes("“Hi”", profile=Profile(auto_encoding="on")) == []
    assert codes("“Hi” 😀", profile=Profile(auto_encoding="on"))[-1] == "SMS106"
    assert codes("ş", profile=Profile(languages=("tr",))) == []
    assert codes("Hello", profile=Profile(body_limit=4)) == ["SMS401"]
    assert codes("${abcde}", profile=Profile(key_limit=4), ignore=["SMS304"]) == ["SMS303"]


@pytest.mark.parametrize(
    "body",
    [
        "${na\u00a0me}", "${“name”}", "\uff04{name}", "$\u200b{name}", "{\u200bname}",
        "$\u2039name\u203a", "\uff5bname\uff5d", "％name％", "${a}\u200b${b}", "$ \u00a0{x}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("syntax", ["${}", "$<>"])
def test_parameters_stay(body: str, syntax: Any) -> None:
    """No fix changes a parameter, or what looks like one, or makes one of a text that was none."""

    def parameters(text: str) -> Any:
        template = Template(text, syntax=syntax)
        return template.pieces[1::2], [(each.kind, each.text) for each in template.warnings]

    assert parameters(fix_text(body, syntax=syntax).text) == parameters(body)


PIECES = [
    *("ab $<>{}%\n\r\t“”…–\u00a0\u200b\u202e\u0391\u0395Жéя\u0301\u0327\uff04\uff5b\uff5d"),
    *("\uff05\u2039\u203a😀\ufe0f\u200d\u2028€•"),
    *("${name}", "$<name>", "{{x}}"),
]
NASTY = st.lists(st.sampled_from(PIECES)).map("".join)


@given(NASTY, st.sampled_from(["${}", "$<>"]), st.booleans())
def test_fixes_are_idempotent(body: str, syntax: Any, of_file: bool) -> None:
    """Fixing twice is fixing once; no fix is left; parameters and parts never get worse."""
    made = fix_text(body, syntax=syntax, of_file=of_file)
    again = fix_text(made.text, syntax=syntax, of_file=of_file)
    assert (again.text, again.done) == (made.text, ())
    assert all(one.fix is None for one in made.left)
    before, after = (Template(text, syntax=syntax) for text in (body, made.text))
    assert before.pieces[1::2] == after.pieces[1::2]
    assert len(after.warnings) == len(before.warnings)


@pytest.mark.parametrize("rest", ["", "😀", "Ж", "``"])
@pytest.mark.parametrize("select", [["SMS"], ["SMS104"]])
def test_fixes_cost_no_parts(rest: str, select: list[str]) -> None:
    """Three dots for an ellipsis are longer: not where the text stays Unicode, or in more parts."""
    for dots, size in product((1, 2, 30, 60), range(130)):
        body = "…" * dots + "x" * size + rest
        made = fix_text(body, select=select)
        before, after = measure(body), measure(made.text)
        assert after.number_of_parts <= before.number_of_parts
        assert after.units <= before.units or after.encoding is Encoding.GSM
        assert made.text == body or made.done
    assert fix_text("“Wait…”").text == '"Wait..."'
    assert fix_text("“Wait…” 😀").text == '"Wait…" 😀'


@given(NASTY)
def test_line_breaks_stay(body: str) -> None:
    """Of a file, line breaks that are left are written as they were."""
    text = f"a\r\nb\n{body}"
    assert fix_text(text, of_file=True).text.startswith("a\r\nb")
    assert "\r" not in fix_text(body.replace("\r", ""), of_file=True).text


@given(st.text(st.characters(), max_size=40))
def test_any_text(body: str) -> None:
    """Any text can be linted; places lie within it, in order, and messages are harmless."""
    last = 0
    for one in lint(body):
        assert 0 <= last <= one.start <= one.end <= len(body)
        assert one.message.isprintable()
        last = one.start


def test_with_recipients() -> None:
    """The rules over a plan speak of its figures, and the default of a parameter is not asked."""
    rows = [{"to": f"+4477009001{n:02}", "name": "Ana" if n else None} for n in range(20)]
    made = plan(rows, "Hi ${name}")
    (one,) = lint("Hi ${name}", plan=made)
    assert one.code == "SMS503"
    assert one.message.startswith("1 recipient has no value")
    rows[1]["name"] = "x" * 200
    made = plan(rows, "Hi ${name}", defaults={"name": "you"})
    assert codes("Hi ${name}", plan=made) == []
    (one,) = lint("Hi ${name}", plan=made, max_longer="1%")
    assert one.message.startswith("1 of 20 messages (5 %)")
    assert codes("Hi ${name}", plan=made, max_parts=1) == ["SMS505"]


def test_budget_without_prices() -> None:
    """A budget is broken too where the cost is not known."""
    (one,) = lint("Hi", plan=plan(["+447700900123"], "Hi"), max_cost="1 GBP")
    assert one.code == "SMS506"
    assert "no price" in one.message
