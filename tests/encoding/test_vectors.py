"""The encoding core against vectors that it did not produce."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from smsplan import Encoding, TooManyParts, UnencodableText, segment
from smsplan.encoding import measure, part_capacity

VECTORS = Path(__file__).parents[1] / "vectors"


def load(name: str) -> list[dict[str, Any]]:
    """Return the objects of a file, one a line."""
    lines = (VECTORS / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


MESSAGES = load("messages.jsonl")
BOUNDARIES = (("pair", "parts"), ("dense", "parts_dense"), ("grapheme", "parts_grapheme"))


@pytest.mark.parametrize("case", MESSAGES, ids=lambda case: case["label"])
def test_messages(case: dict[str, Any]) -> None:
    """Encoding, units and parts for the three boundaries, or the error, of a labelled text."""
    for boundary, key in BOUNDARIES:
        if case["rule"] == "lone":
            with pytest.raises(UnencodableText) as lone:
                segment(case["body"], boundary=boundary)  # type: ignore[arg-type]
            assert 0xD800 <= ord(case["body"][lone.value.position]) <= 0xDFFF
            continue
        counted = measure(case["body"], gsm_boundary=boundary, unicode_boundary=boundary)
        assert tuple(counted[:3]) == (case["encoding"], case["units"], case[key])
        if "error" in case:
            with pytest.raises(TooManyParts) as many:
                segment(case["body"], boundary=boundary)  # type: ignore[arg-type]
            assert many.value.number_of_parts == case[key]
            continue
        made = segment(case["body"], boundary=boundary)  # type: ignore[arg-type]
        assert (made.encoding, made.units, made.number_of_parts) == tuple(counted[:3])


@pytest.mark.parametrize("case", load("pdu-vectors.jsonl"), ids=lambda case: case["label"])
def test_user_data(case: dict[str, Any]) -> None:
    """Header, septets, user data length and user data of every part, octet by octet."""
    made = segment(
        case["text"],
        locking=case["locking"],
        single_shift=case["single_shift"],
        reference_bits=case["reference_bits"] or 8,
        reference=case["reference"],
    )
    assert made.encoding is (Encoding.GSM if case["alphabet"] == "gsm7" else Encoding.UNICODE)
    assert [
        {
            "text": part.text,
            "udh": part.udh.hex(),
            "septets": None if part.septets is None else part.septets.hex(),
            "udl": part.udl,
            "ud": part.user_data.hex(),
        }
        for part in made.parts
    ] == [
        {key: part.get(key) for key in ("text", "udh", "septets", "udl", "ud")}
        for part in case["parts"]
    ]


@pytest.mark.parametrize("case", load("grapheme-splits.jsonl"), ids=lambda case: case["id"])
def test_splits(case: dict[str, Any]) -> None:
    """Where a Unicode text is cut, by code points and by grapheme clusters."""
    made = segment(case["text"])
    assert made.units == case["units"]
    assert [part.text for part in made.parts] == case["codepoint_split"]
    clusters = segment(case["text"], boundary="grapheme")
    assert [part.text for part in clusters.parts] == case["grapheme_split"]


@pytest.mark.parametrize(
    "case",
    json.loads((VECTORS / "segmentation.json").read_text()),
    ids=lambda case: f"{case['concat']}-{case['national_ies']}",
)
def test_room(case: dict[str, Any]) -> None:
    """Septets and code units of a part behind each of the nine headers."""
    national = {"none": 0, "both": 2}.get(case["national_ies"], 1)
    bits = 16 if "16-bit" in case["concat"] else 8
    parts = 1 if case["concat"] == "none" else 2
    room = part_capacity(
        Encoding.GSM,
        parts=parts,
        reference_bits=bits,
        locking=1 if national == 2 else 0,
        single_shift=1 if national else 0,
    )
    assert room == case["septets"]
    if not national:
        room = part_capacity(Encoding.UNICODE, parts=parts, reference_bits=bits)
        assert room == case["ucs2_units"]
        if parts == 2:
            assert case["max_ucs2_255"] == 255 * room
