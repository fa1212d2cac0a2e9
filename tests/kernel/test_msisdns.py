"""Columns of numbers against the reader of single numbers, and its grades and countries."""

from __future__ import annotations

import random
from typing import Any

import phonenumbers
import pyarrow as pa
import pytest

from smsplan import Profile
from smsplan.kernel.cells import number_cells
from smsplan.kernel.numbers.msisdns import read_all, read_one
from smsplan.kernel.numbers.ranges import COUNTRIES
from smsplan.numbers import REGIONS
from smsplan.numbers.numbering import PREFIXES


def examples(count: int, seed: int) -> list[str | None]:
    """Numbers of every country, valid, nearly valid and not, as people and programs write them."""
    chance = random.Random(seed)
    regions, prefixes = sorted(REGIONS), sorted(PREFIXES)
    kinds = phonenumbers.PhoneNumberType

    def digits(many: int) -> str:
        return "".join(chance.choices("0123456789", k=many))

    def number() -> str:
        pick = chance.random()
        if pick < 0.3:
            return chance.choice(prefixes) + digits(chance.randint(0, 14))
        if pick < 0.7:
            kind = chance.choice([kinds.MOBILE, kinds.FIXED_LINE])
            example = phonenumbers.example_number_for_type(chance.choice(regions), kind)
            if example is None:
                return digits(9)
            code = str(example.country_code)
            rest = phonenumbers.national_significant_number(example)
            last = chance.randrange(4)
            rest = rest[: len(rest) - last] + digits(last)
            trunk = chance.choice(["0", "1", "8", "06"]) if chance.random() < 0.1 else ""
            return code + trunk + rest
        if pick < 0.8:
            return chance.choice(["447700900" + digits(3), "1" + digits(3) + "55501" + digits(2)])
        return digits(chance.randint(1, 20))

    def written(text: str) -> str | None:
        pick = chance.random()
        if pick < 0.4:
            return "+" + text
        if pick < 0.6:
            return text
        if pick < 0.7:
            return "00" + text
        if pick < 0.8:
            return f"+{text[:2]} ({text[2:5]}) {text[5:]}"
        if pick < 0.9:
            return chance.choice(["", "0"]) + text[2:]
        return chance.choice(
            [text + ".0", "++" + text, "+00" + text, "", "x", text + "a", "+0" + text, None, "1e5"]
        )

    return [written(number()) for _ in range(count)]


@pytest.mark.parametrize("region", [None, "GB", "US", "DE", "AR", "HU", "IT", "RU", "IN", "BR"])
def test_equal_to_reading_one_by_one(region: str | None) -> None:
    """Recipient, country and notes of a column are those of its cells, one by one."""
    texts = examples(6_000, seed=len(region or ""))
    profile = Profile(min_digits=7, leading_zero="refused") if region == "US" else Profile()
    cells = number_cells(pa.array(texts, pa.string()), "to")
    found = read_all(cells, region, profile)
    recipients = found.recipients.to_pylist()
    for row, text in enumerate(texts):
        one = read_one(text, False, region, profile)
        place = found.countries[row]
        country = None if place < 0 else COUNTRIES[place]
        got: tuple[Any, ...] = (recipients[row], country, int(found.notes[row]))
        assert got == tuple(one), (text, region)
        assert found.keys[row] == (0 if one.recipient is None else int("1" + one.recipient))


def test_numbers_that_the_api_reads_are_not_read_one_by_one() -> None:
    """Plus, 00, nothing, or separators: the whole column at once."""
    texts = [f"{mark}4477009{n:05}" for n in range(500) for mark in ("+", "00", "", "+(0)"[:1])]
    assert read_all(number_cells(pa.array(texts), "to"), None, Profile()).alone == 0
    national = [f"07700 9{n:05}" for n in range(500)]
    assert read_all(number_cells(pa.array(national), "to"), "GB", Profile()).alone == 0
