"""Rate cards as providers write them: mapped columns, decimal marks, workbooks, Parquet."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from smsplan import InputError, RateCard
from smsplan.cli import app
from smsplan.ratecards import RateCardError

MAPPED = {"country": "ISO", "price": "Price (EUR)"}
EXPECTED = RateCard.of({"DE": "0.0712 EUR", "FR": "0.06 EUR"})


def book(path: Path, *sheets: tuple[str, list[list[Any]]]) -> Path:
    """Write a workbook."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets:
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path


ROWS: list[list[Any]] = [
    ["ISO", "Country", "Price (EUR)"],
    ["DE", "Germany", 0.0712],
    ["FR", "France", 0.06],
]


def test_the_same_card_from_every_kind_of_file(tmp_path: Path) -> None:
    """A workbook, Parquet with decimals and with floats, and CSV with either mark."""
    xlsx = book(tmp_path / "a.xlsx", ("prices", ROWS))
    two = book(tmp_path / "b.xlsx", ("read me", [["hello"]]), ("prices", ROWS))
    names, codes = ["ISO", "Price (EUR)"], pa.array(["DE", "FR"])
    floats, decimals = tmp_path / "f.parquet", tmp_path / "d.parquet"
    pa.parquet.write_table(pa.table([codes, pa.array([0.0712, 0.06])], names), floats)
    exact = pa.array([Decimal("0.0712"), Decimal("0.0600")])
    pa.parquet.write_table(pa.table([codes, exact], names), decimals)
    comma, point = tmp_path / "c.csv", tmp_path / "p.csv"
    comma.write_text("ISO;Country;Price (EUR)\nDE;Germany;0,0712\nFR;France;0,06\n")
    point.write_text("ISO,Country,Price (EUR)\nDE,Germany,0.0712\nFR,France,0.06\n")
    for path in (xlsx, f"{two}#prices", floats, decimals, point):
        assert RateCard.read(path, columns=MAPPED) == EXPECTED, path
    assert RateCard.read(comma, columns=MAPPED, decimal=",") == EXPECTED
    with pytest.raises(RateCardError, match="has the sheets 'read me', 'prices'; name one"):
        RateCard.read(two, columns=MAPPED)


@given(
    st.decimals(min_value=0, max_value=10**9, places=4),
    st.sampled_from([(",", "."), (",", " "), (",", "\u00a0"), (".", ","), (".", "'"), (",", "")]),
)
def test_any_price_in_any_mark(price: Decimal, marks: tuple[Any, str]) -> None:
    """A price with a mark between thousands and before the decimals is the same price."""
    from smsplan.ratecards.reading import price_of

    decimal, thousands = marks
    text = f"{price:,.4f}".translate(str.maketrans({",": thousands, ".": decimal}))
    assert price_of(text, decimal) == price


@pytest.mark.parametrize(
    ("text", "decimal", "said"),
    [
        ("1,5", None, "decimal comma"),
        ("1,5", ".", "decimal comma"),
        ("1.5", ",", None),
        ("1.2.3", ",", "not a decimal number"),
        ("-1,5", ",", "negative"),
        ("1,23,456", ".", "not a decimal number"),
    ],
)
def test_prices_that_are_in_doubt(tmp_path: Path, text: str, decimal: Any, said: str | None
                                  ) -> None:  # fmt: skip
    """A price that the mark does not explain is a fault with its line, and no other price."""
    path = tmp_path / "r.csv"
    path.write_text(f'country,price,currency\nDE,"{text}",EUR\n')
    if said is None:
        assert RateCard.read(path, decimal=decimal).rates[0].price == Decimal(text)
        return
    with pytest.raises(RateCardError, match=said) as caught:
        RateCard.read(path, decimal=decimal)
    assert caught.value.faults[0].line == 2


def test_faults_of_a_mapping(tmp_path: Path) -> None:
    """A name that is none of ours, and a column that is none of the file's, are named."""
    path = tmp_path / "r.csv"
    path.write_text("ISO,Price EUR\nDE,0.1\n")
    with pytest.raises(InputError, match="no 'contry'; did you mean 'country'"):
        RateCard.read(path, columns={"contry": "ISO", "price": "Price EUR"})
    with pytest.raises(RateCardError, match="no column 'Iso' for country; did you mean 'ISO'"):
        RateCard.read(path, columns={"country": "Iso", "price": "Price EUR"})
    with pytest.raises(InputError, match="mapped to one column"):
        RateCard.read(path, columns={"country": "ISO", "price": "ISO"})
    with pytest.raises(InputError, match="write"):
        RateCard.read(path, decimal=";")  # type: ignore[arg-type]
    assert RateCard.read(path, columns={"country": "ISO", "price": "Price EUR"}).currencies == (
        "EUR",
    )


def test_a_currency_is_not_guessed(tmp_path: Path) -> None:
    """Of two codes in a name, or of a word that is none, no currency is taken."""
    for name in ("EUR or USD", "Price per SMS"):
        path = tmp_path / "r.csv"
        path.write_text(f"ISO,{name}\nDE,0.1\n")
        with pytest.raises(RateCardError, match="no column 'currency'"):
            RateCard.read(path, columns={"country": "ISO", "price": name})


def test_a_merged_header(tmp_path: Path) -> None:
    """A column whose name is merged away is not read as nothing."""
    path = book(tmp_path / "m.xlsx", ("prices", [["country", "price", None, "currency"],
                                                  ["DE", 0.1, 0.2, "EUR"]]))  # fmt: skip
    made = openpyxl.load_workbook(path)
    made["prices"].merge_cells("B1:C1")
    made.save(path)
    with pytest.raises(RateCardError, match="column 3 has values and no name"):
        RateCard.read(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """What is no workbook and no Parquet, or is not there, is a fault that names the next step."""
    for name, said in (("x.xlsx", "no whole workbook"), ("x.parquet", "no whole Parquet")):
        (tmp_path / name).write_text("hello")
        with pytest.raises(RateCardError, match=said):
            RateCard.read(tmp_path / name)
        with pytest.raises(RateCardError, match="no file"):
            RateCard.read(tmp_path / f"missing-{name}")


def test_check_and_convert(tmp_path: Path) -> None:
    """Who has no price is counted; the converted card is the same; old prices are named."""
    path = book(tmp_path / "a.xlsx", ("prices", ROWS))
    people = tmp_path / "people.csv"
    people.write_text("phone\n+4915112345678\n+33612345678\n+447700900123\n+447700900124\n12\n")
    columns = [f"--column={ours}={theirs}" for ours, theirs in MAPPED.items()]
    run = CliRunner()
    checked = run.invoke(app, ["rates", "check", str(path), str(people), "--to", "phone", *columns])
    assert checked.exit_code == 3
    assert "2 rows, 2 countries, EUR" in checked.stdout
    assert "2 of 4 recipients have no price: GB 2" in checked.stdout
    target = tmp_path / "rates.csv"
    assert run.invoke(app, ["rates", "convert", str(path), str(target), *columns]).exit_code == 0
    assert RateCard.read(target) == EXPECTED
    assert not list(tmp_path.glob(".*"))
    target.write_text("country,price,currency,valid_from,valid_to\n"
                      "DE,0.1,EUR,2026-01-01,2026-06-30\nFR,0.1,EUR,2026-02-01,\n")  # fmt: skip
    words = ["rates", "check", str(target), "--json", "--on"]
    old = run.invoke(app, [*words, "2026-07-01"])
    assert (old.exit_code, json.loads(old.stdout)["no_longer_valid"]) == (3, [2])
    early = run.invoke(app, [*words, "2026-01-15"])
    assert (early.exit_code, json.loads(early.stdout)["not_yet_valid"]) == (3, [3])
    assert run.invoke(app, [*words, "2026-03-01"]).exit_code == 0
    section = (Path(__file__).parents[1] / "docs" / "json.md").read_text(encoding="utf-8")
    for key in json.loads(old.stdout):
        assert f"`{key}`" in section.split("## smsplan.rates/1")[1].split("\n## ")[0]


def priced(card: RateCard, **terms: Any) -> dict[str, str]:
    """Return what one part costs to some numbers, as text."""
    chosen = card.terms(**terms)
    numbers = {"AF": "93701234567", "GB": "447700900123", "US": "12025550123", "FR": "33612345678"}
    found = {place: chosen.charge(number) for place, number in numbers.items()}
    return {
        place: "rejected" if charge.rejected else charge.cost(1).brief
        for place, charge in found.items()
        if charge is not None
    }


TWILIO = """ISO,Country,Description,Price / msg
AF,Afghanistan,AFGHANISTAN Outbound SMS - Etisalat,0.1850
AF,Afghanistan,AFGHANISTAN Outbound SMS - Other,0.2010
GB,United Kingdom,UNITED KINGDOM Outbound SMS - Other,0.0400
"""
TWILIO_API = {
    "country": "United Kingdom", "iso_country": "GB", "price_unit": "usd",
    "outbound_sms_prices": [
        {"carrier": "Vodafone", "mcc": "234", "mnc": "15", "prices": [
            {"number_type": "mobile", "base_price": "0.0500", "current_price": "0.0420"},
            {"number_type": "shortcode", "base_price": "0.0600", "current_price": "0.0600"}]},
        {"carrier": "Other", "mcc": "234", "mnc": None, "prices": [
            {"number_type": "mobile", "base_price": "0.0400", "current_price": "0.0400"}]},
    ],
}  # fmt: skip
VONAGE = {"count": 2, "countries": [
    {"countryName": "United Kingdom", "currency": "EUR", "defaultPrice": "0.03330000",
     "dialingPrefix": "44", "networks": [
        {"type": "mobile", "price": "0.03440000", "currency": "EUR", "mcc": "234", "mnc": "15",
         "networkCode": "23415", "networkName": "Vodafone"},
        {"type": "landline", "price": "0.02", "currency": "EUR", "networkCode": "GB-FIXED",
         "networkName": "United Kingdom Landline"}]},
    {"countryName": "United States", "currency": "EUR", "defaultPrice": "0.0057",
     "dialingPrefix": "1", "networks": []},
]}  # fmt: skip
MESSAGEBIRD = {"gateway": 0, "currencyCode": "EUR", "totalCount": 3, "prices": [
    {"price": "0.060000", "currencyCode": "EUR", "mccmnc": "0", "mcc": "0", "mnc": None,
     "countryName": "Default Rate", "countryIsoCode": "XX", "operatorName": "Default Rate"},
    {"price": "0.047000", "currencyCode": "EUR", "mccmnc": "234", "mcc": "234", "mnc": None,
     "countryName": "United Kingdom", "countryIsoCode": "GB", "operatorName": None},
    {"price": 0.045, "currencyCode": "EUR", "mccmnc": "23415", "mcc": "234", "mnc": "15",
     "countryName": "United Kingdom", "countryIsoCode": "GB", "operatorName": "Vodafone"},
]}  # fmt: skip
PLIVO = {"country": "United States", "country_iso": "US", "message": {
    "inbound": {"rate": "0.0055"}, "outbound": {"rate": "0.0065"},
    "outbound_networks_list": [
        {"group_name": "United States - ATT", "rate": "0.0065"},
        {"group_name": "United States - Verizon", "rate": "0.0070"},
        {"group_name": "United States - Others", "rate": "0.0065"}]}}  # fmt: skip
DIDWW = """Source prefix,Destination prefix,Country,MCC,MCC name,MNC,MNC name,Reject SMS,Price
,44,United Kingdom,234,United Kingdom,,,No,0.0410
,44,United Kingdom,234,United Kingdom,15,Vodafone,No,0.0380
,33,France,208,France,,,Yes,
"""
MELROSE = """MCCMNC,PriceSubmit,PriceDelivered,Currency,Effective
23415,0.0300,0.0330,EUR,2026-01-01
23410,0.0310,0.0340,EUR,2026-01-01
20801,0.0500,,EUR,2026-01-01
"""


@pytest.mark.parametrize(
    ("name", "content", "how", "terms", "expected"),
    [
        ("t.csv", TWILIO, {"currency": "USD"}, {},
         {"AF": "USD 0.185 to 0.201", "GB": "USD 0.04"}),
        ("t.json", TWILIO_API, {}, {"sender_type": "mobile"}, {"GB": "USD 0.04 to 0.042"}),
        ("t.json", [TWILIO_API], {}, {"sender_type": "shortcode"}, {"GB": "USD 0.06"}),
        ("v.json", VONAGE, {}, {}, {"GB": "EUR 0.02 to 0.0344", "US": "EUR 0.0057"}),
        ("m.json", MESSAGEBIRD, {}, {}, {"AF": "EUR 0.06", "GB": "EUR 0.045 to 0.047",
                                         "US": "EUR 0.06", "FR": "EUR 0.06"}),
        ("p.json", PLIVO, {"currency": "USD"}, {}, {"US": "USD 0.0065 to 0.007"}),
        ("d.csv", DIDWW, {}, {}, {"GB": "USD 0.038 to 0.041", "FR": "rejected"}),
        ("m.csv", MELROSE, {}, {"charge_on": "submitted"},
         {"GB": "EUR 0.03 to 0.031", "FR": "EUR 0.05"}),
        ("m.csv", MELROSE, {}, {"charge_on": "delivered"}, {"GB": "EUR 0.033 to 0.034"}),
    ],
)  # fmt: skip
def test_published_shapes(
    tmp_path: Path, name: str, content: Any, how: Any, terms: Any, expected: dict[str, str]
) -> None:
    """A card in each shape that providers publish, and again through our own columns."""
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    card = RateCard.read(path, **how)
    assert priced(card, **terms) == expected
    ours = tmp_path / "ours.csv"
    ours.write_text(card.to_csv(), newline="")
    assert RateCard.read(ours) == card


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.csv", TWILIO, r"no column 'currency'.*currency='EUR'"),
        ("t.csv", TWILIO.replace("0.1850", "1,5"), "it has 5 cells and the first line 4"),
        ("t.csv", TWILIO.replace("AF,", "UK,"), "not a code of ISO 3166; write 'GB'"),
        ("p.json", PLIVO, "no column 'currency'"),
        ("v.json", {"countries": [{"networks": "x"}]}, "no list where country 1, network 1"),
        ("v.json", {"countries": {}}, "no list where country 1 should be"),
        ("x.json", {"anything": 1}, "none of the shapes that are known"),
        ("x.json", [{"countries": []}, 5], r"its JSON \(entry 2\) has none"),
        ("x.json", [], "it has no prices"),
        ("x.json", "{", "it is no JSON"),
        ("m.json", {"prices": [{"price": "-1", "currencyCode": "EUR", "countryIsoCode": "GB"}]},
         "price 1: price is negative"),
        ("m.csv", MELROSE.replace("23415", "99915"), "has an operator and no country"),
        ("m.csv", MELROSE.replace("23410", "23415"), "the same country, prefix and operator as"),
    ],
)  # fmt: skip
def test_faults_of_published_shapes(tmp_path: Path, name: str, content: Any, said: str) -> None:
    """Each says where, and what to do."""
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(RateCardError, match=said):
        RateCard.read(path)


def test_a_mix_by_name(tmp_path: Path) -> None:
    """Where a card names its operators, so does a mix; a name that it does not have is refused."""
    path = tmp_path / "twilio.csv"
    path.write_text(TWILIO)
    card = RateCard.read(path, currency="USD")
    charge = card.terms(mix={"AF": {"Etisalat": "50%", "*": "50%"}}).charge("93701234567")
    assert charge is not None
    assert (
        charge.cost(1).expected["USD"] * 2 == charge.cost(1).low["USD"] + charge.cost(1).high["USD"]
    )
    with pytest.raises(InputError, match="the mix has operator Etisalaat of AF"):
        card.terms(mix={"AF": {"Etisalaat": 1}})
