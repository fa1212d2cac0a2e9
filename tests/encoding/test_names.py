"""Names of characters, against the Unicode Character Database that Python has."""

from __future__ import annotations

from typing import Any
from unicodedata import category, lookup

import pytest
from typer.testing import CliRunner

from smsplan import explain, lint, plan
from smsplan.cli import app
from smsplan.display.markup import shown
from smsplan.encoding.names import character_name, named

CONTROLS = [chr(point) for point in range(0x100) if category(chr(point)) == "Cc"]


@pytest.mark.parametrize("control", CONTROLS)
def test_every_control_has_its_alias(control: str) -> None:
    """A formal alias of NameAliases.txt: Python finds the control by it."""
    assert lookup(character_name(control)) == control


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\u201c", "LEFT DOUBLE QUOTATION MARK"),
        ("\x0b", "LINE TABULATION"),
        ("\x85", "NEXT LINE"),
        ("\ufeff", "BYTE ORDER MARK"),
        ("\ue000", "PRIVATE USE CHARACTER"),
        ("\u0378", "NOT ASSIGNED"),
        ("e\u0301", "LATIN SMALL LETTER E + COMBINING ACUTE ACCENT"),
    ],
)
def test_particular_names(character: str, name: str) -> None:
    """Unicode's name, the alias of a control, a label for what has neither."""
    assert character_name(character) == name


@pytest.mark.parametrize("control", ["\x0b", "\x85", "\x93", "\x07"])
def test_wherever_a_character_is_named(control: str) -> None:
    """explain, characters, findings, lint, segment and notebooks say the same name."""
    name = character_name(control)
    text = f"a{control}b " + "x" * 80
    (each,) = [one for one in explain(text).characters if one.forces_unicode]
    made = plan(["+447700900123"], text)
    found: Any = made.characters()
    said = [
        each.name,
        *(one.name for one in found.characters),
        str(made.findings[0]),
        *(one.message for one in lint(text) if one.code == "SMS111"),
        shown(control),
        named(control),
        CliRunner().invoke(app, ["segment", text]).output,
    ]
    assert [one for one in said if name not in one] == []
    assert "no name" not in str(explain(text)) + str(found)
