"""Damaged texts in a plan: what is counted, what it costs, and links that a part's end cuts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smsplan import Plan, Profile, Template, plan
from smsplan.api.dryruns import Composer
from smsplan.kernel.kernel import Kernel
from smsplan.kernel.settings import RowSettings
from smsplan.kernel.texts.damaged_values import bits_of, damage
from smsplan.kernel.texts.link_cuts import LinkCuts
from smsplan.message import Message
from smsplan.recipients import Reading
from smsplan.templates.leftovers import NO_VALUES, undone
from smsplan.templates.links import links
from smsplan.templates.mojibake import repaired
from smsplan.totals.finding import Finding


def people(*names: str | None) -> list[dict[str, str | None]]:
    """Recipients with these names."""
    return [{"to": f"+4479111234{n:02}", "name": name} for n, name in enumerate(names)]


def finding(made: Plan, kind: str) -> Finding:
    """The one finding of a kind."""
    (one,) = [one for one in made.findings if one.kind == kind]
    return one


def test_values_that_are_none() -> None:
    """Errors and missing values are counted, and are sent as they are; `Null` is a surname."""
    made = plan(
        people("#N/A", "NULL", "nan", "Null", "Nan", "NA", "Ana"), "Hi ${name}", bodies=True
    )
    found = finding(made, "no_values")
    assert found.sentence.startswith("3 values look like an error or a missing value")
    assert (found.rows, found.parts, found.cost) == (3, 0, None)
    assert found.places == ("parameter 'name'",)
    assert found.details["values"] == {"#N/A": 1, "NULL": 1, "nan": 1}
    assert [row["body"] for row in made.rows][:3] == ["Hi #N/A", "Hi NULL", "Hi nan"]


def test_mojibake_leads_and_says_what_was_meant() -> None:
    """The cause goes before the characters that it puts in; parts and cost are exact."""
    body = "Hi ${name}, " + "a" * 100
    made = plan(people("ZoÃ©", "Zoé", "Ana"), body, rates="0.03 GBP")
    first = made.findings[0]
    assert first.kind == "mojibake"
    assert "looks like UTF-8 read as Windows-1252: Zoé, not ZoÃ©," in first.sentence
    meant = plan(people("Zoé", "Zoé", "Ana"), body, rates="0.03 GBP")
    assert (first.rows, first.parts) == (1, made.parts - meant.parts) == (1, 1)
    assert first.cost == made.cost - meant.cost
    assert "unicode" in [one.kind for one in made.findings]
    assert Finding.from_dict(json.loads(json.dumps(first.to_dict()))) == first


def test_escapes_of_text_values_and_defaults() -> None:
    """Each place is named; what they take more than the characters that were meant is counted."""
    body = "Smith &amp; Sons, ${name}" + "a" * 140
    defaults = {"name": r"dear\n"}
    made = plan(people("A&#39;", "Ana", None), body, defaults=defaults, rates="0.03 GBP")
    found = finding(made, "escapes")
    assert found.places == ("template", "parameter 'name'", "default of 'name'")
    meant = plan(
        people("A'", "Ana", None),
        undone(body),
        defaults={"name": "dear\n"},
        rates="0.03 GBP",
    )
    assert (found.rows, found.parts) == (3, made.parts - meant.parts)
    assert found.parts > 0
    assert found.cost == made.cost - meant.cost
    assert found.sentence.startswith("3 of 3 messages have an escape that was not undone ('&amp;'")


def test_rows_that_are_not_sent_have_no_damage() -> None:
    """Counted are messages: nobody reads what is not sent."""
    made = plan([{"to": "12", "name": "NULL"}, *people("Ana")], "Hi ${name}&lt;")
    assert "no_values" not in [one.kind for one in made.findings]
    assert finding(made, "escapes").rows == 1


def test_columns_that_no_body_shows_are_not_looked_at() -> None:
    """Several bodies: only what the row's own body shows counts."""
    rows: list[dict[str, Any]] = [
        {"to": f"+4479111234{n:02}", "language": language, "name": "NULL", "city": "ZoÃ©"}
        for n, language in enumerate(["es", "en", "es"])
    ]
    bodies = {"es": "Hola ${name}", "en": "Hello ${city} &amp; all"}
    made = plan(rows, bodies, body_by="language")
    assert {one.kind: one.rows for one in made.findings if one.kind != "unicode"} == {
        "no_values": 2,
        "mojibake": 1,
        "escapes": 1,
    }


VECTORS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "vectors" / "damaged.jsonl")
    .read_text("utf-8")
    .splitlines()
]
DAMAGED = st.one_of(
    st.sampled_from(
        [*NO_VALUES, "Null", "Nan", "N", "nano", "#1", "ZoÃ©", "Zoé", "√©", "a&b", "&lt;"]
    ),
    st.text("aÃÂÅ©¶‚ÄôéČ…’ √├®Γ&;#39ltn\\<br>%20_x0D=C3A9", max_size=8),
    st.text("\\nrtux'/U&#;ampquobs<!>]%20C3A9=?_x0 ", max_size=8),
    st.sampled_from([case["text"] for case in VECTORS]),
    st.text(max_size=5).map(lambda text: text.encode("utf-8", "replace").decode("latin-1")),
)


@given(st.lists(st.none() | DAMAGED), st.booleans())
def test_octets_find_what_texts_are(values: list[str | None], coded: bool) -> None:
    """Of a column the same is found as of each of its values alone."""
    array = pa.array(values, pa.string())
    found = damage(array.dictionary_encode() if coded else array, "name")
    expected = {row: bits for row, text in enumerate(values) if text and (bits := bits_of(text))}
    if found is None:
        assert not expected
    else:
        assert dict(zip(found.rows.tolist(), found.bits.tolist(), strict=True)) == expected
        assert found.texts == [values[row] for row in found.rows]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.none() | DAMAGED, min_size=1, max_size=6),
    st.sampled_from(["", "Itâ€™s &amp; ", "a" * 150]),
    st.sampled_from([{}, {"name": "ZoÃ©"}]),
)
def test_extra_parts_are_those_of_the_same_plan_as_it_was_meant(
    names: list[str | None], fixed: str, defaults: dict[str, str]
) -> None:
    """A finding's parts are the difference to a plan of repaired text, values and defaults."""
    body = fixed + "${name}."
    for kind, repair in (("mojibake", repaired), ("escapes", undone)):
        made = plan(people(*names), body, defaults=defaults, columns={"name": "name"})
        meant = plan(
            people(*(None if name is None else repair(name) for name in names)),
            Template(repair(fixed) + "${name}."),
            defaults={key: repair(text) for key, text in defaults.items()},
            columns={"name": "name"},
        )
        found = sum(one.parts for one in made.findings if one.kind == kind)
        assert found == made.parts - meant.parts


URL = "https://shop.example/spring?a="


def reference(template: Template, values: dict[str, str], profile: Profile) -> bool:
    """Whether a link of the composed text begins in one part and ends in another."""
    body = "".join("\ue000" if n % 2 else piece for n, piece in enumerate(template.pieces))
    keys, texts, text = iter(template.pieces[1::2]), [], ""
    for character in body:
        texts.append(values[next(keys)] if character == "\ue000" else character)
    begins = [sum(map(len, texts[:at])) for at in range(len(texts) + 1)]
    text = "".join(texts)
    spans = [(begins[start], begins[end]) for start, end in links(body)]
    linked = {at for start, end in links(body) for at in range(start, end)}
    spans += [
        (begins[at], begins[at + 1])
        for at, value in enumerate(texts)
        if body[at] == "\ue000" and at not in linked and re.match(r"(https?://|www\.)\S+$", value)
    ]
    return any(Composer(template, profile).parted(text, spans))


LINKED = st.one_of(
    st.sampled_from(["", "Ana", "https://x.example/abcdefgh", "www.x.example", "€" * 20, "😀" * 9]),
    st.integers(0, 160).map(lambda n: "x" * n),
    st.text("a€[я😀 ", max_size=80),
)


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(st.tuples(LINKED, LINKED), min_size=1, max_size=8),
    body=st.sampled_from(
        [
            "Hi ${a}, see " + URL + " now, ${b}",
            "${a}" + "b" * 120 + " " + URL + "1 and more",
            "a" * 140 + " " + URL + "${a}&b=${b} end",
            "€" * 60 + " ${a} " + URL + " ${b}",
            "я" * 50 + " " + URL + "${a}",
            "${a} ${b} " + "a" * 130,
        ]
    ),
    dense=st.booleans(),
    coded=st.booleans(),
)
@example([("", "")], "a" * 140 + " " + URL + "${a}&b=${b} end", False, False)
def test_links_that_are_cut(
    rows: list[tuple[str, str]], body: str, dense: bool, coded: bool
) -> None:
    """The kernel finds the messages that have a part's end inside a link, as their parts say."""
    profile = Profile()
    if dense:
        profile = Profile(gsm_boundary="dense", unicode_boundary="dense", reference_bits=16)
    options = RowSettings(
        message=Message(body), reading=Reading(columns={"a": "a", "b": "b"}), profile=profile
    )
    columns = {"a": [a for a, _ in rows], "b": [b for _, b in rows]}
    batch = pa.RecordBatch.from_pydict({k: pa.array(v, pa.string()) for k, v in columns.items()})
    if coded:
        batch = pa.RecordBatch.from_pydict({k: batch[k].dictionary_encode() for k in columns})
    kernel = Kernel(options, numbers=False)
    made = kernel.compose_all(batch)
    cuts = LinkCuts(kernel.texts)
    assert cuts.known
    found: set[int] = set()
    for gsm in (True, False):
        some = np.flatnonzero((made.parts > 1) & (made.gsm == gsm))
        found |= set(cuts(batch, some, made.units[some], gsm=gsm).tolist())
    for row, (a, b) in enumerate(rows):
        expected = reference(options.message.template, {"a": a, "b": b}, profile)
        assert (row in found) == (expected and made.parts[row] > 1), (a, b)


def test_a_cut_link_is_a_finding() -> None:
    """It counts the messages; where the link is in one part nothing is said."""
    body = "Dear ${name}, " + "a" * 120 + " https://shop.example/spring"
    made = plan(people("Ana", "Maximiliana", "B" * 20), body)
    assert finding(made, "link_cut").rows == 2
    assert finding(made, "link_cut").sentence.startswith("2 of 3 messages have a link that begins")
    short = plan(people("Ana"), "https://shop.example/spring " + "a" * 170)
    assert "link_cut" not in [one.kind for one in short.findings]


@pytest.mark.parametrize("values", ["again", "single_pass"])
def test_saved_and_opened(values: Any, tmp_path: Path) -> None:
    """Findings of damage travel with a saved plan."""
    made = plan(people("ZoÃ©", "NULL"), "Hi ${name}", profile=Profile(values_in_values=values))
    made.save(tmp_path / "plan.parquet")
    assert Plan.open(tmp_path / "plan.parquet").findings == made.findings
