"""A row of a plan is the one recipient of a dry run, whatever frame it comes in."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from smsplan import InputError, Problem, Profile, RequestRefused, TextBatch, dry_run, plan
from smsplan.numbers import read
from tests.test_switches import SWITCHES

# Beyond the values that each switch is tried with elsewhere.
MORE: dict[str, list[Any]] = {"min_digits": [8], "max_digits": [11], "languages": [("es", "pt")]}
PROFILES = st.builds(
    Profile,
    **{
        name: st.sampled_from([*values, *MORE.get(name, [])])
        for name, (values, _) in SWITCHES.items()
    },
)
VALUES = st.one_of(
    st.none(),
    st.sampled_from(
        [
            "",
            "Ana",
            "NA",
            "null",
            "${b}",
            "${a}${b}",
            "O\u2019Brien",
            "\ud83d",
            "a\udc00b",
            "a\0b",
            "\f\r\n\t",
            "<b>",
            "=1+1",
            "e\u0301" * 40,
            "\u015f" * 90,
            "\u20ac" * 81,
            "\u0391\u2126\u00e7",
            "\u201ca\u201d" * 30,
            "\U0001f600" * 36,
            "x" * 161,
            "y" * 1601,
            "z" * 1600,
        ]
    ),
    st.text(max_size=12),
)
NUMBERS = st.one_of(
    st.none(),
    st.sampled_from(
        [
            "+447700900123",
            "447700900123",
            "0044 7700 900-124",
            "07700 900123",
            "7700900123",
            "+1 (202) 555-0123",
            "2025550123",
            "+1",
            "",
            "abc",
            "447700900123.0",
            "4.4770E+11",
            "01FC66621VHDBN119Z8PMV1QPQ",
            "123456",
            "1234567890123",
            "12345678901234567890",
        ]
    ),
    st.from_regex(r"\A\+?[0-9]{4,16}\Z"),
)
BODIES = st.sampled_from(
    [
        "Hi ${a}",
        "${a}${b}",
        "$${a} costs ${b}\u20ac",
        "a" * 150 + "${a}",
        "${b}" + "\u044f" * 66,
        "no parameters",
        "",
        "${a}" * 30,
        "\u201c${a}\u201d",
        "${a} ${b c} ${",
        "x" * 1601,
        "${a}" + "\U0001f600" * 900,
        "${a_parameter_of_a_long_name}${b}",
    ]
)
# The parameters of bodies, with the columns that have their values.
KEYS = {"a": "a", "b": "b", "a_parameter_of_a_long_name": "a"}
SENDERS = st.sampled_from([None, "Shop", "\u041a\u0430\u0444\u0435", "+447700900999"])
ROWS = st.lists(st.fixed_dictionaries({"to": NUMBERS, "a": VALUES, "b": VALUES}), max_size=5)
KINDS = ["dicts", "pandas", "pandas-arrow", "pandas-category", "polars", "table", "chunked", "cut"]


def has_surrogate(rows: list[dict[str, Any]]) -> bool:
    """Whether a value cannot enter Arrow."""
    return any(0xD800 <= ord(c) < 0xE000 for row in rows for v in row.values() for c in v or "")


def framed(rows: list[dict[str, Any]], kind: str) -> Any:
    """The rows as a kind of frame."""
    if kind == "dicts" and rows:
        return rows
    columns = {name: [row[name] for row in rows] for name in ("to", "a", "b")}
    if has_surrogate(rows) or kind == "pandas":
        return pd.DataFrame(columns, dtype=object, index=range(7, 7 + len(rows)))
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    if kind == "polars":
        return pl.DataFrame(table)
    if kind == "pandas-arrow":
        return table.to_pandas(types_mapper=pd.ArrowDtype)
    if kind == "pandas-category":
        return pd.DataFrame({name: pd.Categorical(values) for name, values in columns.items()})
    if kind == "chunked":
        pieces = [table.slice(row, 1) for row in range(len(rows))]
        return pa.concat_tables(pieces) if pieces else table
    if kind == "cut":
        around = pa.concat_tables([table.slice(0, 1), table, table.slice(0, 1)])
        whole = around.slice(min(1, len(rows)), len(rows))
        return pa.table({n: whole[n].dictionary_encode() for n in whole.column_names})
    return table


def plain(frame: Any) -> list[dict[str, Any]]:
    """The rows of any kind of frame as dicts, missing as None."""
    if isinstance(frame, list):
        return list(frame)
    if isinstance(frame, pl.DataFrame):
        return list(frame.to_dicts())
    if isinstance(frame, pa.Table):
        return list(frame.to_pylist())
    return [
        {name: None if _missing(value) else value for name, value in row.items()}
        for row in frame.to_dict("records")
    ]


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and value != value)


def columns_of(body: str) -> dict[str, str]:
    """The columns of the parameters of a body."""
    return {key: column for key, column in KEYS.items() if "${" + key + "}" in body}


def refused_for_everybody(
    body: str, defaults: dict[str, str], profile: Profile, options: dict[str, Any]
) -> bool:
    """Whether the reference refuses the message also where the row has nothing to refuse."""
    number = "1" * profile.min_digits
    parameters = {
        key: {number: "x", **({"default": defaults[key]} if key in defaults else {})}
        for key in columns_of(body)
    }
    request = {"to": [number], "body": body, "parameters": parameters, **options}
    try:
        dry_run(request, profile=profile.replace(exceeded_parts="counted"))
    except RequestRefused:
        return True
    return False


def expected(
    row: dict[str, Any],
    body: str,
    defaults: dict[str, str],
    region: str | None,
    profile: Profile,
    options: dict[str, Any],
) -> dict[str, Any]:
    """What the reference says of one row, the number read as a plan reads it."""
    reading = None if row["to"] is None else read(row["to"], region=region).msisdn
    number = reading or "none"
    parameters = {
        key: {
            **({number: row[column]} if row[column] is not None else {}),
            **({"default": defaults[key]} if key in defaults else {}),
        }
        for key, column in columns_of(body).items()
    }
    request = {"to": [number], "body": body, "parameters": parameters, **options}
    problem: str | None = None
    try:
        detail = dry_run(request, profile=profile).details[0]
        problem = detail.problem
    except RequestRefused as refused:
        problem = _named(refused)
        # What the text gives, whatever the refusal: the same under a profile that lets it pass.
        stand_in = "1" * profile.min_digits
        lenient = profile.replace(
            value_limit=None,
            unmatched="verbatim" if profile.unmatched == "error" else profile.unmatched,
            exceeded_parts="counted",
        )
        for values in parameters.values():
            if number in values:
                values[stand_in] = values.pop(number)
        try:
            detail = dry_run({**request, "to": [stand_in]}, profile=lenient).details[0]
        except RequestRefused:
            unencodable = problem or Problem.UNENCODABLE_TEXT
            return {"encoding": None, "units": 0, "number_of_parts": 0, "problem": unencodable}
    return {
        "encoding": detail.encoding,
        "units": detail.units,
        "number_of_parts": detail.number_of_parts,
        "problem": problem,
        "body": detail.body,
        "billed_parts": 0 if problem else detail.billed_parts,
    }


def _named(refused: RequestRefused) -> Problem:
    """The problem that names a refusal: the first that applies."""
    faults = {(fault.field.split(".")[0].split("[")[0], fault.code) for fault in refused.faults}
    if any(field == "to" for field, _ in faults):
        return Problem.INVALID_NUMBER
    if ("parameters", "syntax_invalid_json") in faults:
        return Problem.UNENCODABLE_TEXT
    if any("no default" in fault.text for fault in refused.faults):
        return Problem.UNMATCHED_PARAMETER
    if any(fault.field == "max_number_of_message_parts" for fault in refused.faults):
        return Problem.EXCEEDED_PARTS_LIMIT
    return Problem.VALUE_TOO_LONG


# A quarter is refused for everybody: 2,000 frames are planned.
@settings(max_examples=2800)
@given(
    rows=ROWS,
    kind=st.sampled_from(KINDS),
    body=BODIES,
    defaults=st.sampled_from([{}, {"a": "there"}, {"b": "\u044f"}]),
    region=st.sampled_from([None, "GB", "US"]),
    profile=PROFILES,
    truncate=st.booleans(),
    limit=st.sampled_from([None, 1, 2]),
    sender=SENDERS,
)
def test_plan_equals_dry_run(
    rows: list[dict[str, Any]],
    kind: str,
    body: str,
    defaults: dict[str, str],
    region: str | None,
    profile: Profile,
    truncate: bool,
    limit: int | None,
    sender: str | None,
) -> None:
    """Encoding, units, parts, body and problem of every row equal the reference's.

    Over every value of every switch; what is refused for everybody is refused before any row.
    """
    columns = columns_of(body)
    defaults = {key: text for key, text in defaults.items() if key in columns}
    options: dict[str, Any] = {"truncate_concat": truncate}
    if limit is not None:
        options["max_number_of_message_parts"] = limit
    fields = {**options, **({} if sender is None else {"from": sender})}
    refused = refused_for_everybody(body, defaults, profile, fields)
    with pytest.raises(InputError, match="would refuse this message") if refused else nullcontext():
        made = plan(
            framed(rows, kind),
            body,
            columns=columns,
            defaults=defaults,
            region=region,
            profile=profile,
            bodies=True,
            duplicates="keep",
            from_=sender,
            **options,
        )
    event("refused for everybody" if refused else f"{len(rows)} rows")
    if refused:
        return
    ours = plain(made.rows)
    assert len(ours) == len(rows)
    sent = parts = 0
    for row, mine in zip(rows, ours, strict=True):
        wanted = expected(row, body, defaults, region, profile, fields)
        assert {name: mine[name] for name in wanted} == wanted
        sent += wanted["problem"] is None
        parts += wanted.get("billed_parts", 0)
        assert mine["sendable"] == (wanted["problem"] is None)
    assert (made.summary.rows, made.messages, made.parts) == (len(rows), sent, parts)


# Texts of values that are expanded again, around what 255 parts hold.
LONG = st.one_of(
    st.builds("{}".format, st.integers(0, 400).map(lambda n: "${b}" * n)),
    st.integers(0, 1600).map(lambda n: "x" * n),
    st.sampled_from(["", "\u044f" * 1600, "${a}${b}", "${b}" * 399 + "${a}", "${b}" * 24 + "\t"]),
)


@settings(max_examples=200)
@given(
    rows=st.lists(st.fixed_dictionaries({"to": NUMBERS, "a": LONG, "b": LONG}), max_size=3),
    body=st.sampled_from(["${a}${b}", "${a}" * 25, "${a}" + "${b}" * 24]),
    profile=PROFILES,
    truncate=st.booleans(),
)
@example(
    rows=[{"to": "+447700900123", "a": "${b}" * n, "b": "x" * 153} for n in (254, 255, 256)],
    body="${a}",
    profile=Profile(values_in_values="again"),
    truncate=True,
)
def test_an_expansion_that_is_stopped_is_the_same_in_both(
    rows: list[dict[str, Any]], body: str, profile: Profile, truncate: bool
) -> None:
    """Where values hold values, the kernel stops where the reference does: over_255_parts."""
    profile = profile.replace(values_in_values="again", value_limit=None)
    made = plan(
        framed(rows, "table"),
        body,
        columns={"a": "a", "b": "b"} if "${b}" in body else {"a": "a"},
        profile=profile,
        bodies=True,
        duplicates="keep",
        truncate_concat=truncate,
        from_="Shop",
    )
    for row, mine in zip(rows, plain(made.rows), strict=True):
        fields = {"truncate_concat": truncate, "from": "Shop"}
        wanted = expected(row, body, {}, None, profile, fields)
        assert {name: mine[name] for name in wanted} == wanted


@settings(max_examples=200)
@given(rows=ROWS, kind=st.sampled_from(KINDS), profile=PROFILES)
def test_duplicates_send_the_first_that_can_be_sent(
    rows: list[dict[str, Any]], kind: str, profile: Profile
) -> None:
    """Flagging against a set in a loop."""
    how: dict[str, Any] = {"message": "Hi ${a}", "profile": profile, "from_": "Shop"}
    kept = plain(plan(framed(rows, kind), duplicates="keep", **how).rows)
    flagged = plain(plan(framed(rows, kind), **how).rows)
    seen: set[str] = set()
    for before, after in zip(kept, flagged, strict=True):
        if before["sendable"] and before["recipient"] in seen:
            assert (after["problem"], after["billed_parts"]) == ("duplicate_recipient", 0)
        else:
            assert after["problem"] == before["problem"]
        if before["sendable"]:
            seen.add(before["recipient"])


def test_a_batch_of_all_rows() -> None:
    """The totals over valid rows are those of one dry run of them all."""
    rows = [
        {"to": f"+4477009{number:05}", "name": "\u015e" * (number % 70)} for number in range(900)
    ]
    made = plan(rows, "Hi ${name}, " + "a" * 60)
    answer = dry_run(
        TextBatch(
            to=[str(row["to"]) for row in rows],
            body="Hi ${name}, " + "a" * 60,
            parameters={"name": {str(row["to"]): str(row["name"]) for row in rows}},
        )
    )
    assert made.dry_run().to_dict() == answer.to_dict()
    assert (made.messages, made.parts) == (900, answer.number_of_messages)


def test_what_every_row_shares_raises_once() -> None:
    """A default or a body that the API refuses for everybody is one error before the first row."""
    for body, defaults in (("a" * 2001, {}), ("${a}", {"a": "x" * 1601}), ("\ud83d", {})):
        with pytest.raises(InputError, match="the API would refuse this message"):
            plan(["+447700900123"], body, defaults=defaults)
