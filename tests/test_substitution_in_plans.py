"""Substitution and limits in a plan: what is sent is what was planned, and is noted."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from smsplan import (
    InputError,
    Plan,
    Profile,
    Substitution,
    TextBatch,
    compare,
    dry_run,
    estimate,
    plan,
    segment,
)
from smsplan.cli import app
from smsplan.encoding.look_alikes import LOOK_ALIKES
from smsplan.kernel.settings import RowSettings

NUMBERS = ["+447700900123", "+447700900124", "+12025550123", "+33612345678", "x"]
PIECES = [
    *"ab €",
    "“",
    "’",
    "…",
    "\u200b",
    "e\u0301",
    "\u0301",
    "Α",
    "ΙΚ",
    "ş",
    "я",
    "Київ",
    "Πα",
    "\x93",
    "\x85",
    "ệ",
    "à",
    "\x0b",
    "1½",
    "😀",
    "${b}",
    "$",
    "{a}",
    "$\u200b{a}",
    "\r",
    "\n",
    "c\u0327",
    "ﬁ",
    "ç",
    *sorted(LOOK_ALIKES)[::40],
]
TEXTS = st.tuples(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.sampled_from([0, 0, 60, 150])
).map(lambda made: made[0] + "x" * made[1])  # fmt: skip
VALUES = st.none() | TEXTS
BODIES = st.sampled_from(
    [
        "“${a}”, hello – and goodbye ${b} " + "y" * 60,
        "e${a}" + "z" * 70,
        "Hi ${a}",
        "$${a} “costs” ${b}",
        "$\u200b{a} “${a}” ${b}" + "z" * 50,
        "“${a} b” {\u200b$}${b}",
        "Α${a}Β " + "z" * 66,
        "no “parameter”" + "z" * 66,
        {"en": "“Hello” ${a}" + "z" * 60, "*": "‘${b}’" + "x" * 70},
    ]
)
PROFILES = st.builds(
    Profile,
    values_in_values=st.sampled_from(["single_pass", "single_pass", "again"]),
    double_dollar=st.sampled_from(["expand", "escape"]),
    no_parameters=st.sampled_from(["literal", "unmatched"]),
    truncation=st.sampled_from(["cut", "parts_only", "ignored"]),
    truncation_encoding=st.sampled_from(["before", "after"]),
    auto_encoding=st.sampled_from(["off", "on"]),
    line_breaks=st.sampled_from(["kept", "kept", "crlf_to_lf"]),
    spaces=st.sampled_from(["kept", "space"]),
    small_c_cedilla=st.sampled_from(["unicode", "gsm"]),
    greek_capitals=st.sampled_from(["kept", "latin"]),
    languages=st.sampled_from([(), (), ("tr",)]),
    unicode_boundary=st.sampled_from(["pair", "grapheme"]),
)
POLICIES = st.builds(
    Substitution,
    level=st.sampled_from(["safe", "lossy"]),
    when=st.sampled_from(["saves", "always"]),
    partial=st.booleans(),
    above_one_part=st.booleans(),
    transliterate=st.sampled_from([(), (), ("el",), ("uk", "ru")]),
)


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(st.fixed_dictionaries({"to": st.sampled_from(NUMBERS), "a": VALUES, "b": VALUES,
                                         "language": st.sampled_from(["en", "sv"])}),
                  min_size=1, max_size=8),
    body=BODIES,
    defaults=st.sampled_from([{}, {"a": "„there“"}, {"a": "x", "b": "ya\u0308\u200b{a}"}]),
    profile=st.just(Profile()) | PROFILES,
    substitution=st.none() | POLICIES,
    limits=st.sampled_from([{}, {"a": 3}, {"a": 1, "b": 40}]),
    size=st.integers(1, 4),
    truncate=st.sampled_from([False, False, True]),
)  # fmt: skip
def test_requests_send_what_was_planned(
    rows: list[dict[str, Any]],
    body: Any,
    defaults: dict[str, str],
    profile: Profile,
    substitution: Substitution | None,
    limits: dict[str, int],
    size: int,
    truncate: bool,
) -> None:
    """The dry runs of the requests are, together, the rows of the plan, each row once."""
    used = json.dumps(body)
    made = plan(
        rows,
        body,
        body_by="language" if isinstance(body, dict) else None,
        defaults={key: text for key, text in defaults.items() if "${" + key + "}" in used},
        limits={key: most for key, most in limits.items() if "${" + key + "}" in used},
        substitute=substitution,
        profile=profile,
        duplicates="keep",
        truncate_concat=truncate,
        bodies=True,
    )
    planned = Counter(
        (row["recipient"], row["body"], row["encoding"], row["number_of_parts"])
        for row in made.rows
        if row["problem"] is None
    )
    found: Counter[Any] = Counter()
    try:
        for batch in made.batches(size=size):
            assert TextBatch.from_dict(batch.to_dict(), profile=profile) == batch
            assert len(set(batch.to)) == len(batch.to) <= size
            details = dry_run(batch, profile=profile).details
            assert all(detail.problem is None for detail in details)
            found.update(
                (each.recipient, each.body, str(each.encoding), each.number_of_parts)
                for each in details
            )
    except InputError as error:
        # Only a text that has a parameter of its own, where values are expanded again.
        if profile.values_in_values == "again" and "shorten it" in str(error):
            return
        raise
    assert found == planned


def column(made: Plan, name: str) -> list[Any]:
    """A column of the rows."""
    return [row[name] for row in made.rows]


def test_what_changed_is_noted() -> None:
    """A substituted text and a value that was cut are notes of their rows, and in the summary."""
    rows = [
        {"to": "+447911123456", "name": "Ana"},
        {"to": "+447911123457", "name": "Maximiliane"},
        {"to": "+447911123458", "name": "Ажар"},
        {"to": "+447911123459", "name": None},
    ]
    body = "“Hello” ${name}, " + "a" * 60
    made = plan(rows, body, defaults={"name": "dear customer"}, limits={"name": 6},
                substitute="safe", bodies=True)  # fmt: skip
    assert column(made, "note") == [
        "substituted", "shortened;substituted", None, "default_used;shortened;substituted",
    ]  # fmt: skip
    assert [text[:15] for text in column(made, "body")] == [
        '"Hello" Ana, aa', '"Hello" Maximil'[:14] + ",", "“Hello” Ажар, a", '"Hello" dear c,',
    ]  # fmt: skip
    assert column(made, "number_of_parts") == [1, 1, 2, 1]
    assert (made.parts, made.encodings["GSM"].parts) == (5, 3)
    assert made.summary.notes["shortened"] == 2
    # What is billed is described: the quotes of the template are in the one message left.
    assert made.findings[0].rows == 1
    assert plan(rows, body, defaults={"name": "you"}).parts == 8


@pytest.mark.parametrize("level", ["safe", "lossy"])
def test_partial_findings_describe_what_is_left(level: Any) -> None:
    """Of a text that is replaced in part, the findings name the characters that are left."""
    rows = [{"to": "+447911123456", "name": "„Ж“"}, {"to": "+447911123457", "name": "c\u0327“я"}]
    body = "“Hello” ${name} " + "a" * 80
    how = Substitution(level, "always", partial=True)
    made = plan(rows, body, substitute=how, bodies=True)
    counted: Counter[str] = Counter()
    for text in column(made, "body"):
        counted.update({each.character for each in segment(text).culprits})
    places = {finding.places for finding in made.findings if finding.kind == "unicode"}
    found: Counter[str] = Counter()
    for finding in made.findings:
        found.update(finding.characters)
    assert found == counted
    assert places == {("parameter 'name'",)}


def test_a_saved_plan_keeps_them(tmp_path: Path) -> None:
    """A plan that is opened again has its substitution and limits, and sends the same."""
    rows = [{"to": "+447911123456", "name": "Maximiliane"}]
    made = plan(rows, "“Hi” ${name}" + "a" * 70, substitute=Substitution("lossy", partial=True),
                limits={"name": 3})  # fmt: skip
    made.save(tmp_path / "plan.parquet")
    opened = Plan.open(tmp_path / "plan.parquet")
    assert opened.settings == made.settings
    (batch,) = opened.batches()
    assert batch.to_dict()["parameters"] == {"name": {"447911123456": "Max"}}
    assert batch.body.startswith('"Hi" ${name}')


def test_every_fault_at_once() -> None:
    """An unknown parameter, a limit that is none and an unknown level are one error."""
    with pytest.raises(InputError) as caught:
        plan(["+447911123456"], "Hi ${name}", defaults={"name": "x"},
             limits={"nme": 3, "name": 0}, substitute="off")  # type: ignore[arg-type]  # fmt: skip
    text = str(caught.value)
    assert "limits: 'nme' is not a parameter of the body; did you mean 'name'?" in text
    assert "the limit of 'name' is not a whole number of 1 or more" in text
    assert "substitute cannot be 'off'; use 'safe', 'lossy'" in text


def test_a_row_that_cannot_be_sent_is_named() -> None:
    """A text with a parameter of its own is no value where values are expanded again."""
    rows = [{"to": "+447911123456", "a": "x"}, {"to": "+447911123457", "a": "${a}“" + "z" * 70}]
    profile = Profile(values_in_values="again")
    made = plan(rows, "${a}", substitute="safe", profile=profile)
    assert column(made, "note") == [None, "substituted"]
    with pytest.raises(InputError, match="row 2: its text fits neither"):
        list(made.batches())


def test_a_long_text_is_a_body_of_its_own() -> None:
    """A mark that is composed with the template's letter; the text is too long for a value."""
    rows = [{"to": f"+44791112345{n}", "a": "\u0301" + "x" * (1590 - n)} for n in range(3)]
    made = plan(rows, "Cafe${a}" + "z" * 20, substitute="safe", bodies=True)
    batches = list(made.batches())
    assert [batch.body[:6] for batch in batches] == ["Caféxx"] * 3
    assert [batch.parameters for batch in batches] == [None] * 3
    assert [batch.body for batch in batches] == column(made, "body")


def test_processes_and_slices_agree() -> None:
    """Workers get the options as they are; a dictionary is cut once and for all its rows."""
    names = ["Ana’s", "e\u0301va", "Maximiliane", None, "я"] * 40
    numbers = [f"+4479111{n:05}" for n in range(200)]
    table = pa.table({"to": numbers, "name": pa.array(names).dictionary_encode()})
    how: dict[str, Any] = {
        "defaults": {"name": "you"}, "limits": {"name": 4}, "substitute": "safe", "bodies": True,
    }  # fmt: skip
    body = "“Hi” ${name}" + "a" * 70
    one = plan(table, body, **how)
    assert one.rows["note"].to_pylist()[:5] == [
        "shortened;substituted", "substituted", "shortened;substituted",
        "default_used;substituted", None,
    ]  # fmt: skip
    plain = table.set_column(1, "name", pa.array(names))
    for other in (plan(table, body, **how, jobs=2), plan(plain, body, **how)):
        assert other.rows["body"].equals(one.rows["body"])
        assert other.rows["note"].to_pylist() == one.rows["note"].to_pylist()
        assert (other.parts, other.findings) == (one.parts, one.findings)


def test_the_command(tmp_path: Path) -> None:
    """``--substitute`` and ``--limit`` are plan()'s; a limit that is none is a usage error."""
    source, target = tmp_path / "people.csv", tmp_path / "plan.parquet"
    source.write_text("to,name\n+447911123456,Maximiliane\n", encoding="utf-8")
    words = ["plan", str(source), "--body", "“Hi” ${name}" + "a" * 70, "--substitute", "safe",
             "--output", str(target)]  # fmt: skip
    done = CliRunner().invoke(app, [*words, "--limit", "name=3", "--transliterate", "el"])
    assert done.exit_code == 0, done.output
    made = Plan.open(target)
    assert (dict(made.settings.message.limits), made.settings.message.substitution) == (
        {"name": 3},
        Substitution(transliterate="el"),
    )
    assert CliRunner().invoke(app, [*words, "--transliterate", "xx"]).exit_code
    assert CliRunner().invoke(app, [*words, "--limit", "name=three"]).exit_code == 2


def test_the_words_of_a_language(tmp_path: Path) -> None:
    """``transliterate`` is an option of the plan: noted, saved, sent, and everywhere the same."""
    rows = [
        {"to": "+447911123456", "name": "Μαρία"},
        {"to": "+447911123457", "name": "Ana"},
        {"to": "+447911123458", "name": "Наталія"},
    ]
    body = "Γεια σου “${name}”, " + "x" * 70
    made = plan(rows, body, transliterate=("el", "uk"), bodies=True)
    assert [row["body"][:22] for row in made.rows] == [
        'Geia sou "Maria", xxxx', 'Geia sou "Ana", xxxxxx', 'Geia sou "Nataliia", x',
    ]  # fmt: skip
    assert column(made, "note") == ["substituted"] * 3
    assert made.settings.message.substitution == Substitution("safe", transliterate=("el", "uk"))
    made.save(tmp_path / "plan.parquet")
    opened = Plan.open(tmp_path / "plan.parquet")
    assert opened.settings == made.settings
    sent = [each.body for batch in opened.batches() for each in dry_run(batch).details]
    assert sorted(sent) == sorted(column(made, "body"))
    only = plan(rows, body, substitute="lossy", transliterate="el")
    assert column(only, "note") == ["substituted", "substituted", None]
    (variant,) = compare(rows, {"a": body}, transliterate=["el"]).variants
    assert variant.summary.parts == only.parts
    whole = estimate(rows, body, fraction="100%", transliterate=["el"])
    assert whole.parts.expected == only.parts
    with pytest.raises(InputError, match="transliterate cannot be 'xx'"):
        plan(rows, body, transliterate="xx")


def test_plans_without_languages_open() -> None:
    """A plan that was saved before there were languages has none."""
    options = plan(["+447911123456"], "“Hi”", substitute="lossy").settings.to_dict()
    del options["substitute"]["transliterate"]
    assert RowSettings.from_dict(options).message.substitution == Substitution("lossy")


def test_octets_of_windows_1252_keep_their_meaning(tmp_path: Path) -> None:
    """A plan and a fixed template say the same hours, price and name as the text that was meant."""
    text = "Open 9\x9617 daily, only \x8020 at Anna\x92s place" + "!" * 60
    right = "Open 9-17 daily, only €20 at Anna's place" + "!" * 60
    made = plan([{"to": "+447911123456"}], text, substitute="safe", bodies=True)
    assert column(made, "body") == [right]
    template = tmp_path / "a.sms"
    template.write_text(text, encoding="utf-8")
    assert "decoded wrongly" in CliRunner().invoke(app, ["lint", str(template)]).output
    CliRunner().invoke(app, ["lint", "--fix", str(template)])
    assert template.read_text(encoding="utf-8") == right


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.fixed_dictionaries({"a": VALUES, "b": VALUES}), min_size=1, max_size=6),
    body=BODIES.filter(lambda body: isinstance(body, str)),
    substitution=POLICIES,
    limits=st.sampled_from([{}, {"a": 3}]),
    truncate=st.booleans(),
)
def test_the_waterfall_ends_at_the_bill(
    rows: list[dict[str, Any]],
    body: str,
    substitution: Substitution,
    limits: dict[str, int],
    truncate: bool,
) -> None:
    """What replacing saves is a step of its own: the parts of the same plan without it, less."""
    rows = [{"to": f"+44791112345{n}", **row} for n, row in enumerate(rows)]
    how: dict[str, Any] = {
        "defaults": {key: "x" for key in "ab" if "${" + key + "}" in body},
        "limits": {key: most for key, most in limits.items() if "${" + key + "}" in body},
    }
    made = plan(rows, body, substitute=substitution, truncate_concat=truncate, **how)
    steps = {step.kind: step.parts for step in made.explain().steps}
    assert sum(steps.values()) == made.parts
    whole = plan(rows, body, substitute=substitution, **how).parts
    assert steps.get("substitution", 0) == whole - plan(rows, body, **how).parts
    made.characters()
