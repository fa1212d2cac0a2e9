"""The example data: made by a script, the same at every run, and as mixed as real lists are."""

from __future__ import annotations

import csv
import importlib.util
import io
import sys
import unicodedata
from collections import Counter
from pathlib import Path
from types import ModuleType

import phonenumbers
import pytest

from smsplan.example_data import EXAMPLE_CSV

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = ["customer_id", "phone", "first_name", "city", "language", "market"]


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """Return data/make_recipients.py as a module."""
    spec = importlib.util.spec_from_file_location(
        "make_recipients", ROOT / "data" / "make_recipients.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where a dataclass looks for the names of its fields' types
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    """Return the rows of data/recipients.csv."""
    with (ROOT / "data" / "recipients.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def readable(row: dict[str, str]) -> phonenumbers.PhoneNumber | None:
    """Return the number as somebody in Great Britain would read it, or None."""
    try:
        return phonenumbers.parse(row["phone"], "GB")
    except phonenumbers.NumberParseException:
        return None


def test_recipients_are_what_the_script_makes(maker: ModuleType) -> None:
    """data/recipients.csv is what data/make_recipients.py writes, to the byte."""
    committed = (ROOT / "data" / "recipients.csv").read_bytes()
    assert committed == maker.as_csv(maker.people()).encode()
    assert len(committed) < 2**20


def test_the_example_is_what_the_script_makes(maker: ModuleType) -> None:
    """smsplan/example_data.py is what data/make_recipients.py writes."""
    committed = (ROOT / "smsplan" / "example_data.py").read_text(encoding="utf-8")
    assert committed == maker.as_module(maker.example())


def test_the_example_reads_as_csv() -> None:
    """``smsplan example`` prints a dozen rows under the columns of data/recipients.csv."""
    reader = csv.DictReader(io.StringIO(EXAMPLE_CSV))
    example = list(reader)
    assert reader.fieldnames == COLUMNS
    assert len(example) == 12
    numbers = Counter(row["phone"] for row in example)
    assert max(numbers.values()) == 2, "one duplicate"
    assert "" in {row["first_name"] for row in example}, "one missing name"


def test_the_example_has_fictitious_numbers_only() -> None:
    """Nobody's telephone rings: every number of the example is set aside for fiction."""
    fictitious = ("447700900", "07700900", "120255501", "4917139200", "4670174065")
    for row in csv.DictReader(io.StringIO(EXAMPLE_CSV)):
        digits = row["phone"].replace(" ", "").removeprefix("+")
        assert digits.startswith(fictitious) or digits == "n/a"


def test_recipients_have_the_shape_of_a_real_list(rows: list[dict[str, str]]) -> None:
    """10,000 rows, 20 countries, some names and cities missing, ids unique."""
    assert len(rows) == 10_000
    assert list(rows[0]) == COLUMNS
    assert len({row["market"] for row in rows}) == 20
    assert len({row["customer_id"] for row in rows}) == len(rows)
    assert 200 <= sum(row["first_name"] == "" for row in rows) <= 500
    assert 10 <= sum(row["city"] == "" for row in rows) <= 100


def test_recipients_have_names_in_many_scripts(rows: list[dict[str, str]]) -> None:
    """Names come in a dozen scripts, with emoji, and with what people try to inject."""
    text = "".join({row["first_name"] for row in rows})
    scripts = Counter(unicodedata.name(c, "?").split()[0] for c in set(text) if c.isalpha())
    assert {
        "LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW", "DEVANAGARI", "BENGALI", "THAI", "CJK",
        "HIRAGANA", "KATAKANA", "HANGUL",
    } <= set(scripts)  # fmt: skip
    names = {row["first_name"] for row in rows}
    assert {"Lily 🌸", "O’Brien", "José\u00a0Luis", "=1+1", "<b>Ann</b>", "${name}"} <= names


def test_recipients_have_good_and_bad_numbers(rows: list[dict[str, str]]) -> None:
    """Most numbers are valid in the row's country; a few per cent are dirty, invalid or twice."""
    plain = [row for row in rows if row["phone"].removeprefix("+").isascii()]
    international = [row for row in plain if row["phone"].startswith("+")]
    good = [number for row in international if (number := readable(row))]
    valid = sum(map(phonenumbers.is_valid_number, good))
    assert valid / len(international) > 0.97
    assert valid / len(rows) > 0.75
    right = sum(
        phonenumbers.region_code_for_number(number) == row["market"]
        for row in international
        if (number := readable(row)) and phonenumbers.is_valid_number(number)
    )
    assert right == valid
    hopeless = sum(readable(row) is None for row in rows)
    assert 50 <= hopeless <= 200
    numbers = Counter(
        f"{number.country_code}{number.national_number}"
        for row in rows
        if (number := readable(row))
    )
    assert 100 <= sum(count - 1 for count in numbers.values()) <= 300


def test_hundreds_of_numbers_are_national(rows: list[dict[str, str]]) -> None:
    """Some hundred British numbers are written as at home, many without their zero."""
    national = [row for row in rows if row["phone"].replace(" ", "").startswith(("07", "7"))]
    assert 300 <= len(national) <= 600
    assert sum(row["phone"].startswith("7") for row in national) > 100
    assert {row["market"] for row in national if readable(row)} == {"GB"}


def test_the_body_is_plain_and_near_the_edge(rows: list[dict[str, str]]) -> None:
    """data/body.txt is ASCII; the usual name fits one part of 160, a long one does not."""
    body = (ROOT / "data" / "body.txt").read_text(encoding="utf-8").rstrip("\n")
    assert body.isascii()
    lengths = [
        len(body.replace("${name}", row["first_name"]).replace("${city}", row["city"]))
        for row in rows
        if row["first_name"].isascii() and row["city"].isascii()
    ]
    assert 0.05 < sum(length > 160 for length in lengths) / len(lengths) < 0.25
