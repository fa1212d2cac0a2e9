"""What the options about prices say: the terms that a command plans by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from smsplan.cli.console import day, pairs
from smsplan.errors import InputError

if TYPE_CHECKING:
    from smsplan.ratecards import Terms


def terms(
    rates: str | None,
    price: str | None,
    *,
    sender_type: str | None,
    on: str | None,
    charge_on: Any,
    operators: str | None,
    mix: list[str],
    used: list[str],
    exchange: list[str],
    mixed_currencies: bool,
) -> Terms | None:
    """Return the terms of a card or of one price, None where neither is given."""
    from smsplan.ratecards import OperatorMix, RateCard, Terms

    if rates is not None and price is not None:
        raise typer.BadParameter("give --rates or --price", param_hint="--rates")
    chosen = any((sender_type, on, charge_on, operators, mix, used, exchange))
    if rates is None:
        if chosen:
            raise typer.BadParameter(
                "choose prices of a rate card: give --rates", param_hint="--rates"
            )
        return None if price is None else Terms.of(RateCard.of(price))
    if mixed_currencies is False and exchange:
        mixed_currencies = True  # the card is converted to one
    known = None if operators is None else OperatorMix.from_reports(operators)
    if mix:
        given = OperatorMix.of(_mix(mix))
        # What was said on the spot goes before what was learnt.
        known = given if known is None else given | known
    return RateCard.read(rates, mixed_currencies=mixed_currencies).terms(
        sender_type=sender_type,
        on=day(on),
        charge_on=charge_on,
        mix=known,
        used=_used(used),
        exchange=pairs(exchange, "--exchange") or None,
    )


def _mix(items: list[str]) -> dict[str, dict[str, int | str]]:
    out: dict[str, dict[str, int | str]] = {}
    for name, share in pairs(items, "--mix").items():
        country, colon, operator = name.partition(":")
        if not colon:
            raise InputError(f"--mix '{name}={share}': write such as 'US:310410=40%'")
        out.setdefault(country, {})[operator] = int(share) if share.isdecimal() else share
    return out


def _used(items: list[str]) -> dict[str, int]:
    out = {}
    for name, count in pairs(items, "--used").items():
        if not (count.isascii() and count.isdecimal()):
            raise InputError(f"--used '{name}={count}': write a whole number: 'US=120000'")
        out[name] = int(count)
    return out
