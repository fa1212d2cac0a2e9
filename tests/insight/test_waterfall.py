"""The waterfall of a plan against its definition."""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction
from typing import Any

import pytest

from smsplan import Plan
from smsplan.dryruns import characters
from smsplan.encoding import Encoding
from smsplan.insight.shares import Share
from smsplan.insight.waterfall import STEPS, Waterfall
from tests.insight.frames import FrameMaker, Message, dense, measured, messages, sent_parts, wide


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
        return {each: Fraction(1, len(found)) for each in found}
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
            shares = {None: Fraction(1), **causes_of(message, kind)}
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
    return {
        step.kind: (
            step.rows,
            {
                None: (step.parts, plain(step.cost or Share())),
                **{
                    (cause.place, cause.character): (cause.parts, plain(cause.cost or Share()))
                    for cause in step.causes
                },
            },
        )
        for step in waterfall.steps
        if step.kind != "beside"
    }


@pytest.mark.parametrize("seed", range(40))
def test_every_step_and_cause(seed: int) -> None:
    """Whatever the texts, prices and switches: steps and causes are what the definition says."""
    maker = FrameMaker(seed)
    for number in range(10):
        made = maker.plan()
        waterfall = made.explain()
        assert found(waterfall) == expected(made), (seed, number)
        # Exactly the plan, to the last digit.
        assert sum(step.parts for step in waterfall.steps) == made.parts == waterfall.parts
        total = sum((step.cost or Share() for step in waterfall.steps), Share())
        assert plain(total) == plain(Share.of(made.cost))
        assert [step.kind for step in waterfall.steps] == [
            kind for kind in STEPS if kind in {step.kind for step in waterfall.steps}
        ]
