"""Assumptions: every value of every open switch against plans that are made anew with it."""

from __future__ import annotations

import random
from collections.abc import Collection
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import regex

from smsplan import Plan, Profile, Template, plan
from smsplan.api.profiles import SWITCHES
from smsplan.encoding.substitution import Substitution
from smsplan.errors import InputError, Problem
from smsplan.insight.assumptions import Answer, Assumptions
from smsplan.kernel.octets import Octets
from smsplan.lists import source as lists_source
from smsplan.ratecards import Rate, RateCard
from smsplan.whatif import other_answers as replanning
from smsplan.whatif import switch_characters as suspects
from smsplan.whatif.open_questions import ANSWERS, CLOSED, QUESTIONS, alternatives, answer, shown

FRAMES = 160
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
        if pick < 0.223:
            return self.random.choice(["€a", "я😀"]) * 13_000
        pool = self.random.choice(POOLS)
        text = "".join(self.random.choices(pool, k=self.random.choice(LENGTHS)))
        return text + self.random.choice(["", "", "€", "😀", "ç", "“", "e\u0301"])

    def frame(self) -> Any:
        """A table, its columns plain or dictionaries, the same numbers again and again."""
        rows = self.random.randint(1, 8)
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
        if self.random.random() < 0.3:
            given["substitute"] = Substitution(
                self.random.choice(["safe", "lossy"]),
                self.random.choice(["saves", "always"]),
                partial=self.random.random() < 0.5,
                above_one_part=self.random.random() < 0.5,
            )
        keys = {key for body in bodies for key in Template(body).parameters}
        given["defaults"] = {
            key: self.random.choice(["", "there", "ж", "${b}", "ç" * 70])
            for key in sorted(keys)
            if self.random.random() < 0.3
        }
        if keys and self.random.random() < 0.2:
            given["limits"] = {self.random.choice(sorted(keys)): self.random.choice([1, 70, 161])}
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


def check(
    frame: Any, options: dict[str, Any], switches: Collection[str] = tuple(QUESTIONS)
) -> Assumptions | None:
    """Hold the assumptions of a plan to plans with every value of these switches."""
    try:
        own = made(frame, options)
    except InputError:
        return None
    profile, merge = options["profile"], options.get("duplicates") != "keep"
    before = own.summary
    found = own.assumptions()
    questions = {question.switch: question for question in found.questions}
    rows = shown_rows(own, profile, merge=merge)
    for switch in switches:
        differ: set[int] = set()
        refused = False
        answers: list[tuple[Any, ...] | None] = []
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
        # Some wait for each other, some are planned alone; some are of several batches.
        monkeypatch.setattr(replanning, "_TOGETHER", maker.random.choice([1, 3, 1000]))
        monkeypatch.setattr(lists_source, "BATCH_ROWS", maker.random.choice([2, 1000]))
        # Each frame is planned anew for some of the switches, and all of them come often.
        switches = maker.random.sample(sorted(QUESTIONS), 12)
        checked += check(maker.frame(), maker.options(), switches) is not None


A, B = "+447700900123", "+447700900124"
SMILE = "\U0001f600"
# For each switch rows and options of a plan that it changes.
CHANGED: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "unmatched": ([(A, None), (B, "b")], {}),
    "malformed_placeholder": ([(A, "x")], {"body": "${a} ${b c}"}),
    "double_dollar": ([(A, "x" * 200)], {"body": "$${a}"}),
    "values_in_values": ([(A, "${a}${zz}"), (B, "${b}"), (A, "x")], {"body": "${a}${b}"}),
    "duplicates": ([(A, "x"), ("00447700900123", "y"), (B, "z")], {}),
    "length_unit": ([(A, SMILE * 801), (B, "x" * 1601)], {}),
    "body_limit": ([(A, "x")], {"body": "x" * 1700}),
    "key_limit": ([(A, "x")], {"body": "${aaaaaaaaaaaaaaaaaaa}", "columns": {"a" * 19: "a"}}),
    "value_limit": ([(A, "x" * 161), (A, "y"), (B, "x" * 1601), (B, "y")], {}),
    "empty_body": ([(A, "x")], {"body": ""}),
    "min_digits": ([("1234", "x"), ("1234", "y"), ("123456", "x"), (A, "x")], {}),
    "max_digits": ([("1234567890123456", "x"), (A, "y"), ("1234567890123456", "z")], {}),
    "leading_zero": ([("0701234567", "x"), ("0701234567", "y"), (A, "x")], {}),
    "default_originator": ([(A, "x")], {"from_": None}),
    "sender_characters": ([(A, "x")], {"from_": "Кафе"}),
    "form_feed": ([(A, "\f" + "a" * 80)], {}),
    "line_breaks": ([(A, "a" * 159 + "\r"), (B, "\r\n")], {"body": "${a}\n"}),
    "spaces": ([(A, "\u00a0" + "a" * 80), (B, "\t"), (A, "\u2028")], {}),
    "controls": ([(A, "\0" + "a" * 80), (B, "\x1b")], {}),
    "greek_capitals": ([(A, "\u0391\u0392" * 40), (B, "\u03bc")], {}),
    "small_c_cedilla": ([(A, "ç" * 80), (B, "c")], {}),
    "auto_encoding": ([(A, "“" * 80), (B, "“")], {}),
    "auto_encoding_partial": (
        [(A, "…" * 61 + "я" * 10), (B, "“")],
        {"profile": Profile(auto_encoding="on")},
    ),
    "auto_encoding_order": (
        [(A, "“" * 80), (B, "“")],
        {"profile": Profile(auto_encoding="on"), "truncate_concat": True},
    ),
    "gsm_boundary": ([(A, "a" * 152 + "€" + "a" * 152), (B, "a")], {}),
    "unicode_boundary": (
        [(A, "я" * 66 + SMILE + "я" * 66), (B, "я" * 66 + "e\u0301" + "я" * 66), (B, "x")],
        {},
    ),
    "unicode_unit": ([(A, SMILE * 36), (B, "x")], {}),
    "truncation": ([(A, "a" * 161), (A, "я" * 71), (B, "x")], {"truncate_concat": True}),
    "truncation_encoding": ([(A, "a" * 160 + SMILE), (B, "x")], {"truncate_concat": True}),
    "truncation_boundary": (
        [(A, "я" * 67 + "\U0001f468\u200d\U0001f469"), (B, "x")],
        {"truncate_concat": True},
    ),
    "exceeded_parts": (
        [(A, "a" * 400), (A, "b"), (B, "x")],
        {"max_number_of_message_parts": 1},
    ),
}


@pytest.mark.parametrize("switch", QUESTIONS)
@pytest.mark.parametrize("keep", [False, True])
def test_every_switch_is_asked(switch: str, keep: bool) -> None:
    """There is a plan that each switch changes, whichever of its values the plan was made with."""
    rows, given = CHANGED[switch]
    frame = pa.table(
        {
            "to": [to for to, _ in rows],
            "a": pa.array([text for _, text in rows], pa.string()),
            "b": ["b"] * len(rows),
        }
    )
    options = {"body": "${a}", "from_": "Shop", "rates": RATES[3], **given}
    if keep:
        options["duplicates"] = "keep"
    asked = []
    for profile in alternatives(switch, options.get("profile", Profile())):
        found = check(frame, {**options, "profile": profile}, [switch])
        asked += [] if found is None else [question.switch for question in found.questions]
    # With rows kept for requests of their own nothing is merged.
    assert (switch in asked) is not (keep and switch == "duplicates")


def test_every_field_is_open_or_not() -> None:
    """A switch changes plans, or is about answers alone, or is documented: nothing else."""
    assert set(SWITCHES) == set(QUESTIONS) | CLOSED | ANSWERS


@pytest.mark.parametrize("switch", QUESTIONS)
def test_dry_runs_decide(switch: str) -> None:
    """The dry run of a question answers as it says, and otherwise for values that differ."""
    rows, given = CHANGED[switch]
    frame = [{"to": to, "a": text, "b": "b"} for to, text in rows]
    options = {"body": "${a}", "from_": "Shop", **given}
    base = options.get("profile", Profile())
    told = 0
    for profile in alternatives(switch, base):
        try:
            questions = made(frame, options, profile=profile).assumptions().questions
        except InputError:
            continue
        for question in (each for each in questions if each.switch == switch):
            said = question.expected
            assert list(said) == [shown(each.value) for each in question.answers]
            for other in alternatives(switch, profile):
                assert said[shown(getattr(other, switch))] == answer(question.dry_run, other)
            pairs = list(combinations(question.answers, 2))
            # Where no total differs, rows do.
            alike = all(bool(one.refused) is bool(two.refused) and counts(one) == counts(two)
                        for one, two in pairs)  # fmt: skip
            for one, two in pairs:
                if alike or one.refused != two.refused or counts(one) != counts(two):
                    told += 1
                    assert said[shown(one.value)] != said[shown(two.value)]
    assert told


def test_dry_runs_hold_nobodys_data() -> None:
    """Requests are made of fixed texts and of numbers that are nobody's."""
    frame = [{"to": "+4915112345678", "a": "Geheim" * 300}, {"to": "+4915112345678", "a": None}]
    made_ = plan(frame, "Vertraulich ${a}", rates="0.07 EUR")
    for question in made_.assumptions().questions:
        text = repr(question.to_dict())
        for word in ("Geheim", "Vertraulich", "15112345678"):
            assert word not in text
        assert all(to.lstrip("+0").startswith("44770") or len(to) < 13
                   for to in question.dry_run["to"])  # fmt: skip


@pytest.mark.parametrize(
    ("body", "given", "sentence"),
    [
        ("Hello", {"from_": "Shop"}, "None of the API's open questions changes this plan."),
        (
            "Hello",
            {},
            "None of the API's open questions changes these counts; the API would refuse it, were "
            "default_originator other than assumed.",
        ),
        (
            "ç" * 80,
            {"from_": "Shop"},
            "1 open question of the API changes this plan: 1 to 2 parts.",
        ),
        (
            "ç" * 80 + SMILE * 200,
            {"rates": "0.5 GBP"},
            "1 open question of the API changes this plan: 5 to 8 parts, GBP 2.50 to GBP 4.00; "
            "the API would refuse it, were default_originator other than assumed.",
        ),
        (
            "ç" * 80 + "“",
            {"from_": "Shop", "rates": "0.5 GBP"},
            "None of the API's open questions changes this plan.",
        ),
        (
            "ç\0" + "a" * 80,
            {"from_": "Shop", "rates": "0.5 GBP"},
            "1 open question of the API changes rows or the dry run of this plan, not its parts or "
            "cost.",
        ),
    ],
)
def test_sentence(body: str, given: dict[str, Any], sentence: str) -> None:
    """One line says whether anything changes, and between what the plan lies."""
    assert plan([A], body, **given).assumptions().sentence == sentence


def test_largest_difference_is_first() -> None:
    """Questions that change more parts come first, those that only have it refused last."""
    frame = [{"to": A, "a": "ç" * 80}, {"to": B, "a": SMILE * 200}]
    switches = [each.switch for each in plan(frame, "${a}").assumptions().questions]
    assert switches == [
        "value_limit",
        "unicode_unit",
        "small_c_cedilla",
        "unicode_boundary",
        "default_originator",
    ]


def test_asked_once_and_of_saved_plans_too(tmp_path: Path) -> None:
    """The answer is kept, is the same of a saved plan, and changes nothing of the plan."""
    own = plan([A], "ç" * 80, from_="Shop")
    before = str(own.summary), own._repr_html_()
    found = own.assumptions()
    assert own.assumptions() is found
    assert (str(own.summary), own._repr_html_()) == before
    own.save(tmp_path / "plan.parquet")
    again = Plan.open(tmp_path / "plan.parquet")
    assert again.summary == own.summary
    assert again.assumptions().to_dict() == found.to_dict()


def test_values_are_harmless() -> None:
    """Nothing that a switch can be shows as markup or as a control sequence."""
    found = plan([{"to": A, "a": "\x1b[31m\0\r\n\u00a0" * 20}], "${a}").assumptions()
    for question in found.questions:
        for text in (question.text, *question.expected.values(), found.sentence):
            assert text.isprintable()


def test_a_second_pass_only_where_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are read again only where a value changes who is sent to or counted."""
    passes = []
    one = replanning._pass

    def counted(*given: Any) -> None:
        passes.append(1)
        one(*given)

    monkeypatch.setattr(replanning, "_pass", counted)
    plan([A, A, B], "ç" * 80).assumptions()
    assert len(passes) == 1
    plan([A, A, B, "1234"], "ç" * 80).assumptions()
    assert len(passes) == 3


def test_without_joiners_every_cluster_is_a_character() -> None:
    """A text without the bit has no cluster of several characters, as regex cuts it (UAX #29)."""
    random_ = random.Random(3)
    points = [*range(0xD800), *range(0xE000, 0x110000)]
    every = [chr(point) for point in points if not suspects.text_bits(chr(point)) & suspects.JOINER]
    for _ in range(200):
        text = "".join(random_.choices(every, k=500)) + "".join(
            random_.choices("\n\u0915\u0937\uac00\u1f469\U0001f469ab\u0600a"[:6], k=50)
        )
        assert all(len(cluster) == 1 for cluster in regex.findall(r"\X", text))


def test_bits_are_those_of_the_characters() -> None:
    """A column's bits are those of its texts taken one by one, whatever the blocks and nulls."""
    maker = Maker(11)
    texts = [maker.text() for _ in range(2_000)]
    column = pa.array(texts, pa.string())
    for start in (0, 7):
        found = suspects.bits(Octets.of(column.slice(start))).tolist()
        expected = [suspects.text_bits(text or "") for text in texts[start:]]
        assert [bits for bits, text in zip(found, texts[start:], strict=True) if text is not None]
        assert found == expected


def test_plans_of_every_kind(tmp_path: Path) -> None:
    """A file, a frame of objects, a column of whole numbers: the same answers."""
    rows = [(A, "ç" * 80, 7), (B, "x\u00a0", None), (A, "y", 3)]
    path = tmp_path / "people.csv"
    lines = [f"{to},{text},{'' if n is None else n}" for to, text, n in rows]
    path.write_text("\n".join(["to,a,n", *lines]) + "\n", encoding="utf-8")
    frame = pd.DataFrame(rows, columns=["to", "a", "n"])
    expected = None
    for source in (path, frame, pa.Table.from_pandas(frame), frame.to_dict("records")):
        found = plan(source, "${a} ${n}").assumptions().to_dict()
        expected = expected or found
        assert found == expected
    with pytest.raises(InputError, match="no totals"):
        plan(frame, "${a}", select=["encoding"]).assumptions()
