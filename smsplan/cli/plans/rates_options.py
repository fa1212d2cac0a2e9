"""What the options about prices say: the terms that a command plans by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import typer

from smsplan.cli.console import day
from smsplan.errors import InputError
from smsplan.keywords import option, taken

if TYPE_CHECKING:
    from smsplan.ratecards import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Prices and account."""

    rates: str | None = option(None, "A rate card: CSV, a workbook or Parquet.", form="CARD")
    price: str | None = option(None, "One price for all, such as '0.034 GBP'.")
    on: str | None = option(None, "The day whose prices hold, such as 2026-12-01.", form="DAY")
    sender_type: str | None = option(None, "The sender whose prices hold, such as 10dlc.")
    charge_on: str | None = option(None, "submitted or delivered, where the card has both.")
    operators: str | None = option(
        None, "Delivery reports: how operators share the messages.", form="REPORTS"
    )
    mix: Mapping[str, str] = option(
        {}, "'US:310410=40%', '*' for the others.", form="COUNTRY:OPERATOR=SHARE"
    )
    used: Mapping[str, str] = option(
        {}, "Sent this month before, for tiers: 'US=120000'.", form="PRICE=COUNT"
    )
    exchange: Mapping[str, str] = option(
        {}, "Of the day of --on, 'EUR=1.08 USD'.", form="CURRENCY=RATE"
    )
    mixed_currencies: bool = option(False, "The rate card has several currencies.")

    def terms(self) -> Terms | None:
        """Return the terms of the card or of the price; None where neither is given."""
        from smsplan.ratecards import OperatorMix, RateCard, Terms

        if self.rates is not None and self.price is not None:
            raise typer.BadParameter("give --rates or --price", param_hint="--rates")
        if self.rates is None:
            if any(getattr(self, each.name) for each in fields(self)[2:]):
                raise typer.BadParameter(
                    "choose prices of a rate card: give --rates", param_hint="--rates"
                )
            return None if self.price is None else Terms.of(RateCard.of(self.price))
        known = None if self.operators is None else OperatorMix.from_reports(self.operators)
        if self.mix:
            given = OperatorMix.of(_mix(self.mix))
            # What was said on the spot goes before what was learnt.
            known = given if known is None else given | known
        # With rates of exchange the card is converted to one currency.
        mixed = self.mixed_currencies or bool(self.exchange)
        return RateCard.read(self.rates, mixed_currencies=mixed).terms(
            sender_type=self.sender_type,
            on=day(self.on),
            charge_on=self.charge_on,  # type: ignore[arg-type]
            mix=known,
            used=_used(self.used),
            exchange=self.exchange or None,
        )


def terms(given: dict[str, Any]) -> Terms | None:
    """Take the options about prices out of those that were given; return their terms."""
    return Rates(**taken(given, Rates)).terms()


def _mix(items: Mapping[str, str]) -> dict[str, dict[str, int | str]]:
    out: dict[str, dict[str, int | str]] = {}
    for name, share in items.items():
        country, colon, operator = name.partition(":")
        if not colon:
            raise InputError(f"--mix '{name}={share}': write such as 'US:310410=40%'")
        out.setdefault(country, {})[operator] = int(share) if share.isdecimal() else share
    return out


def _used(items: Mapping[str, str]) -> dict[str, int]:
    for name, count in items.items():
        if not (count.isascii() and count.isdecimal()):
            raise InputError(f"--used '{name}={count}': write a whole number: 'US=120000'")
    return {name: int(count) for name, count in items.items()}
