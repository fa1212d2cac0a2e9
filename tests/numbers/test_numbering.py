"""Country, calling code and grade, held to libphonenumber; the generated tables to their maker."""

from __future__ import annotations

import importlib.util
import random
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat

from smsplan.numbers import REGIONS, Grade, calling_code, country, grade
from smsplan.numbers._ranges import RANGES
from smsplan.numbers.fiction import FICTION
from smsplan.numbers.numbering import PREFIXES

ROOT = Path(__file__).resolve().parent.parent.parent
SHARED = ("1", "7", "39", "44", "47", "61", "212", "262", "290", "358", "590", "599")


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """Return data/make_numbers.py as a module."""
    spec = importlib.util.spec_from_file_location("make_numbers", ROOT / "data" / "make_numbers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _varied(rng: random.Random, number: str, fixed: int) -> str:
    """Change some digits of a number, none of the first ``fixed``."""
    digits = list(number)
    count = min(len(digits) - fixed, rng.choice([1, 2, 3, 5, 8]))
    for place in rng.sample(range(fixed, len(digits)), count):
        digits[place] = str(rng.randrange(10))
    return "".join(digits)


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


@pytest.fixture(scope="module")
def numbers() -> list[str]:
    """Return some 90,000 numbers: every region and type, shared codes, trunk prefixes, garbage."""
    rng = random.Random(20_260_401)
    made: dict[str, None] = {}
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in range(11):
            example = phonenumbers.example_number_for_type(region, kind)
            if example is not None:
                number = phonenumbers.format_number(example, PhoneNumberFormat.E164)[1:]
                fixed = len(str(example.country_code))
                made.update((_varied(rng, number, fixed), None) for _ in range(25))
    for code in sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS):
        example = phonenumbers.example_number_for_non_geo_entity(code)
        number = f"{code}{phonenumbers.national_significant_number(example)}"  # type: ignore[arg-type]
        made.update((_varied(rng, number, 3), None) for _ in range(100))
    for shared in SHARED:
        lengths = (7, 8, 9, 9, 10, 10, 11)
        made.update((shared + _digits(rng, rng.choice(lengths)), None) for _ in range(2_500))
    for code in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE):
        for _ in range(100):
            trunk = rng.choice(["", "0", "1", "8", "06", "15"])
            made[f"{code}{trunk}{_digits(rng, rng.randrange(1, 18))}"] = None
    made.update((_digits(rng, rng.randrange(1, 22)), None) for _ in range(8_000))
    return list(made)


def _parsed(number: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(f"+{number}")
    except phonenumbers.NumberParseException:
        return None


def test_the_generated_module_is_what_its_maker_makes(maker: ModuleType) -> None:
    """The tables are generated: nobody edits them, and they are as new as phonenumbers here."""
    module = ROOT / "smsplan" / "numbers" / "_tables.py"
    assert module.read_text(encoding="utf-8") == maker.source()
    module = ROOT / "smsplan" / "numbers" / "_ranges.py"
    assert module.read_text(encoding="utf-8") == maker.ranges_source()
    module = ROOT / "smsplan" / "numbers" / "_toll_free.py"
    assert module.read_text(encoding="utf-8") == maker.toll_free_source()
    module = ROOT / "smsplan" / "numbers" / "_zones.py"
    assert module.read_text(encoding="utf-8") == maker.zones_source()


def test_grade_agrees_with_libphonenumber_outside_fiction(numbers: list[str]) -> None:
    """Valid is is_valid_number, possible is is_possible_number, on every number generated."""
    assert len(numbers) >= 50_000
    seen: Counter[Grade] = Counter()
    differ = []
    for number in numbers:
        parsed = _parsed(number)
        if parsed is not None and phonenumbers.is_valid_number(parsed):
            expected = Grade.VALID
        elif parsed is not None and phonenumbers.is_possible_number(parsed):
            expected = Grade.POSSIBLE
        else:
            expected = Grade.INVALID
        ours = grade(number)
        seen[ours] += 1
        if ours not in (expected, Grade.FICTITIOUS):
            differ.append((number, ours, expected))
    assert differ == []
    assert min(seen[Grade.VALID], seen[Grade.POSSIBLE], seen[Grade.INVALID]) > 15_000
    # Fiction is no way out: only a handful of random numbers hit a range of it.
    assert seen[Grade.FICTITIOUS] < 100


def test_country_agrees_with_libphonenumber_on_valid_numbers(numbers: list[str]) -> None:
    """The longest prefix gives libphonenumber's region but in all but four places."""
    compared = 0
    differ = []
    for number in numbers:
        parsed = _parsed(number)
        if parsed is None or not phonenumbers.is_valid_number(parsed):
            continue
        if phonenumbers.format_number(parsed, PhoneNumberFormat.E164) != f"+{number}":
            continue  # a trunk prefix inside: not the number as it stands
        region: str | None = phonenumbers.region_code_for_number(parsed)
        compared += 1
        if country(number) != (None if region == "001" else region):
            differ.append(number)
    assert compared > 20_000
    assert [number for number in differ if len(number) != 8 or number[:4] != "1310"] == []
    # 99.98 % of these numbers, which aim at such places; the next test counts all there are.
    assert len(differ) <= compared // 5_000


def test_country_agrees_on_a_hundred_thousand_valid_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From every range that has valid numbers, shared codes as often as all: all that decide agree.

    The others are the numbers of +1 310 that Canada and the United States share: see below.
    """
    # libphonenumber has more patterns than `re` remembers.
    monkeypatch.setattr("re._MAXCACHE", 20_000)
    chance = random.Random(11)
    starts = sorted(
        (int(start.ljust(18, "0")), valid)
        for valid, _, _, _, words in RANGES
        for start in words.split()
    )
    ends = [start for start, _ in starts[1:]] + [10**18]
    bounds = zip(starts, ends, strict=True)
    usable = [(start, end, valid) for (start, valid), end in bounds if valid]
    compared: Counter[str | None] = Counter()
    differ = []
    while compared.total() < 150_000:
        start, end, valid = chance.choice(usable)
        length = chance.choice([bit for bit in range(19) if valid >> bit & 1])
        number = str(chance.randrange(start, end)).zfill(18)[:length]
        parsed = _parsed(number)
        if parsed is None or not phonenumbers.is_valid_number(parsed):
            continue
        if phonenumbers.format_number(parsed, PhoneNumberFormat.E164) != f"+{number}":
            continue
        region: str | None = phonenumbers.region_code_for_number(parsed)
        compared[calling_code(number)] += 1
        if country(number) != (None if region == "001" else region):
            differ.append(number)
    assert sum(compared[code] for code in SHARED) > 20_000
    assert min(compared[code] for code in SHARED) > 0
    assert [number for number in differ if len(number) != 8 or number[:4] != "1310"] == []


def test_of_all_valid_numbers_of_shared_codes_one_in_ten_million_is_undecided(
    maker: ModuleType,
) -> None:
    """Counted, not sampled: 8,000 of 113,508,860,811, the seven-digit numbers of +1 310."""
    tables = maker.compute()
    assert tables.undecided == {"1": 8_000}
    assert tables.shared == 113_508_860_811


def test_few_prefixes_are_longer_than_seven_digits() -> None:
    """A look-up table over seven digits is right but for some blocks of three calling codes."""
    assert max(map(len, PREFIXES)) == 8
    long = {prefix for prefix in PREFIXES if len(prefix) == 8}
    assert len(long) < 50
    assert {prefix[:5] for prefix in long} == {"59059", "61851", "61891"}


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("12025550123", "US"),
        ("12045550123", "CA"),
        ("12425550123", "BS"),
        ("18765550123", "JM"),
        ("77010000000", "KZ"),
        ("79110000000", "RU"),
        ("390669800000", "VA"),
        ("390600000000", "IT"),
        ("447700900123", "GB"),
        ("447624000000", "IM"),
        ("441481000000", "GG"),
        ("441534000000", "JE"),
        ("4779000000", "SJ"),
        ("35818100000", "AX"),
        ("262639000000", "YT"),
        ("2908000", "TA"),
        ("590590270000", "BL"),
        ("590590510000", "BL"),
        ("590590790000", "MF"),
        ("590590900000", "GP"),
        ("5997000000", "BQ"),
        ("5999000000", "CW"),
    ],
)
def test_shared_calling_codes_are_told_apart(number: str, expected: str) -> None:
    """A shared calling code is priced by country: the prefix behind it decides."""
    assert country(number) == expected


def test_every_region_but_western_sahara_has_a_prefix(maker: ModuleType) -> None:
    """Morocco has every number of +212 in libphonenumber, so Western Sahara never appears."""
    assert REGIONS - set(PREFIXES.values()) == {"EH"}
    numbering = maker.Numbering(maker.regions()["212"])
    assert set(numbering.counts(0, numbering.start)) == {"MA"}


@pytest.mark.parametrize(
    ("number", "code", "expected"),
    [
        ("44", "44", "GB"),  # nothing but a calling code
        ("440000000000", "44", "GB"),  # invalid, priced all the same
        ("88213000000", "882", None),  # international networks: no place
        ("80000000000", "800", None),  # international freephone
        ("0447700900123", None, None),  # no calling code begins with 0
        ("2100000000", None, None),  # 210 is nobody's
        ("", None, None),
    ],
)
def test_any_digits_have_the_country_of_their_prefix_or_none(
    number: str, code: str | None, expected: str | None
) -> None:
    """Country asks no validity; None where no calling code fits or where it has no place."""
    assert calling_code(number) == code
    assert country(number) == expected


@pytest.mark.parametrize(
    ("number", "source"),
    [
        ("447700900000", "Ofcom, mobile"),
        ("447700900999", "Ofcom, mobile"),
        ("441632960123", "Ofcom, no area"),
        ("442079460123", "Ofcom, London"),
        ("441134960123", "Ofcom, Leeds"),
        ("441914980123", "Ofcom, Tyneside"),
        ("442896496123", "Ofcom, Northern Ireland"),
        ("442920180123", "Ofcom, Cardiff"),
        ("448081570123", "Ofcom, freephone"),
        ("449098790123", "Ofcom, premium rate"),
        ("443069990123", "Ofcom, all over the country"),
        ("12025550100", "NANPA"),
        ("14165550199", "NANPA, Canada"),
        ("18005550199", "NANPA, toll-free"),
        ("61491570006", "ACMA, mobile"),
        ("61491578888", "ACMA, mobile"),
        ("61255501234", "ACMA, New South Wales"),
        ("33639981234", "Arcep, mobile"),
        ("33199001234", "Arcep, Paris"),
        ("353209101234", "ComReg"),
        ("46701740605", "PTS, mobile"),
        ("46701740699", "PTS, mobile"),
        ("46846500412", "PTS, Stockholm"),
        ("491713920012", "Bundesnetzagentur, mobile"),
        ("4915228817386", "Bundesnetzagentur, mobile"),
        ("493023125000", "Bundesnetzagentur, Berlin"),
    ],
)
def test_ranges_set_aside_for_fiction_are_fictitious(number: str, source: str) -> None:
    """Nobody has such a number: it is fictitious whether libphonenumber knows its range or not."""
    assert grade(number) is Grade.FICTITIOUS, source
    assert country(number) is not None


@pytest.mark.parametrize(
    "number",
    [
        "447700901000",  # one past Ofcom's range
        "447700899999",  # one before it
        "44770090012",  # a digit too few
        "4477009001234",  # a digit too many
        "12025550200",  # one past 01xx
        "12025550099",
        "18005550100",  # toll-free: only 800-555-0199 is set aside
        "61491570007",  # ACMA lists single numbers
        "46701740604",  # one before PTS's range
        "46701740700",
        "491713920100",
        "33639971234",
    ],
)
def test_a_neighbour_of_a_fictitious_range_is_not_fictitious(number: str) -> None:
    """The ranges are exact: the next number may be somebody's."""
    assert grade(number) is not Grade.FICTITIOUS


def test_every_range_of_fiction_names_who_set_it_aside() -> None:
    """A range without a source is a guess, and a calling code appears once."""
    assert all(source and pattern for _, pattern, source in FICTION)
    assert len({code for code, _, _ in FICTION}) == len(FICTION)


@pytest.mark.parametrize("text", ["", "x", "+447700900123", "44 7700 900123", "٤٤٧٧٠٠٩٠٠١٢٣", "4"])
def test_what_is_not_digits_is_invalid(text: str) -> None:
    """Grade takes digits as normalise leaves them; anything else is invalid and raises nothing."""
    assert grade(text) is Grade.INVALID


def test_regions_are_those_of_libphonenumber() -> None:
    """Every region whose national numbers can be read, and not the 001 of no place."""
    assert set(phonenumbers.SUPPORTED_REGIONS) == REGIONS
