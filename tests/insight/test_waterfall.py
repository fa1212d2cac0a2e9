"""The waterfall of a plan against its definition."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow.csv as pacsv
import pytest

from smsplan import Plan, Profile, plan
from smsplan.api.dryruns import characters
from smsplan.encoding import Encoding
from smsplan.insight.waterfall import STEPS, Waterfall
from smsplan.ratecards import Cost
from smsplan.totals.shares import Share
from tests.insight.frames import (
    CARDS,
    SWEEPS,
    FrameMaker,
    Message,
    dense,
    measured,
    messages,
    sent_parts,
    sweep,
    wide,
)


def steps_of(message: Message) -> dict[str, int]:
    """The parts that each step adds."""
    profile, text = message.profile, message.text
    found = measured(text, profile)
    gsm = found.encoding is Encoding.GSM
    fixed = characters("".join(t for p, t in message.pieces if p == "template"), profile)
    first, second = (dense(len(each), profile, gsm=True) for each in (fixed, text))
    third = dense(found.units, profile, gsm=gsm)
    after = sent_parts(text, message.made)
    return {
        "one_part": 1,
        "fixed_text": first - 1,
        "parameters": second - first,
        "extension" if gsm else "unicode": third - second,
        "boundary" if gsm else "unicode_boundary": found.number_of_parts - third,
        "substitution": after - found.number_of_parts,
        "truncation": message.billed - after,
    }


def causes_of(message: Message, kind: str) -> dict[tuple[str, str], Fraction]:
    """The share of each cause of a step."""
    profile = message.profile
    if kind == "fixed_text":
        return {(message.body, ""): Fraction(1)}
    if kind == "unicode":
        found = message.culprits()
        alike = Counter((each.place, each.original) for each in found)
        return {key: Fraction(times, len(found)) for key, times in alike.items()}
    weights: Counter[tuple[str, str]] = Counter()
    if kind == "parameters":
        for place, text in message.pieces:
            if place != "template":
                weights[place, ""] += len(characters(text, profile))
    elif kind == "extension":
        found = measured(message.text, profile)
        for place, text in message.pieces:
            weights[place, ""] += wide(text, profile, found)
    total = sum(weights.values())
    return {cause: Fraction(each, total) for cause, each in weights.items() if each}


def expected(made: Plan) -> dict[str, Any]:
    """Every step and cause: its rows, parts and money."""
    rows: Counter[str] = Counter()
    parts: dict[Any, Fraction] = defaultdict(Fraction)
    money: dict[Any, Share] = defaultdict(Share)
    for message in messages(made):
        charge = None if made.terms is None else made.terms.charge(message.recipient)
        cost = Share() if charge is None else Share.of(charge.cost(message.billed))
        for kind, step in steps_of(message).items():
            if not step:
                continue
            rows[kind] += 1
            shares: dict[Any, Fraction] = {None: Fraction(1)}
            shares.update(causes_of(message, kind))
            for cause, share in shares.items():
                parts[kind, cause] += share * step
                money[kind, cause] += cost * (share * step / message.billed)
    return {
        kind: (
            rows[kind],
            {cause: (parts[at, cause], plain(money[at, cause]))
             for at, cause in parts if at == kind},
        )
        for kind in STEPS if kind in rows
    }  # fmt: skip


def plain(share: Share | None) -> Any:
    """Money without amounts of nothing."""
    assert share is not None
    return [
        {currency: amount for currency, amount in amounts.items() if amount}
        for amounts in (share.low, share.expected, share.high)
    ]


def found(waterfall: Waterfall) -> dict[str, Any]:
    """The same of a waterfall, as far as it is about messages."""
    made: dict[str, Any] = {}
    for step in waterfall.steps:
        parts: dict[Any, Any] = {None: (step.parts, plain(step.cost or Share()))}
        for cause in step.causes:
            name = cause.place, cause.character
            parts[name] = cause.parts, plain(cause.cost or Share())
        if step.kind != "beside":
            made[step.kind] = step.rows, parts
    return made


@pytest.mark.parametrize("seed", range(30))
def test_every_step_and_cause(seed: int) -> None:
    """Whatever the texts, prices and switches: steps and causes are what the definition says."""
    maker = FrameMaker(seed)
    for number in range(20):
        made = maker.plan() if number < 10 else maker.plan_at_boundaries()
        waterfall = made.explain()
        assert found(waterfall) == expected(made), (seed, number)
        # Exactly the plan, to the last digit.
        assert sum(step.parts for step in waterfall.steps) == made.parts == waterfall.parts
        total = sum((step.cost or Share() for step in waterfall.steps), Share())
        assert plain(total) == plain(Share.of(made.cost))
        assert [step.kind for step in waterfall.steps] == [
            kind for kind in STEPS if kind in {step.kind for step in waterfall.steps}
        ]


@pytest.mark.parametrize("number", range(len(SWEEPS)))
def test_every_length(number: int) -> None:
    """Around every boundary, too, steps are what the definition says."""
    made = sweep(*SWEEPS[number])
    assert found(made.explain()) == expected(made)


def test_a_value_of_no_characters_that_adds_one() -> None:
    """What parts a line break from its other half is at fault, though it is itself removed."""
    profile = Profile(line_breaks="crlf_to_lf", controls="removed")
    people = [{"to": "+447700900123", "a": "\x00"}]
    steps = plan(people, "x" * 159 + "\r${a}\n", profile=profile).explain().steps
    assert [(step.kind, step.parts) for step in steps] == [("one_part", 1), ("parameters", 1)]
    assert [(each.place, each.parts) for each in steps[1].causes] == [
        ("parameter 'a'", Fraction(1))
    ]


BODY = "Hi ${name}, “welcome”. " + "x" * 130
PEOPLE = [
    {"to": "+447700900123", "name": "Ana"},
    {"to": "+447700900124", "name": "Ż"},
    {"to": "12", "name": "Bo"},
    {"to": "+12025550123", "name": "a" * 20},
]


def test_worked_example() -> None:
    """154 characters of fixed text and 3 of a name are one part; the quotes make them three."""
    made = plan(PEOPLE, BODY, rates={"GB": "0.04 GBP"})
    steps = {step.kind: step for step in made.explain().steps}
    assert {kind: (step.rows, step.parts) for kind, step in steps.items()} == {
        "one_part": (3, 3),
        "parameters": (1, 1),
        "unicode": (3, 5),
    }
    assert [(cause.place, cause.character, cause.parts) for cause in steps["unicode"].causes] == [
        # Two parts shared by two characters, two by three, and one, unpriced, by two.
        ("template", "“", Fraction(2, 2) + Fraction(2, 3) + Fraction(1, 2)),
        ("template", "”", Fraction(2, 2) + Fraction(2, 3) + Fraction(1, 2)),
        ("parameter 'name'", "Ż", Fraction(2, 3)),
    ]
    assert steps["unicode"].cost == Share(*[{"GBP": Fraction(16, 100)}] * 3)


def test_bodies_by_a_column_are_causes_each() -> None:
    """With several bodies the fixed text of each is a cause of its own."""
    people = [{"to": f"+44770090012{n}", "language": "en" if n else "sv"} for n in range(3)]
    bodies = {"en": "a" * 161, "*": "b" * 307}
    steps = {step.kind: step for step in plan(people, bodies, body_by="language").explain().steps}
    assert [(cause.place, cause.parts) for cause in steps["fixed_text"].causes] == [
        ("template '*'", Fraction(2)),
        ("template 'en'", Fraction(2)),
    ]


def test_beside_the_messages_is_money_alone() -> None:
    """Tiers and fees are the last step: what the plan costs more than its messages."""
    made = plan(PEOPLE, BODY, rates=CARDS[-1])
    step = made.explain().steps[-1]
    assert (step.kind, step.parts, step.rows, step.causes) == ("beside", 0, 0, ())
    assert step.cost == Share.of(sum((line.cost for line in made.summary.lines), Cost()))
    assert made.summary.lines


def test_without_prices_there_is_no_money() -> None:
    """Without rates a cost is not 0 but none."""
    made = plan(PEOPLE, BODY).explain()
    assert not made.priced
    assert all(step.cost is None for step in made.steps)
    assert all(cause.cost is None for step in made.steps for cause in step.causes)


@pytest.mark.parametrize("kind", ["parquet", "folder"])
def test_a_saved_plan_says_the_same(tmp_path: Path, kind: str) -> None:
    """In memory, and streamed from a file in several batches: the same steps and characters."""
    source = tmp_path / "people.csv"
    names = ["Ana", "Ż", "…", "😀", "я" * 80, "[" * 30]
    rows = "".join(f"+4477{n:08},{names[n % 6]}\n" for n in range(140_000))
    source.write_text("to,name\n" + rows, encoding="utf-8")
    target = tmp_path / ("planned.parquet" if kind == "parquet" else "planned/")
    where = f"{target}/" if kind == "folder" else str(target)
    rates = {"GB": "0.04 GBP"}
    plan(str(source), BODY, rates=rates, output=where)
    saved = Plan.open(where)
    made = plan(pacsv.read_csv(source), BODY, rates=rates)
    assert saved.explain() == made.explain()
    assert saved.characters() == made.characters()
    assert saved.explain().parts == saved.parts


def test_json_is_text_and_numbers() -> None:
    """What JSON holds is what the result holds: fractions as text, null without prices."""
    for rates in (None, {"GB": "0.04 GBP"}):
        made = plan(PEOPLE, BODY, rates=rates)
        data = json.loads(json.dumps(made.explain().to_dict()))
        (step,) = [each for each in data["steps"] if each["kind"] == "unicode"]
        assert step["causes"][0]["parts"] == "13/6"
        assert (step["cost"] is None) == (rates is None)
        if rates:
            assert step["cost"]["expected"] == {"GBP": "4/25"}
        characters = json.loads(json.dumps(made.characters().to_dict()))
        assert characters["characters"][0]["share_parts"] == "13/6"
        assert (characters["saved_together_cost"] is None) == (rates is None)
