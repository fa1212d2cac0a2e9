"""Assumptions: every value of every open switch against plans that are made anew with it."""

from __future__ import annotations

import dataclasses
import random
from decimal import Decimal
from itertools import combinations
from typing import Any

import pyarrow as pa
import pytest
import regex

from smsplan import Plan, Profile, Template, dry_run, plan
from smsplan.bulk import suspects
from smsplan.bulk.octets import Octets
from smsplan.errors import InputError, Problem, RequestRefused
from smsplan.insight import replanning
from smsplan.insight.assumptions import Answer, Assumptions, Question
from smsplan.insight.switches import ANSWERS, CLOSED, QUESTIONS, alternatives, answer, shown
from smsplan.ratecards import Rate, RateCard

FRAMES = 240
POOLS = [
    "abc XYZ0",
    "abcd €[]",
    "€[]{}^~|\\",
    "яжşçāđ“”’–…İ",
    "😀𝒳🇩🇪👨‍👩‍👧 ab",
    "e\u0301ก็한\u1100\u1161क्षि\u0600a",
    "\r\n\r\n\t\x00\x1b\u00a0\u2028\fabc",
    "ΑΒΕΖΓΔ\u2126\u03bcabc",
    "abcdefgh“”",
    "abcdeçé",
]
LENGTHS = [0, 1, 5, 40, 66, 67, 69, 70, 71, 134, 135, 152, 153, 160, 161, 305, 306, 307, 460]
BODIES = [
    "${a}",
    "Hi ${a} and ${b}!",
    "${a}${b}",
    "x" * 150 + "${a}",
    "${a}\n${b}\r${a}",
    "я ${a}",
    "$${a} ${b}",
    "no parameter",
    "“quoted” ${a}",
    "${a} ${b c}",
    "",
    "ж" * 1700 + "${b}",
]
NUMBERS = ["+447700900123", "447700900123", "00447700900124", "447700900124", "46701234567",
           "12", "123", "12345", "123456", "12345", "1234567", "0701234567", "0701234567",
           "1234567890123456", "12345678901234567", "1234567890123456", "+4915112345678", "x",
           "33612345678", "33612345679", None]  # fmt: skip


def rate(price: str, **keys: Any) -> Rate:
    """A row of a rate card in euros."""
    return Rate(price=Decimal(price), currency="EUR", **keys)


RATES: list[Any] = [
    None,
    "0.034 GBP",
    {"GB": "0.034 GBP", "*": "0.05 GBP"},
    # Tiers, a fixed fee, and operators that decide.
    RateCard(
        [
            rate("0.03", country="GB"),
            rate("0.02", country="GB", tier_from=3),
            rate("0.05", country="SE", mccmnc="24001"),
            rate("0.04", country="SE", mccmnc="24002"),
            rate("9", country="DE", kind="fixed"),
        ]
    ),
    RateCard(
        [
            rate("0.04", country="GB"),
            rate("0", country="SE", kind="reject"),
            rate("0.01", per="message"),
        ]
    ),
]


class Maker:
    """Makes recipients and what is asked of them from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def text(self) -> str | None:
        """A hostile value, often of a length around a boundary."""
        pick = self.random.random()
        if pick < 0.08:
            return None
        if pick < 0.16:
            return self.random.choice(["${b}", "${zz}", "\n", "\r", "\r\n", "$", "${a}", "$${b}"])
        if pick < 0.2:
            return self.random.choice("aя") * self.random.choice([159, 160, 161, 1600, 1601])
        if pick < 0.22:
            return "😀" * self.random.choice([80, 81, 801])
        if pick < 0.24:
            return self.random.choice(["€a", "я😀"]) * 13_000
        pool = self.random.choice(POOLS)
        text = "".join(self.random.choices(pool, k=self.random.choice(LENGTHS)))
        return text + self.random.choice(["", "", "€", "😀", "ç", "“", "e\u0301"])

    def frame(self) -> Any:
        """A table, its columns plain or dictionaries, the same numbers again and again."""
        rows = self.random.randint(1, 12)
        # Few distinct numbers, so that the rows of one number differ.
        numbers = self.random.sample(NUMBERS, self.random.randint(1, 8))
        columns = {
            "to": pa.array([self.random.choice(numbers) for _ in range(rows)], pa.string()),
            **{name: pa.array([self.text() for _ in range(rows)], pa.string()) for name in "ab"},
        }
        if self.random.random() < 0.4:
            columns = {name: column.dictionary_encode() for name, column in columns.items()}
        columns["language"] = pa.array(
            [self.random.choice(["en", "sv", "de"]) for _ in range(rows)]
        )
        return pa.table(columns)

    def profile(self) -> Profile:
        """The default, or some switches changed."""
        if self.random.random() < 0.4:
            return Profile()
        profile = Profile()
        for switch in self.random.sample(sorted(QUESTIONS), self.random.randint(1, 6)):
            profile = self.random.choice(alternatives(switch, profile))
        if self.random.random() < 0.1:
            profile = profile.replace(languages=["tr"])
        if self.random.random() < 0.1:
            profile = profile.replace(reference_bits=16)
        return profile

    def options(self) -> dict[str, Any]:
        """The message, and how it is sent."""
        given: dict[str, Any] = {"profile": self.profile(), "rates": self.random.choice(RATES)}
        if self.random.random() < 0.2:
            given["body"] = {"en": self.random.choice(BODIES), "*": self.random.choice(BODIES)}
            given["body_by"] = "language"
            if self.random.random() < 0.5:
                given["body"]["sv"] = given["body"].pop("*")
            bodies = list(given["body"].values())
        else:
            given["body"] = self.random.choice(BODIES)
            bodies = [given["body"]]
        if self.random.random() < 0.4:
            given["truncate_concat"] = True
        if self.random.random() < 0.4:
            given["max_number_of_message_parts"] = self.random.randint(1, 3)
        if self.random.random() < 0.3:
            given["duplicates"] = "keep"
        if self.random.random() < 0.5:
            given["from_"] = "Shop"
        keys = {key for body in bodies for key in Template(body).parameters}
        given["defaults"] = {
            key: self.random.choice(["", "there", "ж", "${b}", "ç" * 70])
            for key in sorted(keys)
            if self.random.random() < 0.3
        }
        return given


def made(frame: Any, options: dict[str, Any], **others: Any) -> Plan:
    """Plan with these options."""
    given = {**options, **others}
    return plan(frame, given.pop("body"), **given)


def shown_rows(made: Plan, profile: Profile, *, merge: bool) -> list[tuple[Any, ...]]:
    """What each row is planned as, and the parts that a dry run shows of it, by plain loops."""
    seen: set[str] = set()
    out = []
    for row in made.rows.to_pylist():
        problem = row["problem"]
        counted = problem in (
            None,
            Problem.DUPLICATE_RECIPIENT,
            Problem.OVER_255_PARTS,
            Problem.REJECTED_BY_RATE_CARD,
        )
        counted |= problem == Problem.UNMATCHED_PARAMETER and profile.unmatched in (
            "verbatim",
            "empty",
        )
        counted |= problem == Problem.EXCEEDED_PARTS_LIMIT and profile.exceeded_parts in (
            "counted",
            "zero",
        )
        if counted and merge and profile.duplicates == "merged":
            counted = row["recipient"] not in seen
            seen.add(row["recipient"])
        parts = row["number_of_parts"]
        if problem == Problem.EXCEEDED_PARTS_LIMIT and profile.exceeded_parts == "zero":
            parts = 0
        names = ("encoding", "units", "number_of_parts", "billed_parts", "problem")
        out.append((*(row[name] for name in names), parts if counted else None))
    assert made.dry_run().number_of_recipients == sum(row[-1] is not None for row in out)
    assert made.dry_run().number_of_messages == sum(row[-1] or 0 for row in out)
    return out


def counts(answer: Answer) -> tuple[Any, ...]:
    """The counts of an answer."""
    return (
        answer.messages,
        answer.parts,
        answer.cost,
        answer.cost.basis,
        answer.dry_run_recipients,
        answer.dry_run_messages,
    )


def check(frame: Any, options: dict[str, Any]) -> Assumptions | None:
    """Hold the assumptions of a plan to plans with every value of every switch."""
    try:
        own = made(frame, options)
    except InputError:
        return None
    profile, merge = options["profile"], options.get("duplicates") != "keep"
    before = own.summary
    found = own.assumptions()
    questions = {question.switch: question for question in found.questions}
    rows = shown_rows(own, profile, merge=merge)
    for switch in QUESTIONS:
        differ: set[int] = set()
        refused = False
        answers = []
        for other in alternatives(switch, profile):
            try:
                again = made(frame, options, profile=other)
            except InputError:
                refused = True
                answers.append(None)
                continue
            differ |= {
                at
                for at, row in enumerate(shown_rows(again, other, merge=merge))
                if row != rows[at]
            }
            total = again.summary
            answers.append(
                (
                    total.messages,
                    total.parts,
                    total.cost,
                    total.cost.basis,
                    total.dry_run_recipients,
                    total.dry_run_messages,
                )
            )
        question = questions.get(switch)
        if question is None:
            assert not differ, switch
            assert not refused, switch
            continue
        assert question.rows == (before.rows if refused else len(differ)), switch
        assert question.rows, switch
        assert [None if each.refused else counts(each) for each in question.answers] == answers
        values = [getattr(each, switch) for each in alternatives(switch, profile)]
        assert [each.value for each in question.answers] == values, switch
        assert question.value == getattr(profile, switch)
    assert set(questions) <= set(QUESTIONS)
    return found


@pytest.mark.parametrize("seed", range(FRAMES // 20))
def test_answers_are_those_of_plans(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a plan would be under another value is what a plan with that value is, to the digit."""
    maker = Maker(seed)
    checked = 0
    while checked < 20:
        # Some wait for each other, some are planned alone.
        monkeypatch.setattr(replanning, "_TOGETHER", maker.random.choice([1, 3, 1000]))
        checked += check(maker.frame(), maker.options()) is not None
