"""From what people write to an MSISDN: certain repairs are made, everything else is left or None.

Every number here is set aside for fiction or generated.
"""

from __future__ import annotations

import random

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsplan.errors import InputError
from smsplan.numbers import REGIONS, Grade, ReadNumber, grade, normalise, read

GB = "447700900123"


@pytest.mark.parametrize(
    ("text", "expected", "reason"),
    [
        (GB, GB, "as it is"),
        (f"+{GB}", GB, "one + is dropped"),
        (f"00{GB}", GB, "one 00 is dropped"),
        ("+44 7700 900123", GB, "spaces are ignored"),
        ("+44-7700-900-123", GB, "dashes are ignored"),
        ("(+44) (7700) 900123", GB, "brackets are ignored, before the + too"),
        ("0 0 44 7700 900123", GB, "spaces are ignored before 00 is looked for"),
        ("07700 900123", "07700900123", "one zero is a digit like any other"),
        ("+44(0)7700 900123", "4407700900123", "brackets go, what is inside stays"),
        ("123", "123", "no length is asked for"),
        ("", None, "nothing"),
        (" -()", None, "nothing is left"),
        ("+", None, "a marker alone"),
        ("00", None, "a marker alone"),
        (f"++{GB}", None, "a second +"),
        (f"0+{GB}", None, "a + inside"),
        (f"+00{GB}", None, "a second marker"),
        (f"0000{GB}", None, "a second marker"),
        ("+44.7700.900123", None, "dots are not ignored"),
        ("+44\u00a07700\u00a0900123", None, "no-break spaces are not ignored"),
        ("+44\t7700900123", None, "tabs are not ignored"),
        ("[44]7700900123", None, "square brackets are not ignored"),
        ("٤٤٧٧٠٠٩٠٠١٢٣", None, "other digits are not digits"),
        ("4477009001²³", None, "superscripts are not digits"),
        ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", None, "a group id"),
        (f"{GB} ext 4", None, "an extension"),
    ],
)
def test_normalise_is_the_rule_of_the_api(text: str, expected: str | None, reason: str) -> None:
    """Spaces, dashes, brackets, one ``+`` or ``00``: nothing else is forgiven."""
    assert normalise(text) == expected, reason


@given(st.text(alphabet="0123456789+-() .", max_size=24))
def test_normalise_gives_digits_that_it_leaves_alone(text: str) -> None:
    """The result is ASCII digits as written, and normalising it again changes nothing."""
    digits = normalise(text)
    if digits is not None:
        assert digits.isascii()
        assert digits.isdigit()
        assert "".join(filter(str.isdigit, text)).endswith(digits)
        assert normalise(digits) == digits
        assert normalise(f"+{digits}") == digits


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("+44\u00a07700\u00a0900123", "no-break spaces"),
        ("+44\u202f7700\u2009900123", "narrow and thin spaces"),
        ("+44\u30007700 900123", "ideographic space"),
        ("+44\t7700900123\r\n", "tab and line end"),
        ("+44.7700.900.123", "dots"),
        ("+44/7700/900123", "slashes"),
        ("+44 [7700] 900123", "square brackets"),
        ("+44\u20117700\u2013900\u2014123", "dashes of print"),
        ("+44\u22127700900123", "minus sign"),
        ("\u202a+44 7700 900123\u202c", "marks of direction, as copied from a contact"),
        ("\ufeff+447700900123", "byte order mark"),
        ("+4477\u200b00900\u200d123", "zero-width characters"),
        ("+44\u00ad7700900123", "soft hyphen"),
        ("\uff0b\uff14\uff14\uff17\uff17\uff10\uff10\uff19\uff10\uff10\uff11\uff12\uff13", "wide"),
        ("\ufe62447700900123", "small plus"),
        ("\uff0844\uff097700900123", "fullwidth brackets"),
        ("+٤٤٧٧٠٠٩٠٠١٢٣", "Arabic-Indic digits"),
        ("+४४७७००९००१२३", "Devanagari digits"),
        ("'+447700900123", "a spreadsheet's apostrophe"),
        ("\u2019447700900123", "the same, made curly"),
        ("tel:+44-7700-900123", "a link"),
        ("TEL: +44 7700 900123", "a label"),
        ("447700900123.0", "a float as text"),
        ("+447700900123.0", "a float as text with its plus"),
        ("447700900123.00", "a float with two decimals: the other reading is no number"),
        ("4.47700900123E+11", "scientific notation with every digit"),
        ("4.47700900123e11", "the same, another program's"),
        ("4,47700900123E+11", "the same, with a decimal comma"),
        ("4.477009001230E+11", "the same, with a zero behind the point"),
        ("+44(0)7700 900123", "a trunk prefix in brackets"),
        ("+44 07700 900123", "a trunk prefix without"),
        ("0044 (0) 7700 900123", "a trunk prefix behind 00"),
        ("44(0)7700900123", "a trunk prefix, no marker"),
        ("0+447700900123", "a zero before the +"),
        ("++447700900123", "two +"),
        ("+ +44 7700 900123", "two + with a space"),
        ("+00447700900123", "+ and 00"),
        ("00+447700900123", "00 and +"),
        ("0000447700900123", "00 twice"),
        ("+0447700900123", "a zero behind the +"),
        ("0+44(0)7700900123", "two faults at once"),
        ("+44 (0)7700/900123", "a slash with six digits on either side"),
    ],
)
def test_certain_repairs_are_made_and_reported(text: str, reason: str) -> None:
    """Every digit is there and only one number can be meant: it is read and marked repaired."""
    assert read(text) == ReadNumber(GB, repaired=True), reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+1 (1) 202 555 0123", "12025550123"),
        ("+33 (0)6 39 98 12 34", "33639981234"),
        ("+46 (0)70-174 06 50", "46701740650"),
        ("+49 (0)171/3920012", "491713920012"),
        ("+353 (0)20 910 1234", "353209101234"),
        ("+61 (0)491 570 006", "61491570006"),
    ],
)
def test_each_country_s_own_trunk_prefix_is_taken_away(text: str, expected: str) -> None:
    """A trunk prefix behind the calling code goes if the number is wrong with it, right without."""
    assert read(text) == ReadNumber(expected, repaired=True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "nothing"),
        ("n/a", "words"),
        ("-", "nothing but a dash"),
        ("#N/A", "a spreadsheet's error"),
        ("ann@example.com", "an address"),
        ("+44 7700 900123 ext 4", "an extension"),
        ("+44 7700 900123 x4", "an extension"),
        ("tel:+447700900123;ext=4", "an extension of RFC 3966"),
        ("+44 7700 9OO123", "letters for zeros"),
        ("4.4770E+11", "digits are missing"),
        ("4.477E11", "digits are missing"),
        ("4.477009001234E+11", "a fraction is left"),
        ("447700900123.5", "a fraction"),
        ("447,700,900,123", "commas part thousands, or numbers"),
        ("+447700900123 +447700900456", "two numbers"),
        ("07700 900123 / 07700 900456", "two numbers"),
        ("+447700900123/+447700900456", "two numbers"),
        ("+447700900123\u00a0+447700900456", "two numbers"),
        ("+44\u00a077009001234567", "more than 15 digits"),
        ("+44 7700 900123/456", "a number and the end of another"),
        ("555010/555011", "two short numbers"),
        ("15.01.2026", "a date"),
        ("2026/01/15", "a date"),
        ("192.168.100.200", "an address on the Internet"),
        ("1234.56", "an amount"),
        ("07700.900.123", "dots, no marker, and no country has it as it stands"),
        ("0+7700900123", "which country is not said"),
        ("++123", "no number behind the double marker"),
        ("+00123456", "no number behind the double marker"),
        ("00000000000", "zeros"),
        ("44770090012³", "a superscript"),
        ("½", "a fraction sign"),
        ("+44\ud83d7700900123", "a lone surrogate"),
        ("\x007700900123", "a control character"),
    ],
)
def test_what_is_not_certain_is_not_read(text: str, reason: str) -> None:
    """A wrong repair texts a stranger: None, and the row says so."""
    assert read(text) == ReadNumber(None), reason


@pytest.mark.parametrize(
    ("text", "expected", "reason"),
    [
        ("+44 7700 900123", GB, "the API ignores spaces"),
        ("0044 (7700) 900-123", GB, "and brackets, dashes and 00"),
        ("07700900123", "07700900123", "national, and no region says of which country"),
        ("+07700900123", "07700900123", "the same with a stray +: which country is not said"),
        ("2025550123", "2025550123", "Egypt's prefix: the API takes it"),
        ("12345", "12345", "too short for anything, but digits"),
        ("440000000000", "440000000000", "invalid, and nothing would fix it"),
        ("+390600000000", "390600000000", "Italy's zero is no trunk prefix"),
        ("447700900123456789", "447700900123456789", "too long: the profile refuses it, not we"),
    ],
)
def test_what_the_api_takes_stays_as_it_is(text: str, expected: str, reason: str) -> None:
    """Where no repair is certain the API's own reading stands, and is not called a repair."""
    assert read(text) == ReadNumber(expected), reason


def test_a_marked_number_with_dots_need_not_be_known() -> None:
    """Dots behind a ``+`` are no date: the grade never stops a row."""
    assert read("+44.0000.000000") == ReadNumber("440000000000", repaired=True)


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("07700 900123", "GB", ReadNumber(GB, national=True)),
        ("7700900123", "GB", ReadNumber(GB, national=True)),
        ("(07700) 900123", "GB", ReadNumber(GB, national=True)),
        ("020 7946 0123", "GB", ReadNumber("442079460123", national=True)),
        ("2025550123", "US", ReadNumber("12025550123", national=True)),
        ("(202) 555-0123", "US", ReadNumber("12025550123", national=True)),
        ("416-555-0123", "US", ReadNumber("14165550123", national=True)),  # dialled alike
        ("0171 3920012", "DE", ReadNumber("491713920012", national=True)),
        ("1713920012", "DE", ReadNumber("491713920012", national=True)),
        ("06 39 98 12 34", "FR", ReadNumber("33639981234", national=True)),
        ("070-174 06 50", "SE", ReadNumber("46701740650", national=True)),
        ("0491 570 006", "AU", ReadNumber("61491570006", national=True)),
        ("020 910 1234", "IE", ReadNumber("353209101234", national=True)),
        # Repaired as well.
        ("7700900123.0", "GB", ReadNumber(GB, repaired=True, national=True)),
        ("7.700900123E+09", "GB", ReadNumber(GB, repaired=True, national=True)),
        ("07700.900.123", "GB", ReadNumber(GB, repaired=True, national=True)),
        ("٠٧٧٠٠٩٠٠١٢٣", "GB", ReadNumber(GB, repaired=True, national=True)),
        ("07700\u00a0900123", "GB", ReadNumber(GB, repaired=True, national=True)),
        ("+07700 900123", "GB", ReadNumber(GB, repaired=True, national=True)),
        ("7.7009E+09", "GB", ReadNumber(None)),
        # Not national.
        ("+12025550123", "GB", ReadNumber("12025550123")),
        ("0012025550123", "GB", ReadNumber("12025550123")),
        ("12025550123", "GB", ReadNumber("12025550123")),
        (GB, "GB", ReadNumber(GB)),
        ("12025550123", "US", ReadNumber("12025550123")),
        ("1 202 555 0123", "US", ReadNumber("12025550123")),
        # A German number may have nearly any length; it begins with 49 and is valid so.
        ("491713920012", "DE", ReadNumber("491713920012")),
        ("+447700900123", "DE", ReadNumber(GB)),
        ("4407700900123", "GB", ReadNumber(GB, repaired=True)),
        ("12345", "GB", ReadNumber("12345")),
        ("0", "GB", ReadNumber("0")),
        ("n/a", "GB", ReadNumber(None)),
    ],
)
def test_a_region_reads_national_numbers(text: str, region: str, expected: ReadNumber) -> None:
    """Without ``+`` or ``00``: national where valid or fictitious there, trunk prefix or not."""
    assert read(text, region=region) == expected


def test_national_numbers_of_every_region_are_read() -> None:
    """As dialled at home, every example of libphonenumber is read back, trunk prefix and all."""
    failed = []
    checked = 0
    for region in sorted(REGIONS):
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
            example = phonenumbers.example_number_for_type(region, kind)
            if example is None:
                continue
            checked += 1
            home = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
            expected = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)[1:]
            reading = read(home, region=region)
            if reading.msisdn != expected:
                failed.append((region, home, reading.msisdn))
    assert failed == []
    assert checked > 400


def test_national_readings_agree_with_libphonenumber() -> None:
    """Random digits: what libphonenumber parses as valid in a region is what read says of it."""
    rng = random.Random(20_260_401)
    differ = []
    national = 0
    for region in ("GB", "US", "DE", "FR", "IN", "BR", "AR", "MX", "RU", "IT", "HU", "JP", "SE"):
        code = str(phonenumbers.country_code_for_region(region))
        for _ in range(1_500):
            trunk = rng.choice(["", "", "0", "8", "1", "06"])
            digits = trunk + "".join(rng.choices("0123456789", k=rng.randrange(7, 12)))
            # 00 is read as a marker here; a region's calling code is a matter of our own.
            if digits.startswith(("00", code)):
                continue
            reading = read(digits, region=region)
            try:
                parsed = phonenumbers.parse(digits, region)
            except phonenumbers.NumberParseException:
                parsed = None
            if parsed is None or not phonenumbers.is_valid_number(parsed):
                continue
            expected = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)[1:]
            # Dialled with the international prefix of that country (8~10, 011): not for us.
            if not expected.startswith(code):
                continue
            national += 1
            if reading.msisdn != expected:
                differ.append((region, digits, reading.msisdn, expected))
    assert differ == []
    assert national > 2_000


_DIRT = st.text(alphabet="0123456789+-()[] ./'eE\u00a0\u200b\u202a٣٤७４＋\u2013", max_size=26)


@given(_DIRT)
def test_reading_what_was_read_gives_the_same(text: str) -> None:
    """The number that a row goes to reads as itself, and needs no repair."""
    msisdn = read(text).msisdn
    if msisdn is not None:
        assert msisdn.isascii()
        assert msisdn.isdigit()
        assert read(msisdn) == ReadNumber(msisdn)
        assert normalise(msisdn) == msisdn


@given(_DIRT, st.sampled_from(["GB", "US", "DE", "BR", "IT"]))
def test_a_national_reading_is_valid_or_fictitious_and_stays(text: str, region: str) -> None:
    """What a region made of a number is a number of that region's plan, and reads as itself."""
    reading = read(text, region=region)
    if reading.national:
        assert reading.msisdn is not None
        assert grade(reading.msisdn) in (Grade.VALID, Grade.FICTITIOUS)
        assert read(reading.msisdn, region=region) == ReadNumber(reading.msisdn)


@given(_DIRT)
def test_what_the_api_takes_is_read(text: str) -> None:
    """A repair may change a number that the API takes, but never loses it."""
    digits = normalise(text)
    if digits is not None:
        reading = read(text)
        assert reading.msisdn is not None
        assert reading.repaired == (reading.msisdn != digits)


@given(st.text(max_size=30), st.sampled_from([None, "GB", "US"]))
def test_no_text_makes_reading_fail(text: str, region: str | None) -> None:
    """Rows have no errors: any text is read or is None."""
    msisdn = read(text, region=region).msisdn
    assert msisdn is None or msisdn.isdigit()


@pytest.mark.parametrize(
    ("region", "hint"),
    [
        ("UK", "did you mean 'GB'?"),
        ("gb", "did you mean 'GB'?"),
        ("+44", "did you mean 'GB'?"),
        ("1", "did you mean 'US'?"),
        ("USA", "did you mean 'US'?"),
        ("DEU", "did you mean 'DE'?"),
        ("", "use a code of two letters such as 'GB'"),
        ("Atlantis", "use a code of two letters such as 'GB'"),
        ("800", "use a code of two letters such as 'GB'"),
    ],
)
def test_an_unknown_region_is_an_error_with_a_hint(region: str, hint: str) -> None:
    """A region is an ISO 3166 code; the error names it and what was probably meant."""
    with pytest.raises(InputError) as error:
        read("07700900123", region=region)
    assert str(error.value) == f"region '{region}' is not known; {hint}"
