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
