"""A column of national numbers is noticed; a column of international ones is left alone."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

import phonenumbers
import pytest

from smsplan.numbers import NationalTally, read
from smsplan.numbers.numbering import sound

WORLD = (
    "GB", "US", "DE", "FR", "ES", "IT", "PL", "TR", "GR", "SE",
    "PT", "BR", "UA", "IL", "AE", "IN", "TH", "JP", "KR", "VN",
)  # fmt: skip


def suggested(texts: Iterable[str | None]) -> tuple[str, int] | None:
    """Return the suggestion for a column."""
    tally = NationalTally()
    tally.add(texts)
    return tally.suggestion()


def mobiles(region: str, count: int, prefixes: str, length: int) -> list[str]:
    """Draw valid mobile numbers of a region, as national numbers without a trunk prefix."""
    rng = random.Random(region)
    code = phonenumbers.country_code_for_region(region)
    made: list[str] = []
    while len(made) < count:
        prefix = rng.choice(prefixes.split())
        number = prefix + "".join(rng.choices("0123456789", k=length - len(prefix)))
        parsed = phonenumbers.PhoneNumber(country_code=code, national_number=int(number))
        if phonenumbers.is_valid_number(parsed):
            made.append(number)
    return made


def international(count: int, regions: Iterable[str] = WORLD) -> list[str]:
    """Draw valid mobile numbers of many countries, as digits without ``+``."""
    rng = random.Random(20_260_401)
    choice = list(regions)
    made: list[str] = []
    while len(made) < count:
        example = phonenumbers.example_number_for_type(
            rng.choice(choice), phonenumbers.PhoneNumberType.MOBILE
        )
        digits = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)[1:]  # type: ignore[arg-type]
        number = digits[:-5] + "".join(rng.choices("0123456789", k=5))
        if phonenumbers.is_valid_number(phonenumbers.parse(f"+{number}")):
            made.append(number)
    return made


@pytest.mark.parametrize("count", [2, 10, 1_000])
@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("2025550123", "US"),
        ("(202) 555-0123", "US"),
        ("2025550123.0", "US"),
        ("7911123456", "GB"),
        ("07911123456", "GB"),
        ("07911 123456", "GB"),
        ("07700 900123", "GB"),
        ("7700900123", "GB"),
        ("01713920012", "DE"),
        ("06 39 98 12 34", "FR"),
        ("070-1740650", "SE"),
    ],
)
def test_the_dear_mistakes_are_named(text: str, region: str, count: int) -> None:
    """Washington must not quietly become Egypt, nor London Russia."""
    assert suggested([text] * count) == (region, count)


LISTS: dict[str, tuple[str, str, int]] = {
    "US": ("US", "202 212 305 415 512 617 713 818", 10),
    "GB": ("GB", "74 75 77 78 79", 10),
    "DE": ("DE", "151 152 157 160 170 171 172 173 175 176 177 178 179", 11),
    "IN": ("IN", "6 7 8 9", 10),
    "IN, nines alone": ("IN", "98 99", 10),
    "BR": ("BR", "119 219 319 419 719 859", 11),
    "FR": ("FR", "6 7", 9),
    "ES": ("ES", "6", 9),
    "IT": ("IT", "32 33 34 38 39", 10),
    "PL": ("PL", "50 51 53 60 66 69 72 78 79 88", 9),
    "SE": ("SE", "70 72 73 76", 9),
    "TR": ("TR", "53 54 55", 10),
    "AU": ("AU", "4", 9),
    "JP": ("JP", "70 80 90", 10),
    "CA": ("CA", "416 604 514 403", 10),
    "MX": ("MX", "55 33 81", 10),
}
NO_TRUNK = {"ES", "IT", "PL", "MX"}


@pytest.mark.parametrize("name", sorted(LISTS))
def test_national_lists_without_a_trunk_prefix(name: str) -> None:
    """As a spreadsheet holds them, the zero gone: the country is named with most of its rows."""
    region, prefixes, length = LISTS[name]
    numbers = mobiles(region, 500, prefixes, length)
    suggestion = suggested(numbers)
    assert suggestion is not None
    assert suggestion[0] == region
    # Those that could be somebody's international number as they stand are not counted.
    assert suggestion[1] == sum(not sound(number) for number in numbers)


@pytest.mark.parametrize("name", sorted(set(LISTS) - NO_TRUNK - {"CA", "US"}))
def test_national_lists_with_a_trunk_prefix(name: str) -> None:
    """A number that begins with 0 is nobody's international number: every row counts."""
    region, prefixes, length = LISTS[name]
    numbers = [f"0{number}" for number in mobiles(region, 500, prefixes, length)]
    assert suggested(numbers) == (region, 500)


def test_a_canadian_list_is_not_called_american() -> None:
    """Regions of one calling code read alike; the one that has most of the numbers is named."""
    assert suggested(["4165550123", "6045550147", "4165550199", "2025550123"]) == ("CA", 3)


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        (str, "digits without +"),
        ("+{}".format, "with +"),
        ("00{}".format, "with 00"),
        ("+{} ".format, "with + and a space"),
    ],
)
def test_international_lists_of_many_countries_suggest_nothing(
    write: Callable[[str], str], reason: str
) -> None:
    """Twenty countries, valid as they stand: no region."""
    assert suggested(map(write, international(2_000))) is None, reason


@pytest.mark.parametrize("region", WORLD)
def test_an_international_list_of_one_country_suggests_nothing(region: str) -> None:
    """One country with its calling code, no ``+``: nothing to fix."""
    assert suggested(international(300, [region])) is None


def test_dirt_in_an_international_list_suggests_nothing() -> None:
    """Real lists are dirty up to about 3 %: that is no sign of another country."""
    dirt = ["07700900123", "12345", "n/a", "", None, "4470", "447700900123456", "0"] * 8
    assert suggested([*international(2_000), *dirt]) is None


@pytest.mark.parametrize(
    ("national", "expected"), [(50, None), (249, None), (251, "GB"), (1_000, "GB")]
)
def test_a_fifth_of_the_unmarked_numbers_is_many(national: int, expected: str | None) -> None:
    """Beside 1,000 international numbers without ``+`` it takes 250 national ones."""
    suggestion = suggested([*international(1_000), *["07700900123"] * national])
    assert suggestion == (None if expected is None else (expected, national))


def test_numbers_with_a_plus_have_no_say() -> None:
    """They are international whatever the region: a few national ones among them still count."""
    column = [*(f"+{number}" for number in international(2_000)), *["07700900123"] * 20]
    assert suggested(column) == ("GB", 20)


def test_half_british_half_american_names_one_and_counts_its_rows() -> None:
    """Two countries in one column: the suggestion is one of them, for its own rows alone."""
    british = [f"0{number}" for number in mobiles("GB", 300, "74 75 77 78 79", 10)]
    american = mobiles("US", 200, "202 212 305 415", 10)
    suggestion = suggested([*british, *american])
    assert suggestion is not None
    assert suggestion[0] == "GB"
    assert 300 <= suggestion[1] < 400


@pytest.mark.parametrize(
    "column",
    [
        [],
        [None, "", "n/a"],
        ["07700900123"],  # one number is no column
        [str(number) for number in range(100_001, 100_500)],  # customer numbers
        ["12345", "54321", "00", "+"],
    ],
)
def test_what_says_nothing_suggests_nothing(column: list[str | None]) -> None:
    """Empty columns, single numbers and short codes are no evidence."""
    assert suggested(column) is None


def test_streaming_in_batches_is_the_same_as_at_once() -> None:
    """What counts is the column, not how it is cut."""
    column = [*international(100), *["07700900123"] * 80]
    tally = NationalTally()
    for start in range(0, len(column), 7):
        tally.add(column[start : start + 7])
    assert tally.suggestion() == suggested(column) == ("GB", 80)


def test_the_suggested_region_reads_the_rows_it_counts() -> None:
    """The option does what the suggestion says: as many rows become national."""
    column = [*international(100), *mobiles("GB", 60, "74 75 77 78 79", 10)]
    suggestion = suggested(column)
    assert suggestion is not None
    region, rows = suggestion
    doubtful = [text for text in column if not sound(text)]
    assert sum(read(text, region=region).national for text in doubtful) == rows


def test_only_the_first_ten_thousand_unmarked_numbers_are_looked_at() -> None:
    """Its cost does not grow with the column: the rest of a million rows is not even read."""
    tally = NationalTally()
    numbers = iter(["07700900123"] * 1_000_000)
    tally.add(numbers)
    assert tally.suggestion() == ("GB", 10_000)
    assert sum(1 for _ in numbers) == 990_000
