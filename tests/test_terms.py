"""Terms: which prices of a card hold for one sender on one day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from typer.testing import CliRunner

from smsplan import InputError, Rate, RateCard, dry_run, plan
from smsplan.cli import app
from smsplan.ratecards import RateCardError, Terms

START = date(2026, 1, 1)
DAYS = st.one_of(st.none(), st.integers(0, 9).map(lambda n: START + timedelta(n)))
RATES = st.builds(
    Rate,
    country=st.sampled_from(["", "GB", "US"]),
    prefix=st.sampled_from(["", "44", "4477"]),
    sender_type=st.sampled_from(["", "10dlc", "Toll-free"]),
    price=st.decimals(0, 1, places=4),
    currency=st.just("GBP"),
    valid_from=DAYS,
    valid_to=DAYS,
)


def applies(rate: Rate, number: str, country: str, sender: str, on: date) -> bool:
    """Whether all filled keys of a row match."""
    return (
        rate.country in ("", country)
        and number.startswith(rate.prefix)
        and rate.sender_type in ("", sender)
        and (rate.valid_from or date.min) <= on <= (rate.valid_to or date.max)
    )


@given(
    st.lists(RATES, min_size=1, max_size=8),
    st.sampled_from([("447700900123", "GB"), ("12025550123", "US")]),
    st.sampled_from(["10dlc", "Toll-free"]),
    st.integers(0, 9).map(lambda n: START + timedelta(n)),
)
def test_the_most_specific_row_that_applies(
    rates: list[Rate], number: tuple[str, str], sender: str, on: date
) -> None:
    """Of the rows whose filled keys all match: longest prefix, then country, then sender."""
    try:
        card = RateCard(rates)
    except RateCardError:
        assume(False)
    applying = [rate for rate in rates if applies(rate, *number, sender, on)]
    best = max(
        applying,
        key=lambda rate: (len(rate.prefix), bool(rate.country), bool(rate.sender_type)),
        default=None,
    )
    # A sender that the card does not know is refused: it may be misspelt.
    known = {rate.sender_type for rate in rates} - {""}
    assume(sender in known or not known)
    if not applying and not any(applies(rate, rate.prefix + "1", rate.country, sender, on)
                                for rate in rates):  # fmt: skip
        with pytest.raises(InputError):
            card.terms(sender_type=sender, on=on)
        return
    found = card.terms(sender_type=sender, on=on).rate(number[0], country=number[1])
    assert (None if found is None else found.price) == (None if best is None else best.price)


CARD = """country,sender_type,price,currency,valid_from,valid_to
US,10dlc,0.0079,USD,,2026-03-31
US,10dlc,0.0083,USD,2026-04-01,
US,toll-free,0.0075,USD,,
GB,,0.034,USD,,
"""


def test_a_card_with_choices(tmp_path: Path) -> None:
    """It prices nothing before they are made; then plan, dry run and command price by them."""
    path = tmp_path / "rates.csv"
    path.write_text(CARD)
    card = RateCard.read(path)
    for call in (
        lambda: card.price("12025550123", 1),
        lambda: plan(["+12025550123"], "Hi", rates=card),
        lambda: dry_run({"to": ["12025550123"], "body": "Hi"}, rates=card),
        lambda: card.terms(sender_type="10dlc"),
        lambda: card.terms(on=date(2026, 4, 1)),
    ):
        with pytest.raises(InputError, match=r"card\.terms\("):
            call()
    april = card.terms(sender_type="10DLC", on=date(2026, 4, 1))
    assert plan(["+12025550123", "+447700900123"], "Hi", rates=april).cost.amounts == {
        "USD": Decimal("0.0423")
    }
    with pytest.raises(InputError, match="no sender type 'short code'; it has 10dlc, toll_free"):
        card.terms(sender_type="short code")
    people = tmp_path / "people.csv"
    people.write_text("to\n+12025550123\n")
    words = ["plan", str(people), "--body", "Hi", "--rates", str(path), "--json"]
    done = CliRunner().invoke(app, [*words, "--sender-type", "10dlc", "--on", "2026-03-31"])
    assert done.exit_code == 0
    assert '"USD": "0.0079"' in done.stdout
    assert isinstance(CliRunner().invoke(app, words).exception, InputError)
    checked = CliRunner().invoke(
        app,
        ["rates", "check", str(path), str(people), "--sender-type", "10dlc", "--on", "2026-03-31"],
    )
    assert "all 1 recipients have a price" in checked.stdout


def test_dates_that_do_not_go_together() -> None:
    """Where a sender's prices begin on another day than everybody's, the day has to be said."""
    rates = [
        Rate(country="US", price=Decimal("0.01"), currency="USD"),
        Rate(country="US", sender_type="10dlc", price=Decimal("0.02"), currency="USD",
             valid_from=date(2026, 4, 1)),
    ]  # fmt: skip
    card = RateCard(rates)
    with pytest.raises(InputError, match="say the day as well"):
        card.terms(sender_type="10dlc")
    before, after = (card.terms(sender_type="10dlc", on=date(2026, m, 15)) for m in (3, 4))
    assert (before.price("12025550123", 1), after.price("12025550123", 1)) == (
        Decimal("0.01"),
        Decimal("0.02"),
    )
    with pytest.raises(InputError, match="valid on 2025-12-31"):
        RateCard([rates[1]]).terms(on=date(2025, 12, 31))


def test_a_card_without_choices_is_its_own_terms() -> None:
    """Nothing changes where nothing is to be chosen."""
    card = RateCard.of("0.034 GBP")
    assert card.terms() == Terms.of(card) == card.terms(on=START, sender_type="10dlc")
    assert card.terms().digest == card.digest
