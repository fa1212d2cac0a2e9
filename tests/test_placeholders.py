"""Placeholders of other tools: found by their shape, named with the form to write, and read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import smsplan
from smsplan import Template
from smsplan.errors import InputError
from smsplan.templates.placeholders import SYNTAXES, placeholders

VECTORS = Path(__file__).parent / "vectors"


def read(name: str) -> list[dict[str, Any]]:
    """Return the rows of a file of vectors."""
    lines = (VECTORS / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


CASES = read("placeholders.jsonl")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["body"])
def test_families(case: dict[str, Any]) -> None:
    """What other tools write is found; a shape that prose has too, by the columns and fields."""
    found = Template(case["body"]).warnings_for(case["columns"])
    assert [one.text for one in found] == case["placeholders"]
    for one in found:
        assert case["body"][one.position :].startswith(one.text)


@pytest.mark.parametrize(
    ("name", "column"), [("messages.jsonl", "body"), ("substitutions.jsonl", "text")]
)
def test_prose(name: str, column: str) -> None:
    """Texts of the vectors have no placeholders of other tools."""
    texts = [row[column] for row in read(name)]
    found = [one for text in texts for one in placeholders(text) if one.kind != "parameter"]
    assert not found


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("Hi ((name))", "${name}"),
        ("Hi [First Name]", "${First_Name}"),
        ("Hi {{contact.name}}", "${contact.name}"),
        ("Hi {{1}}", "${1}"),
        ("Hi *|NAME|*", "${name}"),  # as the column is called
        ("Hi #SHOE_SIZE#", "${shoe_size}' for the column 'shoe size"),
    ],
)
def test_doors(body: str, written: str) -> None:
    """A plan in Python, its warnings in a comparison, and lint name the form to write."""
    frame = pd.DataFrame({"to": ["+447700900123"], "name": ["Ana"], "shoe size": ["38"]})
    plan = smsplan.plan(frame, body)
    assert [f"write '{written}'" in each for each in plan.warnings] == [True]
    compared = smsplan.compare(frame, {"a": body, "b": "Hi"}).warnings
    assert any(f"write '{written}'" in each for each in compared)
    found = smsplan.lint(body, plan=plan, select=["SMS301"])
    assert [f"write '{written}'" in each.message for each in found] == [True]


@pytest.mark.parametrize(
    ("syntax", "body"),
    [
        ("$<>", "Hi $<first_name>, ${code}"),
        ("{{}}", "Hi {{ first name }}, ${code}"),
        ("{{name}}", "Hi {{first_name}}, {{{code}}}"),
        ("(())", "Hi ((first name)), ((code))"),
        ("*||*", "Hi *|first_name|*, *|code|*"),
        ("%%", "Hi %first_name%, %code%"),
        ("[]", "Hi [first name], [code]"),
        ("<%=%>", "Hi <%= first_name %>, <%=code%>"),
    ],
)
def test_syntax(syntax: str, body: str) -> None:
    """The common forms are read as the API's own."""
    assert Template(body, syntax=syntax).body == "Hi ${first_name}, ${code}"


def test_syntax_of_places() -> None:
    """A number is a key."""
    assert Template("Hi {{1}}, {{2}}", syntax="{{}}").parameters == ("1", "2")


def test_unknown_syntax() -> None:
    """An unknown syntax is an error that lists those there are."""
    with pytest.raises(InputError, match=r"unknown template syntax '\?\?'; use .*'<%=%>'"):
        Template("Hi", syntax="??")


@given(
    st.text(alphabet="aB1 _.:|-" + "{}<>[]()*@%$«»#~^!=&" + "name", max_size=60),
    st.sampled_from(SYNTAXES),
)
def test_spans(body: str, syntax: str) -> None:
    """Places are in order, do not overlap, and what was read is no placeholder any more."""
    end = 0
    for found in placeholders(body):
        assert found.start >= end
        assert found.text
        end = found.start + len(found.text)
        assert body[found.start : end] == found.text
    # Reading a body twice changes nothing.
    once = Template(body, syntax=syntax).body
    assert "${" in once or once == body
