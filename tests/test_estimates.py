"""Estimates: how often their intervals hold, and what they refuse to say."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from smsplan import InputError, Rate, RateCard, estimate, plan, segment
from smsplan.cli import app
from smsplan.planning.estimates import Estimate
from smsplan.planning.first_names import NAMES, names

NUMBERS = ["+447700900123", "+12025550123", "+33612345678"]
RATES = {"GB": "0.034 GBP", "US": "0.0079 GBP"}


def crowd(kind: str, rows: int = 20_000, seed: int = 1) -> pa.Table:
    """Return lists that differ in how alike their messages are."""
    chance = random.Random(seed)
    texts = {
        "alike": ["a" * 100],
        "mixed": ["a" * 100, "a" * 200, "я" * 80, "a" * 400],
        "rare": ["a" * 100] * 199 + ["я" * 300],
        "rarer": ["a" * 100] * 999 + ["я" * 200],
    }[kind]
    return pa.table(
        {
            "to": [chance.choice(NUMBERS) for _ in range(rows)],
            "text": [chance.choice(texts) for _ in range(rows)],
        }
    )


@pytest.mark.parametrize("kind", ["mixed", "rare", "rarer"])
def test_intervals_hold_as_often_as_they_say(kind: str) -> None:
    """Of 200 estimates at 95 % the truth lies within at least 184 (the chance of fewer: 2 %)."""
    table = crowd(kind)
    made = plan(table, "${text}", rates=RATES, duplicates="keep")
    held = {"parts": 0, "cost": 0}
    for seed in range(200):
        found = estimate(
            table, "${text}", fraction="10%", rates=RATES, seed=seed, duplicates="keep"
        )
        assert 1700 < found.sample < 2300
        held["parts"] += found.parts.low <= made.parts <= found.parts.high
        cost = found.cost["GBP"]
        held["cost"] += cost.low <= made.cost.amounts["GBP"] <= cost.high
    assert min(held.values()) >= 184, held


def test_a_list_in_which_all_are_alike() -> None:
    """Of a sample of one kind the estimate is not sure; of a whole list it is exact."""
    table = crowd("alike")
    found = estimate(table, "${text}", fraction="10%", duplicates="keep")
    assert found.parts.low <= 20_000 < found.parts.high
    assert not found.is_exact
    whole = estimate(table, "${text}", fraction="100%", rates=RATES, duplicates="keep")
    made = plan(table, "${text}", rates=RATES, duplicates="keep")
    assert whole.is_exact
    assert whole.parts.low == whole.parts.high == made.parts
    assert whole.cost["GBP"].low == whole.cost["GBP"].high == made.cost.amounts["GBP"]
    assert whole.unpriced == Fraction(made.cost.unpriced, made.messages)
    small = estimate(table.slice(0, 900), "${text}")
    assert small.is_exact
    assert "exact" in str(small)


def test_files_and_options(tmp_path: Path) -> None:
    """A file is sampled as it streams; options are those of a plan."""
    path = tmp_path / "people.csv"
    rows = "".join(f"+44770{n:07},{'я' if n % 3 else 'a'}\n" for n in range(30_000))
    path.write_text("phone,name\n" + rows)
    found = estimate(path, "Hi ${name}" + "x" * 100, to="phone", fraction="5%")
    assert found.rows == 30_000
    assert 1300 < found.sample < 1700
    assert found.parts.low < 50_000 < found.parts.high
    assert estimate(path, "Hi", to="phone", fraction="5%").sample == found.sample
    assert "messages ·" in str(found)
    assert json.loads(json.dumps(found.to_dict()))["rows"] == 30_000


def test_bounds_by_operator() -> None:
    """Where operators decide, the interval is from the lowest to the highest that they bring."""
    card = RateCard([
        Rate(country="US", price=Decimal("0.01"), currency="USD"),
        Rate(country="US", mccmnc="310410", kind="surcharge", price=Decimal("0.01"),
             currency="USD"),
    ])  # fmt: skip
    people = ["+12025550123"] * 500
    found = estimate(people, "Hi", rates=card, duplicates="keep")
    assert (found.cost["USD"].low, found.cost["USD"].high) == (Decimal(5), Decimal(10))


def test_duplicates_are_those_of_the_whole_list() -> None:
    """A number that is listed four times counts once, though a sample rarely has it twice."""
    people = pa.table({"to": [f"+44770{n % 25_000:07}" for n in range(100_000)]})
    found = estimate(people, "Hi", fraction="2%", rates="0.04 GBP")
    assert found.messages.low <= 25_000 <= found.messages.high < 30_000
    assert found.cost["GBP"].low <= 1000 <= found.cost["GBP"].high < 1200
    assert not found.remarks


def test_tiers_and_fees_are_those_of_the_campaign() -> None:
    """What a row of a sample stands for is counted before tiers and fees, with and without a list.

    Of 20,000 parts the first 10,000 are free: 10,000 at 0.04, and a fee of 7. Were rows of the
    sample priced alone, none of them would leave the free ones.
    """
    card = RateCard([
        Rate(country="GB", price=Decimal(0), currency="GBP"),
        Rate(country="GB", price=Decimal("0.04"), currency="GBP", tier_from=10_000),
        Rate(country="GB", kind="fixed", price=Decimal(7), currency="GBP"),
        Rate(country="FR", kind="fixed", price=Decimal(9), currency="GBP"),
    ])  # fmt: skip
    people = pa.table({"to": [f"+44770{n:07}" for n in range(20_000)]})
    sampled = estimate(people, "Hi", fraction="5%", rates=card)
    assert plan(people, "Hi", rates=card).cost.amounts == {"GBP": Decimal(407)}
    assert sampled.cost["GBP"].expected == 407
    assert "not counted: fixed fees of FR" in sampled.remarks[0]
    drawn = estimate("Hi", lengths={}, messages=20_000, country="GB", rates=card)
    assert drawn.cost["GBP"].expected == drawn.cost["GBP"].high == 407
    halves = {"text": ["a", "a" * 161]}
    drawn = estimate("${text}", lengths=halves, messages=20_000, country="GB", rates=card)
    assert drawn.cost["GBP"].expected == 7 + 20_000 * Decimal("0.04")
    parts = drawn.parts.low, drawn.parts.high
    ends = drawn.cost["GBP"].low, drawn.cost["GBP"].high
    assert [7 + (count - 10_000) * Decimal("0.04") for count in parts] == pytest.approx(
        ends, Decimal("0.0001")
    )


def test_before_there_is_a_list() -> None:
    """Every name of the language counts by its weight; the interval is of so many messages."""
    body = "Hi ${name}! " + "x" * 143
    found = estimate(body, lengths={"name": "tr"}, messages=1_000_000, rates="0.034 GBP")
    listed = names("tr")
    mean = Fraction(
        sum(weight * len(segment(body.replace("${name}", name)).parts) for name, weight in listed),
        sum(weight for _, weight in listed),
    )
    assert found.parts.expected == round(mean * 1_000_000)
    assert found.parts.low < found.parts.expected < found.parts.high
    assert found.cost["GBP"].expected == (mean * 34_000).limit_denominator(10**9).__round__(2)
    assert "small statistics of tr (22 names)" in found.remarks[0]
    assert "from 22 different texts" in str(found)
    fixed = estimate("Hi ${a} ${b}", lengths={"a": 150, "b": ["x", "y" * 10]}, messages=10)
    assert fixed.parts.expected == 15
    assert fixed.remarks == (
        "values are taken to be as given; your own list may differ by more than that",
    )
    assert estimate("Hi", lengths={}, messages=7).parts.high == 7
    many = dict.fromkeys("abcde", "en")
    big = estimate("${a}${b}${c}${d}${e}" + "x" * 130, lengths=many, messages=100)
    assert big.sample == 20_000
    # English, Spanish, Turkish, Greek: names make the same text longer and longer.
    means = [estimate(body, lengths={"name": language}, messages=1000).parts.expected
             for language in ("en", "es", "el")]  # fmt: skip
    assert means == sorted(means)
    assert set(NAMES) >= {"en", "es", "pt", "tr", "el", "ru", "hi", "ja"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"recipients": ["+1"], "message": "x", "fraction": "0%"}, "write a share up to 100 %"),
        ({"recipients": ["+1"], "message": "x", "fraction": 0.01}, "write a share as text"),
        ({"recipients": ["+1"], "message": "x", "confidence": "100%"}, "a share below 100 %"),
        ({"recipients": ["+1"], "message": None}, "give a list and a text"),
        ({"recipients": "Hi", "lengths": {}, "message": "x"}, "without a list give"),
        ({"recipients": "Hi", "lengths": {}, "messages": 0}, "no number of 1 or more"),
        ({"recipients": "${a}", "lengths": {}, "messages": 1}, "no entry for 'a'; the body has a"),
        ({"recipients": "x", "lengths": {"a": 1}, "messages": 1}, "'a' is no parameter"),
        ({"recipients": "${a}", "lengths": {"a": "xx"}, "messages": 1}, "no statistics of the"),
        ({"recipients": "${a}", "lengths": {"a": -1}, "messages": 1}, "neither a language"),
        ({"recipients": [], "message": "x"}, "the list is empty"),
        (
            {"recipients": "x", "lengths": {}, "messages": 1, "country": "UK", "rates": "1 GBP"},
            "'UK' is no country",
        ),
    ],
)
def test_what_cannot_be_estimated(arguments: dict[str, Any], said: str) -> None:
    """Every fault names its place and the next step."""
    with pytest.raises(InputError, match=said):
        estimate(arguments.pop("recipients"), **arguments)


def test_the_command(tmp_path: Path) -> None:
    """``smsplan estimate`` of a list, and without one."""
    path = tmp_path / "people.csv"
    path.write_text("to,name\n" + "+447700900123,Ana\n" * 2000)
    run = CliRunner().invoke
    found = run(app, ["estimate", str(path), "--body", "Hi ${name}", "--fraction", "50%",
                      "--price", "0.034 GBP", "--json", "--duplicates", "keep"])  # fmt: skip
    assert found.exit_code == 0, found.output
    data = json.loads(found.stdout)
    assert (data["schema"], data["rows"]) == ("smsplan.estimate/1", 2000)
    assert Decimal(data["cost"]["GBP"]["expected"]) == Decimal(68)
    found = run(app, ["estimate", "--body", "Hi ${name}", "--length", "name=tr",
                      "--messages", "1000"])  # fmt: skip
    assert found.exit_code == 0, found.output
    assert found.stdout.startswith("1,000 messages · ")
    made: Estimate = estimate("Hi ${name}", lengths={"name": "tr"}, messages=1000)
    assert found.stdout.strip() == str(made)
    dear = [{"to": "+447700900123", "name": "Zoë Łukasz"}] * 2000
    path.write_text("to,name\n" + "+447700900123,Zoë Łukasz\n" * 2000, encoding="utf-8")
    body = "Hi ${name}" + "x" * 60
    for given, words in (
        ({"substitute": "lossy"}, ["--substitute", "lossy"]),
        ({"limits": {"name": 3}}, ["--limit", "name=3"]),
        ({"truncate_concat": True}, ["--truncate-concat"]),
    ):
        sure: dict[str, Any] = {"fraction": "50%", "duplicates": "keep"}
        asked = ["--fraction", "50%", "--duplicates", "keep", *words]
        found = run(app, ["estimate", str(path), "--body", body, *asked])
        assert found.exit_code == 0, found.output
        made = estimate(dear, body, **sure, **given)
        assert found.stdout.strip() == str(made)
        assert made.parts.expected == 2000 < estimate(dear, body, **sure).parts.expected


def test_country_of_a_card_with_prefixes() -> None:
    """Rows that have a country and its calling code price an estimate for the country."""
    card = RateCard([Rate(country="TR", prefix="90", price=Decimal("0.05"), currency="EUR")])
    about = estimate("Hi", lengths={}, messages=100, country="TR", rates=card)
    assert about.unpriced == 0
    assert about.cost["EUR"].expected == Decimal(5)
