"""Rate cards: which row applies, what it costs, and every way in which a card can be wrong."""

from __future__ import annotations

import copy
import datetime as dt
import decimal
import os
import pickle
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsplan.errors import InputError
from smsplan.ratecards import COUNTRIES, CardFault, Cost, Rate, RateCard, RateCardError

DATA = Path(__file__).resolve().parent.parent / "data"

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return what writes a card to a file and names the file."""

    def written(content: str | bytes) -> Path:
        path = tmp_path / "rates.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


def rate(keys: str, price: str = "1", **fields: Any) -> Rate:
    """Return a rate for keys such as ``GB``, ``44``, ``GB44`` or nothing."""
    country = keys[:2] if keys[:2].isalpha() else ""
    prefix = keys.removeprefix(country)
    return Rate(country=country, prefix=prefix, price=Decimal(price), currency="GBP", **fields)


def faults_of(path: Any, **options: Any) -> list[tuple[int | None, str]]:
    """Return line and text of every fault for which a card is refused."""
    with pytest.raises(RateCardError) as caught:
        RateCard.of(path, **options)
    return [(fault.line, fault.text) for fault in caught.value.faults]


# --- which row applies ----------------------------------------------------------------------------

# The order of the rows in a card must not matter: the tests try it both ways round.
WHICH = [
    pytest.param("GB | 44", "447700900123", "GB", "44", id="a prefix before a country"),
    pytest.param("44 | 4477 | 447", "447700900123", "GB", "4477", id="the longest prefix"),
    pytest.param("44 | 4478", "447700900123", "GB", "44", id="a longer prefix that does not fit"),
    pytest.param(
        "GB44 | GG44", "447781000000", "GG", "GG44", id="one prefix, told apart by country"
    ),
    pytest.param("GB44 | 44", "447700900123", "GB", "GB44", id="a country before none"),
    pytest.param("GB44 | 44", "447781000000", "GG", "44", id="a row with another country"),
    pytest.param("GB4477 | 44", "447781000000", "GG", "44", id="all filled keys must match"),
    pytest.param("GB | ", "447700900123", "GB", "GB", id="a country before the default"),
    pytest.param("GB | ", "33600000000", "FR", "", id="the default"),
    pytest.param("GB | ", "999", "", "", id="the default, where the country is not known"),
    pytest.param("GB", "33600000000", "FR", None, id="no row"),
    pytest.param("4477", "44", "GB", None, id="a number shorter than the prefix"),
    pytest.param("44", "44", "GB", "44", id="a number that is the prefix"),
    pytest.param("07 | 7", "07700900123", "", "07", id="leading zeros count"),
]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(("keys", "number", "country", "expected"), WHICH)
def test_which_row_applies(
    keys: str, number: str, country: str, expected: str | None, order: int
) -> None:
    """All filled keys match; the longest prefix wins, then a country, then the default."""
    rows = [rate(key.strip()) for key in keys.split("|")][::order]
    found = RateCard(rows).rate(number, country=country)
    assert found == (None if expected is None else rate(expected))


def test_the_country_is_found_where_it_is_not_given() -> None:
    """+44 7700 900xxx (fictitious) is priced by its prefix as British; 20... is Egypt."""
    card = RateCard.of({"GB": "1 GBP", "EG": "2 GBP"})
    assert card.price("447700900123", 1) == 1
    assert card.price("201001234567", 1) == 2
    assert card.price("33600000000", 1) is None


@pytest.mark.parametrize("number", ["+447700900123", "0044 7700-900123", "(44)7700900123"])
def test_a_number_may_be_written_as_the_api_takes_it(number: str) -> None:
    """``+``, ``00``, spaces, dashes and brackets are the API's to ignore."""
    assert RateCard.of({"44": "0.034 GBP"}).price(number, 2) == Decimal("0.068")


@pytest.mark.parametrize("number", ["", "+", "Ana", "44x", "٤٤٧٧٠٠"])
def test_what_is_no_number_has_no_price(number: str) -> None:
    """Not even the default applies to it."""
    assert RateCard.of("0.034 GBP").price(number, 1) is None


@pytest.mark.parametrize(
    ("per", "parts", "cost"),
    [("part", 0, "0"), ("part", 3, "0.102"), ("message", 0, "0"), ("message", 3, "0.034")],
)
def test_per_part_and_per_message(per: str, parts: int, cost: str) -> None:
    """A price is for a part or for a whole message; no parts cost nothing either way."""
    card = RateCard([rate("", "0.034", per=per)])
    assert card.price("447700900123", parts) == Decimal(cost)


def test_fewer_than_no_parts() -> None:
    """A negative number of parts is a mistake of the caller, not a refund."""
    with pytest.raises(InputError, match="pass 0 or more"):
        RateCard.of("0.034 GBP").price("44", -1)


# --- what stands for a card -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["0.034 GBP", "GBP 0.034", " 0.034  GBP ", "0.034GBP", ".034 gbp", "0.034\u00a0GBP"]
)
def test_one_price(text: str) -> None:
    """Number and currency, in either order, are the price of every number."""
    assert RateCard.of(text) == RateCard([rate("", "0.034")])


def test_a_mapping() -> None:
    """Keys are countries, prefixes with or without +, and * for the default."""
    card = RateCard.of({"GB": "1 GBP", "+1": "2 GBP", "1684": "3 GBP", "*": "4 GBP", "fr": "GBP 5"})
    assert card == RateCard(
        [rate("GB", "1"), rate("1", "2"), rate("1684", "3"), rate("", "4"), rate("FR", "5")]
    )


def test_a_card_and_a_path(write: Write) -> None:
    """A card stands for itself; text that is no price, and any PathLike, is a file."""
    path = write("country,price,currency\nGB,1,GBP\n")
    card = RateCard.of(path)
    assert card == RateCard.of(os.fspath(path)) == RateCard([rate("GB")])
    assert RateCard.of(card) is card


@pytest.mark.parametrize("name", ["eu1.csv", "2026.csv", "0.034", "GBP/0.034 GBP", "prices"])
def test_a_path_is_not_taken_for_a_price(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends in a file name or has a folder is read; only a bare number is a price."""
    monkeypatch.chdir(tmp_path)
    missing = "there is no such file" in faults_of(name)[0][1]
    assert missing is (name != "0.034")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("0.034", "no currency; write it like '0.034 GBP'"),
        ("0,034 GBP", "decimal comma; write 0.034"),
        ("-0.034 GBP", "negative; write 0 or more"),
        ("GBP -1", "negative; write 0 or more"),
        ("nan GBP", "not a number (nan or inf)"),
        ("inf GBP", "not a number (nan or inf)"),
        ("£0.034", "code of ISO 4217: 0.034 GBP"),
        ("3.4 GBp", "stands for a hundredth (pence)"),
        ("0.034 EURO", "three letters"),
        ("1,234.50 GBP", "between thousands; write 1234.50"),
        ("1.234,50 GBP", "decimal comma; write 1234.50"),
        ("1,234 GBP", "write 1.234 or 1234, whichever is meant"),
        ("34E-3 GBP", "exponent; write 0.034"),
        ("1" * 13 + " GBP", "shorten it"),
        ("0." + "1" * 19 + " GBP", "shorten it"),
        ("", "it is empty; give a RateCard"),
        ({}, "it is empty; give a RateCard"),
        (0.034, "a float, which cannot hold most prices exactly: write it as text"),
        (Decimal("0.034"), "without a currency: write both as text"),
        (1, "without a currency: write both as text"),
        (None, "no kind that holds prices"),
        ({"GB": 0.034}, "'GB': the price is a float"),
        ({"GB": Decimal("0.034")}, "'GB': the price is a number without a currency"),
        ({"GB": "0.034"}, "'GB': the price has no currency"),
        ({"UK": "1 GBP"}, "'UK': country 'UK' is not a code of ISO 3166; write 'GB'"),
        ({44: "1 GBP"}, "'44': the key is not text"),
        ({"": "1 GBP"}, "'': the key is not text or empty"),
        ({"44": "1 GBP", "+44": "2 GBP"}, "the same country and prefix as '44'"),
        ({"GB": "1 GBP", "FR": "1 EUR"}, "mixes currencies (EUR, GBP)"),
    ],
)
def test_what_stands_for_no_card(value: Any, says: str) -> None:
    """Each is one fault that says what to write instead."""
    [(line, text)] = faults_of(value)
    assert line is None
    assert says in text


def test_all_faults_of_a_mapping() -> None:
    """Every entry of a mapping that is wrong is named, in one error."""
    texts = [text for _, text in faults_of({"UK": "x GBP", "FR": "1", "DE": "1 EUR", "+": "1 EUR"})]
    assert [text.split(":")[0] for text in texts] == [
        "'UK'", "'FR'", "'UK'", "'+'", "'DE'",
    ]  # fmt: skip


def test_mixed_currencies_may_be_meant(write: Write) -> None:
    """Announced, two currencies are no fault, and both are named."""
    prices = {"GB": "1 GBP", "FR": "1 EUR"}
    assert RateCard.of(prices, mixed_currencies=True).currencies == ("EUR", "GBP")
    path = write("country,price\nGB,1 GBP\nFR,1 EUR\n")
    assert RateCard.read(path, mixed_currencies=True) == RateCard.of(prices, mixed_currencies=True)


# --- reading CSV ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("country,prefix,price,currency\nGB,44,0.034,GBP\n", id="comma"),
        pytest.param("country;prefix;price;currency\nGB;44;0.034;GBP\n", id="semicolon"),
        pytest.param("country\tprefix\tprice\tcurrency\nGB\t44\t0.034\tGBP\n", id="tab"),
        pytest.param("\ufeffcountry,prefix,price,currency\nGB,44,0.034,GBP\n", id="BOM"),
        pytest.param("country,prefix,price,currency\r\nGB,44,0.034,GBP", id="CRLF, no last end"),
        pytest.param('"country","prefix","price"\n"GB","44","0.034 GBP"\n', id="quotes"),
        pytest.param("Price, Currency, PREFIX, Country\n0.034, GBP, +44, gb\n", id="cases, spaces"),
        pytest.param("price,prefix,country,currency\n\n0.034,44,GB,gbp\n,,,\n", id="blank lines"),
        pytest.param("country,prefix,price,currency\nGB,44,0.034 GBP,GBP\n", id="currency twice"),
        pytest.param(
            "country,prefix,price,currency,description,Country Name,\nGB,44,0.034,GBP,x,y,z\n",
            id="columns that mean nothing",
        ),
        pytest.param(
            "country,prefix,price,currency,kind,per,mccmnc,tier_from,charge_on\n"
            "GB,44,0.034,GBP,Base,Part,,0,\n",
            id="canonical columns that say what holds anyway",
        ),
    ],
)
def test_shapes_of_a_file(write: Write, content: str) -> None:
    """All these files are the same card of one row."""
    assert RateCard.read(write(content)) == RateCard([rate("GB44", "0.034")])


def test_everything_that_a_row_carries(write: Write) -> None:
    """Keys, price as written, unit, validity, source and line are kept."""
    path = write(
        "country,prefix,price,currency,per,valid_from,valid_to,source\n"
        "\n"
        'GB,044,0.0340,GBP,message,2026-04-01,2027-03-31,"a tariff,\n page 2"\n'
        "*,,1,GBP,,,,\n"
    )
    first, second = RateCard.read(path).rates
    assert first == Rate(
        country="GB",
        prefix="044",
        per="message",
        price=Decimal("0.0340"),
        currency="GBP",
        valid_from=date(2026, 4, 1),
        valid_to=date(2027, 3, 31),
        source="a tariff,\n page 2",
    )
    assert str(first.price) == "0.0340"
    assert (first.line, second.line) == (3, 5)
    assert second == rate("")


BAD_FILES = [
    pytest.param("", [(None, "file is empty")], id="empty"),
    pytest.param("\ufeff \n", [(None, "file is empty")], id="blank"),
    pytest.param("country,price,currency\n", [(None, "no rows below")], id="header only"),
    pytest.param(
        "iso,cost\nGB,1\n",
        [(1, "no column 'price'"), (1, "no column 'country' and none 'prefix'")],
        id="no columns",
    ),
    pytest.param(
        "Contry,Prices,currency\nGB,1,GBP\n",
        [(1, "did you mean 'Prices'? rename it"), (1, "did you mean 'Contry'? rename it")],
        id="misspelt columns",
    ),
    pytest.param(
        "country,price,curency\nGB,1 GBP,GBP\n",
        [(1, "did you mean 'currency'?")],
        id="a misspelt column that is not required",
    ),
    pytest.param("country,price,price\nGB,1,1\n", [(1, "'price' is there twice")], id="twice"),
    pytest.param("country,price\nGB,1\nFR,2\n", [(1, "no column 'currency'")], id="no currency"),
    pytest.param(
        "country,price\nGB,1 GBP\nFR,2\n",
        [(3, "price has no currency; write it like")],
        id="a currency here and there",
    ),
    pytest.param(
        b"country,price,currency\nGB,1,GBP\nFR,1,\xa3\n", [(3, "not UTF-8")], id="Latin-1"
    ),
    pytest.param("country,price".encode("utf-16"), [(1, "not UTF-8")], id="UTF-16"),
    pytest.param(
        "country,price,currency\nGB,0,034,GBP\nFR,1\nDE,1,EUR\n",
        [(2, "4 cells and the first line 3"), (3, "2 cells and the first line 3")],
        id="ragged",
    ),
    pytest.param('country,price\nGB,1 GBP\n"FR,1 GBP\n', [(3, "close the quotes")], id="quotes"),
    pytest.param(
        "country;price;currency\nGB;0,034;GBP\nFR;;GBP\nDE;-1;GBP\nIT;NaN;GBP\nES;abc;GBP\nPT;€1;GBP\n",
        [
            (2, "decimal comma; write 0.034"),
            (3, "price is empty; write it like 0.034, or remove the row"),
            (4, "negative; write 0 or more"),
            (5, "not a number"),
            (6, "not a decimal number; write it like 0.034"),
            (7, "currency symbol; write the code"),
        ],
        id="bad prices",
    ),
    pytest.param(
        "country,price,currency\nUK,1,GBP\nGBR,1,GBP\nZZ,1,GBP\nIT,1,GB\nES,1,GBp\nPT,1,\nFR,1,£\n",
        [
            (2, "country 'UK' is not a code of ISO 3166; write 'GB'"),
            (3, "two letters); write one such as 'GB', or '*' for the default"),
            (4, "country 'ZZ' is not a code"),
            (5, "currency is not a code of ISO 4217 (three letters)"),
            (6, "stands for a hundredth"),
            (7, "currency is empty"),
            (8, "currency is not a code"),
        ],
        id="bad codes",
    ),
    pytest.param(
        "prefix,price,currency\n+,1,GBP\n44.0,1,GBP\n1234567890123456,1,GBP\n٤٤,1,GBP\n",
        [(2, "no digits"), (3, "not made of digits"), (4, "over 15 digits"), (5, "not made of")],
        id="bad prefixes",
    ),
    pytest.param(
        "country,prefix,price,currency\nGB,44,1,GBP\n,,1,GBP\nGB,+44,x,GBP\n*,,2,GBP\n",
        [
            (4, "price is not a decimal number"),
            (4, "the same country and prefix as line 2: two rows that no number could tell apart"),
            (5, "the same country and prefix as line 3"),
        ],
        id="the same keys, whatever the price",
    ),
    pytest.param(
        "country,price,currency,valid_from\nGB,1,GBP,2026-01-01\nGB,2,GBP,2026-04-01\n",
        [(3, "give the older one a valid_to, the day before the other begins")],
        id="rows whose days overlap",
    ),
    pytest.param(
        "country,price,currency,sender_type\nGB,1,GBP,Short code\nGB,2,GBP,short_code\n",
        [(3, "the same country, prefix and sender type as line 2")],
        id="the same sender, written twice",
    ),
    pytest.param(
        "country,price,currency,valid_from,valid_to\n"
        "GB,1,GBP,01/04/2026,\nFR,2,GBP,,soon\nDE,1,GBP,2026-04-02,2026-04-01\n",
        [
            (2, "valid_from is not a date"),
            (3, "valid_to is not a date"),
            (4, "lies after valid_to"),
        ],
        id="bad dates",
    ),
    pytest.param(
        "country,price,currency\nGB,1,GBP\nFR,1,EUR\nDE,1,EUR\n",
        [(3, "mixes currencies (EUR, GBP); make a card of each, or pass mixed_currencies=True")],
        id="mixed currencies",
    ),
    pytest.param(
        "country,price,currency\nGB,1 EUR,GBP\nFR,1,GBP\n",
        [(2, "name two currencies")],
        id="two currencies in one row",
    ),
    pytest.param(
        "country,price,currency,kind,per,mccmnc,sender_type\n"
        "US,1,USD,surcharge,,,\nUS,1,USD,discount,,,\nGB,1,USD,,segment,,\nFR,1,USD,,,2081,\n"
        "US,1,USD,,,,\n",
        [
            (3, "kind is none of base, surcharge, reject, failed, fixed"),
            (4, "per is neither 'part' nor 'message'"),
            (5, "mccmnc is not the 5 or 6 digits of an operator"),
        ],
        id="rows of unknown kinds",
    ),
    pytest.param(
        "country,price,currency,tier_from,carrier,charge_on\n"
        "GB,1,GBP,100000,,\nFR,1,GBP,,Orange,\nDE,1,GBP,,,never\nIT,1,GBP,1e3,,submitted\n",
        [
            (2, "a tier from 100,000, and no row with the same keys for what comes before"),
            (3, "'carrier' has a value; name it by the column 'operator'"),
            (4, "charge_on is neither 'submitted' nor 'delivered'"),
            (5, "tier_from is no whole number"),
        ],
        id="tiers and ways of charging",
    ),
]


@pytest.mark.parametrize(("content", "expected"), BAD_FILES)
def test_bad_files(write: Write, content: str | bytes, expected: list[tuple[int, str]]) -> None:
    """Every fault is reported, each with its line and the next step, in the order of lines."""
    found = faults_of(write(content))
    assert [line for line, _ in found] == [line for line, _ in expected]
    for (_, text), (_, says) in zip(found, expected, strict=True):
        assert says in text
        assert text[0].islower() or text[0] == "'"


@pytest.mark.parametrize("content", [pytest.param(p.values[0], id=p.id) for p in BAD_FILES])
def test_errors_are_input_errors_that_name_the_file(write: Write, content: str | bytes) -> None:
    """One exception a card: an InputError with file and lines in its message."""
    path = write(content)
    with pytest.raises(InputError) as caught:
        RateCard.read(path)
    error = caught.value
    assert isinstance(error, RateCardError)
    assert error.path == str(path)
    assert f"'{path}'" in str(error)
    assert all(str(fault) in str(error) for fault in error.faults)
    assert pickle.loads(pickle.dumps(error)).faults == error.faults


def test_a_row_is_not_quoted(write: Write) -> None:
    """A list of people that is taken for a card does not end up in the error."""
    path = write(
        "name,country,price,currency,prefix,per,kind,valid_from\n"
        "Ana Lima,ana.lima@example.org,Ana,Ana Lima,+44 7700 900123 x,Ana,Ana,Ana\n"
    )
    text = " ".join(text for _, text in faults_of(path)) + " ".join(
        text for _, text in faults_of(write("Ana Lima,447700900123\nBo,447700900124\n"))
    )
    assert "Ana" not in text
    assert "ana" not in text
    assert "900" not in text


def test_a_thousand_faults(write: Write) -> None:
    """The error has all of them, its message the first fifty and how many more there are."""
    path = write("prefix,price,currency\n" + "".join(f"{n},x,GBP\n" for n in range(1, 1001)))
    with pytest.raises(RateCardError) as caught:
        RateCard.read(path)
    assert len(caught.value.faults) == 1000
    assert str(caught.value).count("line ") == 50
    assert str(caught.value).endswith("and 950 more; fix these first")


def test_one_common_day_is_enough(write: Write) -> None:
    """Both days of a period belong to it: rows that meet on one day can be used on that day."""
    path = write(
        "country,price,currency,valid_from,valid_to\n"
        "GB,1,GBP,,2026-04-01\nFR,2,GBP,2026-04-01,\nDE,3,GBP,2026-04-01,2026-04-01\n"
    )
    assert len(RateCard.read(path).rates) == 3


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file, a folder and an impossible name each say what to do."""
    assert "no such file; check the name" in faults_of(tmp_path / "no.csv")[0][1]
    assert "this is a folder; name the CSV file in it" in faults_of(tmp_path)[0][1]
    assert "cannot be read (not a file name)" in faults_of("a\0b.csv")[0][1]
    assert "cannot be read (File name too long)" in faults_of("a" * 5000)[0][1]


def test_rates_that_make_no_card() -> None:
    """Rates made in a program are held to the same rules, and named by their place."""
    bad = [rate("GB"), rate("gb"), rate("GB", price="-1"), rate("FR", mccmnc="2080")]
    with pytest.raises(RateCardError) as caught:
        RateCard(bad)
    assert [str(fault).split(":")[0] for fault in caught.value.faults] == [
        "rate 2", "rate 3", "rate 4", "rate 3",
    ]  # fmt: skip
    for price in (0.034, "0.034", Decimal("NaN"), Decimal("Infinity"), Decimal("1E+12")):
        with pytest.raises(RateCardError):
            RateCard([Rate(price=price, currency="GBP")])  # type: ignore[arg-type]
    with pytest.raises(RateCardError, match="no prices; add at least one"):
        RateCard([])


# --- cards as values ------------------------------------------------------------------------------

RATES = st.builds(
    Rate,
    country=st.sampled_from(["", *sorted(COUNTRIES)]),
    prefix=st.text("0123456789", max_size=15).filter(lambda text: text[:2] != "00"),
    per=st.sampled_from(["part", "message"]),
    price=st.decimals(0, 10**12 - 1, places=18) | st.decimals(0, 10, places=4),
    currency=st.sampled_from(["GBP", "EUR", "JPY"]),
    valid_from=st.none() | st.dates(max_value=date(2026, 1, 1)),
    valid_to=st.none() | st.dates(min_value=date(2026, 1, 2)),
    source=st.text(st.characters(exclude_categories=["Cs"])),
)
CARDS = st.lists(
    RATES, min_size=1, max_size=8, unique_by=lambda rate: (rate.country, rate.prefix)
).map(lambda rates: RateCard(rates, mixed_currencies=True))


@given(card=CARDS)
def test_round_trip(card: RateCard, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What ``to_csv`` writes, ``read`` reads back: equal, with the same digest and scale."""
    path = tmp_path_factory.mktemp("cards") / "card.csv"
    path.write_text(card.to_csv(), encoding="utf-8", newline="")
    again = RateCard.read(path, mixed_currencies=True)
    assert again == card
    assert (again.digest, again.scale, again.to_csv()) == (card.digest, card.scale, card.to_csv())


@given(card=CARDS, data=st.data())
def test_order_does_not_matter(card: RateCard, data: st.DataObject) -> None:
    """The same rows in another order are the same card."""
    other = RateCard(data.draw(st.permutations(card.rates)), mixed_currencies=True)
    assert other == card
    assert hash(other) == hash(card)
    assert other.digest == card.digest


@given(card=CARDS)
def test_repr_and_pickle(card: RateCard) -> None:
    """A card's repr can be pasted back, and a card travels to another process."""
    names = {"RateCard": RateCard, "Rate": Rate, "Decimal": Decimal, "datetime": dt}
    assert eval(repr(card), names) == card
    assert pickle.loads(pickle.dumps(card)) == card == copy.deepcopy(card)


def test_the_digest_tells_cards_apart() -> None:
    """A change of price, unit or key changes the digest; zeros behind the price do not."""
    digests = {
        RateCard([row]).digest
        for row in (
            rate("", "0.034"), rate("", "0.0340"), rate("", "0.035"), rate("44", "0.034"),
            rate("", "0.034", per="message"),
        )
    }  # fmt: skip
    assert len(digests) == 4
    assert RateCard.of("0.034 GBP") != "0.034 GBP"
    assert RateCard([rate("", "0.034")]).digest == RateCard([rate("", "0.0340")]).digest


def test_a_card_cannot_be_changed() -> None:
    """A card is a value: its prices stay what they are, and so does its digest."""
    card = RateCard.of("1 GBP")
    with pytest.raises(AttributeError, match="cannot be changed"):
        card.rates = ()
    with pytest.raises(AttributeError, match="cannot be changed"):
        del card.rates


def test_scale() -> None:
    """The scale is the largest number of decimals of any price, as written."""
    assert RateCard.of({"GB": "0.034 GBP", "*": "1.0350 GBP"}).scale == 4
    assert RateCard.of("3 JPY").scale == 0
    assert RateCard([rate("", "1E+3")]).scale == 0


# --- cost -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cost", "shown"),
    [
        (Cost({"GBP": Decimal("431.9")}), "GBP 431.90"),
        (Cost({"GBP": Decimal("431.895")}), "GBP 431.90"),
        (Cost({"GBP": Decimal("431.894999")}), "GBP 431.89"),
        (Cost({"GBP": Decimal("1473419.04")}), "GBP 1,473,419.04"),
        (Cost({"GBP": Decimal("0.034")}), "GBP 0.034"),
        (Cost({"GBP": Decimal("0.50000")}), "GBP 0.50"),
        (Cost({"GBP": Decimal("-0.034")}), "GBP -0.034"),
        (Cost({"GBP": Decimal("-1.005")}), "GBP -1.01"),
        (Cost({"GBP": Decimal("1E-7")}), "GBP 0.0000001"),
        (Cost({"GBP": Decimal("1E+3")}), "GBP 1,000.00"),
        (Cost({"GBP": Decimal(0)}), "GBP 0.00"),
        (Cost({"JPY": Decimal("1234.5")}), "JPY 1,235"),
        (Cost({"JPY": Decimal("0.5")}), "JPY 0.5"),
        (Cost({"JPY": Decimal(0)}), "JPY 0"),
        (Cost({"KWD": Decimal("1.2345")}), "KWD 1.235"),
        (Cost({"GBP": Decimal(1), "EUR": Decimal(2)}), "EUR 2.00 + GBP 1.00"),
        (Cost({"GBP": Decimal(1)}, 1), "GBP 1.00, 1 message without a price"),
        (Cost({"GBP": Decimal(1)}, 2000), "GBP 1.00, 2,000 messages without a price"),
        (Cost(unpriced=2), "no price for 2 messages"),
        (Cost(), "nothing"),
    ],
)
def test_how_a_cost_is_shown(cost: Cost, shown: str) -> None:
    """Half up to the minor unit; below one unit all digits; the unpriced are never left out."""
    assert str(cost) == shown


AMOUNTS = st.dictionaries(
    st.sampled_from(["GBP", "EUR", "JPY"]), st.decimals(-(10**18), 10**18, places=18)
)
COSTS = st.builds(Cost, AMOUNTS, st.integers(0, 10**10))


@given(costs=st.lists(COSTS, max_size=6))
def test_addition_is_exact(costs: list[Cost]) -> None:
    """Sums are those of fractions, currency by currency, whatever the caller's context."""
    with decimal.localcontext(prec=3):
        total = sum(costs, Cost())
    for currency in ("GBP", "EUR", "JPY"):
        exact = sum(Fraction(cost.amounts.get(currency, 0)) for cost in costs)
        assert Fraction(total.amounts.get(currency, 0)) == exact
    assert total.unpriced == sum(cost.unpriced for cost in costs)


@given(cost=COSTS)
def test_a_cost_survives(cost: Cost) -> None:
    """By repr, JSON's dict, pickle and copy the same cost comes back."""
    assert eval(repr(cost), {"Cost": Cost, "Decimal": Decimal}) == cost
    assert Cost.from_dict(cost.to_dict()) == cost
    assert pickle.loads(pickle.dumps(cost)) == cost == copy.deepcopy(cost)
    assert hash(pickle.loads(pickle.dumps(cost))) == hash(cost)


def test_a_cost_as_a_dict() -> None:
    """Amounts are text with all their digits: JSON's numbers are floats."""
    cost = Cost({"GBP": Decimal("1E-7")}, unpriced=3)
    assert cost.to_dict() == {"amounts": {"GBP": "0.0000001"}, "unpriced": 3}


def test_no_amount_is_not_zero() -> None:
    """Nothing known and nothing to pay are two things."""
    assert Cost() != Cost({"GBP": Decimal(0)})
    assert Cost({"GBP": Decimal("1.0")}) == Cost({"GBP": Decimal(1)})
    assert Cost() + Cost({"GBP": Decimal(0)}) == Cost({"GBP": Decimal(0)})


@pytest.mark.parametrize("amount", [0.5, 1, "1", Decimal("NaN"), Decimal("Infinity")])
def test_an_amount_is_a_finite_decimal(amount: Any) -> None:
    """A float would bring its error into every sum after it."""
    with pytest.raises(InputError, match="'GBP' is not a finite Decimal"):
        Cost({"GBP": amount})


def test_amounts_cannot_be_changed() -> None:
    """A cost does not share the caller's dict and shows its own read-only."""
    given_ = {"GBP": Decimal(1)}
    cost = Cost(given_)
    given_["GBP"] = Decimal(2)
    assert cost.amounts == {"GBP": Decimal(1)}
    with pytest.raises(TypeError):
        cost.amounts["GBP"] = Decimal(2)  # type: ignore[index]
    with pytest.raises(TypeError):
        cost + 1


def test_a_hostile_context(write: Write) -> None:
    """Ten thousand million parts at eight decimals are exact in a context of three digits.

    Reading, pricing, adding and showing neither use nor heed the caller's context.
    """
    path = write("prefix,price,currency\n44,0.12345678,GBP\n")
    with decimal.localcontext(prec=3, rounding=decimal.ROUND_DOWN, Emax=5, Emin=-5) as context:
        context.traps = dict.fromkeys(context.traps, True)
        card = RateCard.read(path)
        cost = card.price("447700900123", 10**10 + 1)
        assert cost is not None
        total = Cost({"GBP": cost}) + Cost({"GBP": Decimal("1234567.89")})
        shown = str(total)
        assert card.digest == RateCard.of({"44": "0.12345678 GBP"}).digest
        assert Cost.from_dict(total.to_dict()) == total
    assert str(cost) == "1234567800.12345678"
    assert str(total.amounts["GBP"]) == "1235802368.01345678"
    assert shown == "GBP 1,235,802,368.01"


# --- the example ----------------------------------------------------------------------------------


def test_the_example_card() -> None:
    """The card of the example data: 242 countries, three decimals, pounds; labelled."""
    card = RateCard.read(DATA / "rates.csv")
    assert (len(card.rates), card.scale, card.currencies) == (242, 3, ("GBP",))
    assert card.price("447700900123", 2) == Decimal("0.048")
    # The price of Egypt for a number of Washington whose +1 is missing: 7 times as much.
    assert card.price("12025550123", 1) == Decimal("0.024")
    assert card.price("2025550123", 1) == Decimal("0.168")
    assert all(rate.valid_from == date(2026, 4, 1) for rate in card.rates)
    assert "\n## rates.csv\n" in (DATA / "README.md").read_text(encoding="utf-8")


def test_a_fault_as_text() -> None:
    """A fault names its line where it has one."""
    assert str(CardFault(3, "price is empty")) == "line 3: price is empty"
    assert str(CardFault(None, "it is empty")) == "it is empty"
