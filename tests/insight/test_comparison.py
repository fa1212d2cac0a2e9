"""Several bodies at once are several plans: summaries, moves and alternatives by brute force."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smsplan import InputError, Profile, Rate, RateCard, Template, compare, plan
from smsplan.kernel import kernel
from smsplan.kernel.numbers import msisdns
from smsplan.lists import source as lists_source
from smsplan.totals import findings as findings_module

NUMBERS = st.sampled_from(
    [
        "+447700900123",
        "00447700900123",
        "07700 900123",
        "+4915112345678",
        "+12025550123",
        "+33612345678",
        "7700900124",
        "12",
        None,
    ]
)
VALUES = st.one_of(
    st.none(),
    st.sampled_from(["", "Ana", "Zoë", "Bo\u017eena", "\U0001f600" * 3, "€" * 20, "x" * 70]),
)
ROWS = st.lists(st.tuples(NUMBERS, VALUES, VALUES), max_size=9)
BODIES = st.dictionaries(
    st.sampled_from(["A", "B", "C", "D"]),
    st.sampled_from(
        [
            "Hi",
            "Hi ${a}",
            "${a}, ${b}!",
            "${b}" + "y" * 100,
            "\u201c${a}\u201d",
            "z" * 159 + "${b}",
            "${b}" * 5,
        ]
    ),
    min_size=1,
)
OPERATORS = RateCard(
    [
        *RateCard.of({"GB": "0.03 GBP", "+49": "0.07 GBP", "US": "0.01 GBP"}).rates,
        Rate(country="GB", mccmnc="23415", price=Decimal("0.05"), currency="GBP"),
        Rate(country="DE", kind="reject", price=Decimal(0), currency="GBP"),
    ]
)
TIERS = RateCard(
    [
        Rate(price=Decimal("0.04"), currency="GBP"),
        Rate(price=Decimal("0.02"), currency="GBP", tier_from=2),
        Rate(kind="fixed", price=Decimal(5), currency="GBP"),
    ]
)
RATES = st.sampled_from(
    [None, "0.034 GBP", {"GB": "0.034 GBP", "US": "0.001 GBP"}, OPERATORS, TIERS]
)
OPTIONS = st.fixed_dictionaries(
    {
        "region": st.sampled_from([None, "GB"]),
        "truncate_concat": st.booleans(),
        "max_number_of_message_parts": st.sampled_from([None, None, 1]),
        "duplicates": st.sampled_from(["flag", "flag", "keep"]),
        "substitute": st.sampled_from([None, None, "safe", "lossy"]),
        "rates": RATES,
        "profile": st.sampled_from(
            [
                Profile(),
                Profile(duplicates="counted"),
                Profile(unmatched="absent", auto_encoding="on"),
                Profile(languages=("tr",), exceeded_parts="error"),
                Profile(unicode_boundary="grapheme", values_in_values="again"),
            ]
        ),
    }
)
DEFAULTS = st.sampled_from([{}, {"a": "you"}, {"a": "\u015e", "b": "b" * 80}])
LIMITS = st.sampled_from([{}, {}, {"a": 3}, {"a": 1, "b": 20}])


def table(rows: list[tuple[Any, ...]]) -> pa.Table:
    """Rows as columns of text."""
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    names = ("to", "a", "b")
    return pa.table({n: pa.array(c, pa.string()) for n, c in zip(names, columns, strict=True)})


def used(body: str, named: dict[str, Any]) -> dict[str, Any]:
    """What a single plan may be given."""
    return {key: text for key, text in named.items() if key in Template(body).parameters}


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of two rows, so that duplicates and row numbers go over their borders."""
    monkeypatch.setattr(lists_source, "BATCH_ROWS", 2)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, bodies=BODIES, options=OPTIONS, defaults=DEFAULTS, limits=LIMITS)
def test_equal_to_plans(
    small_batches: None,
    rows: list[tuple[Any, ...]],
    bodies: dict[str, str],
    options: dict[str, Any],
    defaults: dict[str, str],
    limits: dict[str, int],
) -> None:
    """Every summary is that of a plan; moves and alternatives are counted from the plans' rows."""
    data = table(rows)
    every = {key for body in bodies.values() for key in Template(body).parameters}
    given_ = {key: text for key, text in defaults.items() if key in every}
    cut = {key: most for key, most in limits.items() if key in every}
    other = {} if options["rates"] is None else {"mms": "0.05 GBP", "push": "0 GBP"}
    made = compare(data, bodies, defaults=given_, limits=cut, alternatives=other, **options)
    plans = {
        name: plan(data, body, defaults=used(body, defaults), limits=used(body, limits), **options)
        for name, body in bodies.items()
    }
    assert [each.name for each in made.variants] == list(bodies)
    first = next(iter(plans.values()))
    parts = {name: each.rows["billed_parts"].to_pylist() for name, each in plans.items()}
    for each in made.variants:
        single = plans[each.name]
        assert each.body == bodies[each.name]
        assert each.summary == single.summary
        assert each.parts_difference == single.parts - first.parts
        assert made.priced == (each.cost_difference is not None)
        if each.cost_difference is not None:
            assert each.cost_difference == single.cost - first.cost
        if single is first:
            assert each.moves is None
        else:
            assert each.moves is not None
            pairs = list(zip(parts[made.variants[0].name], parts[each.name], strict=True))
            fewer = [row for row, (one, two) in enumerate(pairs, 1) if two < one]
            more = [row for row, (one, two) in enumerate(pairs, 1) if two > one]
            assert dict(each.moves.rows) == Counter(pairs)
            assert (each.moves.fewer_rows, each.moves.more_rows) == (len(fewer), len(more))
            assert each.moves.same_rows == len(pairs) - len(fewer) - len(more)
            assert each.moves.first_fewer == tuple(fewer[:10])
            assert each.moves.first_more == tuple(more[:10])
        check_alternatives(each, single, other, options["rates"])
    json.dumps(made.to_dict())


def check_alternatives(each: Any, single: Any, other: dict[str, str], rates: Any) -> None:
    """Count row by row what another channel would save."""
    assert [use.alternative for use in each.alternatives] == list(other)
    for use in each.alternatives:
        amount = Decimal(other[use.alternative].split()[0])
        cheaper, spent = 0, Fraction(0)
        for row in single.rows.to_pylist():
            if not row["sendable"] or "unpriced" in (row["note"] or ""):
                continue
            if rates is OPERATORS and row["country"] == "GB":
                # Two operators, equally likely: the default row is what is expected.
                cost = Fraction(Decimal("0.03")) * row["billed_parts"]
            else:
                cost = Fraction(row["cost"])
            if cost > amount:
                cheaper, spent = cheaper + 1, spent + cost
        assert use.messages == cheaper
        assert use.cost_sms.expected.get("GBP", 0) == spent
        assert use.cost_alternative.expected.get("GBP", 0) == amount * cheaper
        assert use.saved.expected.get("GBP", 0) == spent - Fraction(amount) * cheaper


def test_duplicates_part_ways(small_batches: None) -> None:
    """Where a body cannot be sent to the first row of a number, its second row is sent."""
    data = table([("+447700900123", None, "x"), ("+12025550123", "y", "x")] * 3)
    made = compare(data, {"A": "Hi", "B": "Hi ${a}", "C": "Hey"})
    assert [each.summary.messages for each in made.variants] == [2, 1, 2]
    assert [each.summary.problems for each in made.variants] == [
        {"duplicate_recipient": 4},
        {"unmatched_parameter": 3, "duplicate_recipient": 2},
        {"duplicate_recipient": 4},
    ]


@pytest.mark.parametrize("kind", ["csv", "parquet", "stream", "numbers", "pandas"])
def test_sources(kind: str, tmp_path: Path) -> None:
    """Files, streams, frames and lists of numbers are compared alike; a stream is read once."""
    numbers = [f"+4477009{number % 700:05}" for number in range(1_000)]
    data = pa.table({"to": numbers, "a": ["Ana", "Bo\u017eena"] * 500})
    bodies = {"A": "Hi ${a} " + "x" * 60, "B": "Hi"}
    if kind == "numbers":
        bodies = {"A": "Hi", "B": "x" * 161}
    expected = [plan(data, body, rates="0.01 EUR").summary for body in bodies.values()]
    recipients: Any = data.to_reader() if kind == "stream" else data.to_pandas()
    if kind == "numbers":
        recipients = numbers
    elif kind == "parquet":
        recipients = tmp_path / "people.parquet"
        pa.parquet.write_table(data, recipients, row_group_size=99)
    elif kind == "csv":
        recipients = tmp_path / "people.csv"
        data.to_pandas().to_csv(recipients, index=False)
    done: list[int] = []
    made = compare(recipients, bodies, rates="0.01 EUR", progress=done.append)
    assert [each.summary for each in made.variants] == expected
    assert done[-1] == 1_000


def test_alternatives_over_many_currencies() -> None:
    """Another channel is compared in the currency of the rates, and in no other."""
    with pytest.raises(InputError, match=r"'mms' is in USD and the rates are in EUR;"):
        compare(["+447700900123"], {"A": "Hi"}, rates="1 EUR", alternatives={"mms": "1 USD"})
    with pytest.raises(InputError, match="rates"):
        compare(["+447700900123"], {"A": "Hi"}, alternatives={"mms": "1 USD"})
    with pytest.raises(InputError, match="alternative 'mms'"):
        compare(["+447700900123"], {"A": "Hi"}, rates="1 EUR", alternatives={"mms": "cheap"})
    mixed = RateCard.of({"GB": "1 GBP", "US": "1 USD"}, mixed_currencies=True)
    with pytest.raises(InputError, match="the rates are in GBP, USD"):
        compare(["+447700900123"], {"A": "Hi"}, rates=mixed, alternatives={"mms": "1 USD"})


def test_every_fault_at_once() -> None:
    """Faults of all bodies are one error, which names them; what all share is said once."""
    with pytest.raises(InputError) as caught:
        compare(
            [{"to": "+447700900123", "name": "Ana"}],
            {"A": "Hi ${name}", "B": "Hi ${nam}", "C": "x" * 2001},
            columns={"city": "name"},
            limits={"nome": 3},
            region="QQ",
            to="phone",
        )
    text = str(caught.value)
    for words in (
        "QQ",
        "no column 'phone'",
        "'city' is not a parameter of any body",
        "limits: 'nome'",
        "body 'B': parameter 'nam' has no column and no default; did you mean 'name'?",
        "body 'C': the API would refuse this message",
    ):
        assert text.count(words) == 1, (words, text)
    assert "body 'A'" not in text


@pytest.mark.parametrize("bodies", [{}, "Hi", None, ["Hi"]])
def test_nothing_to_compare(bodies: Any) -> None:
    """Bodies have names; without any there is nothing to compare."""
    with pytest.raises(InputError, match="nothing to compare"):
        compare(["+447700900123"], bodies)


@pytest.mark.parametrize("name", ["columns", "defaults", "limits"])
def test_what_is_said_of_parameters_goes_by_name(name: str) -> None:
    """Another form than a mapping is refused, by a plan as by a comparison."""
    given: dict[str, Any] = {name: "a"}
    with pytest.raises(InputError, match=f"{name} is str, not a mapping; write {name}="):
        compare(["+447700900123"], {"A": "Hi ${a}", "B": "Hi"}, **given)
    with pytest.raises(InputError, match=f"{name} is str, not a mapping"):
        plan(["+447700900123"], "Hi ${a}", **given)


def test_defaults_only_where_the_parameter_stands() -> None:
    """A parameter without a column needs a default for the bodies that have it, and no other."""
    made = compare(["+447700900123"], {"A": "Hi", "B": "Hi ${name}"}, defaults={"name": "there"})
    assert [each.summary.parts for each in made.variants] == [1, 1]
    with pytest.raises(InputError, match="body 'B': parameter 'name'"):
        compare(["+447700900123"], {"A": "Hi", "B": "Hi ${name}"})


def test_cheapest() -> None:
    """Money decides, without money the parts; the earlier on a tie."""
    bodies = {"long": "x" * 161, "one": "Hi", "other": "Hello"}
    assert compare(["+447700900123"], bodies).cheapest.name == "one"
    assert compare(["+447700900123"], bodies, rates="1 EUR").cheapest.name == "one"
    card = RateCard([Rate(price=Decimal(1), currency="EUR", per="message")])
    assert compare(["+447700900123"], bodies, rates=card).cheapest.name == "long"
    mixed = RateCard.of({"GB": "1 GBP", "US": "1 USD"}, mixed_currencies=True)
    people = ["+447700900123", "+12025550123"]
    assert compare(people, bodies, rates=mixed).cheapest.name == "one"


def test_a_single_body_is_compared_with_nothing() -> None:
    """It is summed up all the same, and a remark says what is missing."""
    made = compare(["+447700900123"], {"A": "Hi"})
    assert made.variants[0].summary.parts == 1
    assert made.warnings == ("there is one body; name another to compare it with",)


def test_warnings_name_the_body() -> None:
    """What looks like a parameter and is none is said of the body where it stands."""
    made = compare(["+447700900123"], {"A": "Hi", "B": "Hi {{name}}"})
    assert len(made.warnings) == 1
    assert made.warnings[0].startswith("body 'B': ")


def test_numbers_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the number of bodies, the numbers of a batch are read once."""
    calls: list[int] = []
    read_all = msisdns.read_all

    def counting(*arguments: Any) -> Any:
        calls.append(1)
        return read_all(*arguments)

    monkeypatch.setattr(kernel, "read_all", counting)
    compare(["+447700900123"] * 9, {"A": "Hi", "B": "Ho", "C": "He"})
    assert len(calls) == 1


def test_findings_are_looked_for_in_shared_rows() -> None:
    """Bodies that are Unicode in the same rows take them from the batch once."""
    taken = findings_module._Taken()
    batch = pa.record_batch({"to": ["1", "2", "3"]})
    one, known = taken.of(batch, np.array([0, 2]))
    two, again = taken.of(batch, np.array([0, 2]))
    assert one is two
    assert known is again
    assert taken.of(batch, np.array([0, 1, 2]))[0] is batch
