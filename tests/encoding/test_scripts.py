"""Scripts of characters."""

from __future__ import annotations

import sys
import unicodedata

from smsplan.encoding.scripts import SCRIPTS, plain_name, script


def test_every_character_has_a_script() -> None:
    """Whatever Unicode has assigned has a script, and each name is of one character at least."""
    found = set()
    for point in range(sys.maxunicode + 1):
        character = chr(point)
        name = script(character)
        found.add(name)
        if name == "Unknown":
            assert unicodedata.category(character) in {"Cn", "Co", "Cs"}, hex(point)
    # Scripts that are newer than the properties that ``regex`` has here are in no character.
    assert len(found) >= 160
    assert found <= {name.replace("_", " ") for name in SCRIPTS} | {"Unknown"}


def test_only_what_is_no_script_has_another_name() -> None:
    """A script keeps its name; what many share, takes its base's, or is none has words."""
    names = {name.replace("_", " ") for name in SCRIPTS} | {"Unknown"}
    changed = {name for name in names if plain_name(name) != name}
    assert changed == {"Common", "Inherited", "Unknown"}
