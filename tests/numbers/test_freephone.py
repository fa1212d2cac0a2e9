"""Toll-free numbers are those that libphonenumber calls so, one by one and as a column."""

from __future__ import annotations

import random

import numpy as np
import phonenumbers
import pytest

from smsplan.kernel.numbers.toll_free import toll_free
from smsplan.numbers.freephone import is_toll_free

KINDS = phonenumbers.PhoneNumberType
E164 = phonenumbers.PhoneNumberFormat.E164


def examples(count: int, seed: int) -> list[str]:
    """Numbers near the examples of every type in every region, and of the codes without a place."""
    chance = random.Random(seed)
    found = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in KINDS.values():
            example = phonenumbers.example_number_for_type(region, kind)
            if example is not None:
                found.append(phonenumbers.format_number(example, E164)[1:])
    for code in phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS:
        example = phonenumbers.example_number_for_non_geo_entity(code)
        if example is not None:
            found.append(phonenumbers.format_number(example, E164)[1:])
    made = list(found)
    while len(made) < count:
        number = chance.choice(found)
        kept = len(number) - chance.randrange(9)
        size = len(number) - kept + chance.choice([0, 0, 0, 0, 1, -1])
        made.append(number[:kept] + "".join(chance.choices("0123456789", k=max(size, 0))))
    return [number for number in made if 1 <= len(number) <= 18]


@pytest.fixture(scope="module")
def numbers() -> list[str]:
    """Many numbers, a good part of them toll-free."""
    return examples(60_000, seed=20)


def by_libphonenumber(number: str) -> bool:
    """What phonenumbers says of the digits as they are."""
    try:
        parsed = phonenumbers.parse(f"+{number}")
    except phonenumbers.NumberParseException:
        return False
    if f"{parsed.country_code}{phonenumbers.national_significant_number(parsed)}" != number:
        # It took a trunk prefix away: these digits are no number.
        return False
    return bool(phonenumbers.number_type(parsed) == KINDS.TOLL_FREE)


def test_equal_to_libphonenumber(numbers: list[str]) -> None:
    """A number is toll-free where ``number_type`` says so, near every example of every region."""
    expected = [by_libphonenumber(number) for number in numbers]
    assert sum(expected) > 3_000
    wrong = [
        number
        for number, known in zip(numbers, expected, strict=True)
        if is_toll_free(number) != known
    ]
    assert not wrong, wrong[:20]


def test_columns_are_equal_to_single_numbers(numbers: list[str]) -> None:
    """A column gives what its numbers give; leading zeros and missing numbers are none."""
    odd = ["0", "08005550123", "800", "1", "9" * 18, "1800555012"]
    every = [*numbers, *odd]
    keys = np.array([0, *(int("1" + number) for number in every)], np.int64)
    found = toll_free(keys).tolist()
    assert found == [False, *map(is_toll_free, every)]
