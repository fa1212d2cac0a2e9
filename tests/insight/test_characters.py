"""The characters of a plan against their definition."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pyarrow as pa
import pytest
import regex

from smsplan import Plan, Profile, Substitution, plan
from smsplan.display.figures import money
from smsplan.encoding import Encoding
from smsplan.insight.characters import Characters, CharacterShare, ScriptShare
from smsplan.ratecards import Cost
from smsplan.totals.shares import Share
from tests.insight.frames import SWEEPS, Culprit, FrameMaker, dense, measured, messages, sweep
from tests.insight.test_waterfall import plain

SCRIPTS = ["Latin", "Common", "Cyrillic", "Greek", "Han", "Hiragana", "Katakana", "Hangul",
           "Devanagari", "Inherited", "Arabic", "Thai"]  # fmt: skip


def script(character: str) -> str:
    """The script of a character of the pools."""
    (name,) = [each for each in SCRIPTS if regex.match(rf"\p{{Script={each}}}", character[0])]
    return name


class Expected:
    """What there is to say about a character in a place, or a script in a place."""

    def __init__(self) -> None:
        self.rows = 0
        self.parts = Fraction(0)
        self.cost = Share()
        self.alone = 0
        self.alone_cost = Cost()
        self.alone_parts: dict[int, int] = {}
        self.together = Fraction(0)
        self.together_cost = Share()
        self.characters: Counter[str] = Counter()


def expected(made: Plan) -> tuple[dict[Any, Expected], dict[Any, Expected], int, int, Cost]:
    """Characters, scripts, the Unicode step, what is saved together: message by message."""
    one: dict[Any, Expected] = defaultdict(Expected)
    many: dict[Any, Expected] = defaultdict(Expected)
    step_total = saved_total = 0
    saved_cost = Cost()
    whole: dict[int, tuple[Any, int]] = {}
    together: dict[int, int] = {}
    lossy = [] if made.settings.message.truncate_concat else replanned(made)
    for message in messages(made):
        profile, billed = message.profile, message.billed
        charge = None if made.terms is None else made.terms.charge(message.recipient)
        whole[message.row] = charge, billed
        found = measured(message.text, profile)
        if found.encoding is Encoding.GSM:
            continue

        def cost(parts: int, charge: Any = charge) -> Cost:
            return Cost() if charge is None else charge.cost(parts)

        culprits = message.culprits()
        step = dense(found.units, profile, gsm=False)
        step -= dense(len(message.text), profile, gsm=True)
        step_total += step
        share = Fraction(step, len(culprits))
        money = Share.of(cost(billed), share / billed)
        known = [each for each in culprits if each.replacement is not None]
        for each in known:
            entry = one[each]
            entry.rows += 1
            entry.parts += share
            entry.cost += money
        left = [each for each in culprits if each.replacement is None]
        for each in left:
            entry = many[each.place, script(each.original)]
            entry.parts += share
            entry.cost += money
            entry.characters[each.original] += 1
        for place, name in {(each.place, script(each.original)) for each in left}:
            many[place, name].rows += 1
        if made.settings.message.truncate_concat or not known:
            continue
        for each in known:
            alone = message.edited(each)
            one[each].alone += billed - alone
            one[each].alone_cost += cost(billed) - cost(alone)
            one[each].alone_parts[message.row] = alone
        after = lossy[message.row]
        saved_total += billed - after
        saved_cost += cost(billed) - cost(after)
        together[message.row] = after
        for each in known:
            entry = one[each]
            entry.together += Fraction(billed - after, len(known))
            entry.together_cost += Share.of(cost(billed) - cost(after), Fraction(1, len(known)))
    for entry in one.values():
        entry.alone_cost += lines(made, whole, {}) - lines(made, whole, entry.alone_parts)
    saved_cost += lines(made, whole, {}) - lines(made, whole, together)
    return one, many, step_total, saved_total, saved_cost


def lines(made: Plan, whole: dict[int, tuple[Any, int]], changed: dict[int, int]) -> Cost:
    """What tiers add to a plan of which some messages have other parts."""
    units: Counter[Any] = Counter()
    for row, (charge, billed) in whole.items():
        for ladder in () if charge is None else charge.tiered:
            units[ladder] += ladder.units(changed.get(row, billed), 1)
    found = () if made.terms is None else made.terms.lines(units, ())
    return sum((line.cost for line in found), Cost())


def replanned(made: Plan) -> list[int]:
    """The parts of each row in the same plan that replaces all it can."""
    options = made.settings
    how = replace(options.message.substitution or Substitution(), level="lossy")
    again = plan(
        made.rows.select(list(dict.fromkeys(options.needed))),
        options.message.templates if options.message.body_by else options.message.template,
        body_by=options.message.body_by,
        columns=options.reading.columns,
        defaults=options.message.defaults,
        limits=options.message.limits,
        profile=options.profile,
        substitute=how,
        duplicates="keep",
    )
    return [int(each) for each in again.rows["billed_parts"].to_pylist()]


def check_character(got: CharacterShare, want: Expected) -> None:
    """One character in one place."""
    assert got.code_point == " ".join(f"U+{ord(each):04X}" for each in got.character)
    assert len(got.name.split(" + ")) == len(got.character)
    assert (got.rows, got.share_parts) == (want.rows, want.parts)
    assert (got.saved_alone_parts, got.saved_together_parts) == (want.alone, want.together)
    if got.share_cost is not None:
        assert plain(got.share_cost) == plain(want.cost)
        assert plain(got.saved_together_cost) == plain(want.together_cost)
        assert got.saved_alone_cost is not None
        assert plain(Share.of(got.saved_alone_cost)) == plain(Share.of(want.alone_cost))


def check_script(got: ScriptShare, want: Expected) -> None:
    """The characters of one script in one place."""
    assert (got.rows, got.share_parts) == (want.rows, want.parts)
    assert got.characters == len(want.characters)
    frequent = sorted(want.characters, key=lambda each: (-want.characters[each], each))
    assert got.examples == "".join(frequent[:5])
    if got.share_cost is not None:
        assert plain(got.share_cost) == plain(want.cost)


def check(made: Plan) -> None:
    """One plan."""
    found: Characters = made.characters()
    one, many, parts, saved, cost = expected(made)
    keys = [
        Culprit(each.place, each.character, each.replacement, each.level)
        for each in found.characters
    ]
    assert sorted(keys) == sorted(one)
    for key, character in zip(keys, found.characters, strict=True):
        check_character(character, one[key])
    assert {(each.place, each.script) for each in found.scripts} == set(many)
    for group in found.scripts:
        check_script(group, many[group.place, group.script])
    assert (found.parts, found.saved_together_parts) == (parts, saved)
    if made.terms is not None:
        assert found.saved_together_cost is not None
        assert plain(Share.of(found.saved_together_cost)) == plain(Share.of(cost))
    # The two lists are the Unicode step of the waterfall, to the last fraction.
    (step, *_) = [each.parts for each in made.explain().steps if each.kind == "unicode"] or [0]
    both = [each.share_parts for each in found.characters]
    both += [each.share_parts for each in found.scripts]
    assert sum(both, Fraction(0)) == step == found.parts
    together = [each.saved_together_parts for each in found.characters]
    assert sum(together, Fraction(0)) == found.saved_together_parts


@pytest.mark.parametrize("seed", range(1000, 1030))
def test_every_character(seed: int) -> None:
    """Whatever the texts, prices and switches: shares and savings are what editing texts gives."""
    maker = FrameMaker(seed)
    for _ in range(10):
        check(maker.plan())
    for _ in range(10):
        check(maker.plan_at_boundaries())


def test_a_form_feed_beside_a_control_character() -> None:
    """Under ``form_feed="unicode"`` a form feed is a culprit, whatever else is."""
    rows = pa.table({"to": ["+447911123456"], "a": ["\f" + "x" * 147 + "\0" + "x" * 13]})
    check(plan(rows, "Zo ${a}, `½", profile=Profile(form_feed="unicode")))


@pytest.mark.parametrize("number", range(len(SWEEPS)))
def test_every_length(number: int) -> None:
    """Around every boundary, too, an edit saves what editing the text gives."""
    check(sweep(*SWEEPS[number]))


@pytest.mark.parametrize("letter", "éèàìòùåäöüñÅÄÖÉÑÜÇ")
def test_a_decomposed_letter_is_one_character(letter: str) -> None:
    """A letter and its mark, as macOS writes them, become the letter, which saves a part."""
    rows = [{"to": "+447700900123", "name": f"Zo{normalize('NFD', letter)} " + "x" * 80}]
    made = plan(rows, "Hi ${name}", rates="0.03 GBP")
    found = made.characters()
    (one,) = found.characters
    assert (one.character, one.replacement) == (normalize("NFD", letter), letter)
    assert (one.level, one.kind, one.place) == ("safe", "composed", "parameter 'name'")
    assert (one.saved_alone_parts, found.saved_together_parts, found.scripts) == (1, 1, ())
    assert f"{letter} (safe," in str(found)
    assert f"{letter} (safe, composed)" in found._repr_html_()
    assert made.parts - plan(rows, "Hi ${name}", substitute="safe").parts == 1


@pytest.mark.parametrize("how", [None, "safe", "lossy", Substitution("safe", partial=True)])
def test_together_is_what_a_plan_saves(how: Any, tmp_path: Path) -> None:
    """The figure of the terminal, the page and the data is what ``substitute="lossy"`` saves."""
    names = ["Zoe\u0301", "Παρασκευή", "ΑΘΗΝΑ", "Ana", "Ş", "😀 “x”", "O\x92Neill", "Nguyễn", "½",
             "xx\u0302", "Иван", "…", "ő" * 60]  # fmt: skip
    rows = [{"to": f"+44770090{n:04}", "name": name} for n, name in enumerate(names * 3)]
    body = "Hi ${name}, “see” you… " + "x" * 60
    made = plan(rows, body, rates="0.03 GBP", substitute=how)
    lossy = replace(Substitution.of(how) or Substitution(), level="lossy")
    best = plan(rows, body, rates="0.03 GBP", substitute=lossy)
    found = made.characters()
    saved = made.parts - best.parts
    assert found.saved_together_parts == saved
    assert found.saved_together_cost is not None
    assert found.saved_together_cost.expected.get("GBP", 0) == (
        made.cost.expected["GBP"] - best.cost.expected["GBP"]
    )
    if saved:
        assert f"would save {saved}" in str(found)
        made.report(tmp_path / "a.html")
        page = (tmp_path / "a.html").read_text(encoding="utf-8")
        (line,) = re.findall("Replace every look-alike.{,400}", page, re.DOTALL)
        assert money(found.saved_together_cost) in line
