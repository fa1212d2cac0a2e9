"""Rate cards: rows of prices, checked together."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from smsplan.errors import InputError
from smsplan.ratecards.costs import EXACT
from smsplan.ratecards.faults import (
    CardFault,
    RateCardError,
    Row,
    faults_of,
    not_text,
    open_choices,
)
from smsplan.ratecards.garbage import search_put_off
from smsplan.ratecards.rate import COLUMNS, Rate, cells_of, decimals, quoted
from smsplan.ratecards.reading import (
    from_mapping,
    is_price,
    lines_of_text,
    mapped_names,
    parsed,
    parsed_json,
    text_of,
)
from smsplan.tables import is_binary, lines_of

if TYPE_CHECKING:
    from smsplan.ratecards.mixes import OperatorMix
    from smsplan.ratecards.terms import Terms


class RateCard:
    """Rows of prices; immutable, equal by content, not by order.

    Made by :meth:`read` or :meth:`of`, or from rates. Raises :class:`RateCardError` with all faults
    together. Prices in more than one currency are a fault unless ``mixed_currencies`` says that
    they are meant.

    >>> card = RateCard.of({"+44": "0.034 GBP", "+447": "0.040 GBP", "*": "0.10 GBP"})
    >>> card.price("447700900123", 2)
    Decimal('0.080')
    >>> card.rate("15550100123").price
    Decimal('0.10')
    """

    __slots__ = ("_open", "_terms", "rates")

    rates: tuple[Rate, ...]
    _open: str
    _terms: Terms | None

    def __init__(self, rates: Iterable[Rate], *, mixed_currencies: bool = False) -> None:
        kept = tuple(rates)
        faults = faults_of([Row(rate) for rate in kept], mixed_currencies)
        if not kept:
            faults.append(CardFault(None, "it has no prices; add at least one"))
        if faults:
            raise RateCardError(faults)
        self._keep(kept)

    def _keep(self, checked: tuple[Rate, ...]) -> None:
        set_ = object.__setattr__
        set_(self, "rates", checked)
        set_(self, "_open", open_choices(checked))
        set_(self, "_terms", None)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a RateCard cannot be changed: '{name}'")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a RateCard cannot be changed: '{name}'")

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self.rates,)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RateCard):
            return NotImplemented
        return frozenset(self.rates) == frozenset(other.rates)

    def __hash__(self) -> int:
        return hash(frozenset(self.rates))

    def __repr__(self) -> str:
        mixed = ", mixed_currencies=True" if len(self.currencies) > 1 else ""
        return f"RateCard({list(self.rates)!r}{mixed})"

    @classmethod
    @search_put_off()
    def read(
        cls,
        path: str | os.PathLike[str],
        *,
        columns: Mapping[str, str] | None = None,
        decimal: Literal[".", ","] | None = None,
        currency: str | None = None,
        mixed_currencies: bool = False,
    ) -> RateCard:
        """Read a card from CSV (UTF-8; comma, semicolon or tab), a workbook, Parquet or JSON.

        ``book.xlsx#Sheet`` names a sheet. The module says which columns there are; of a file with
        others, ``columns`` maps those names to the file's, and no other column is read:
        ``columns={"country": "ISO", "price": "Price (EUR)"}``. A currency in the name of the price
        column counts where no column has it. ``decimal`` says how prices are written, ``1.234,5``
        (``","``) or ``1,234.5`` (``"."``); without it a price with a comma is a fault. ``currency``
        holds where the file names none. The published shapes of Twilio (CSV, API), Vonage,
        MessageBird, Plivo, DIDWW and Melrose are known by their columns or keys.

        Raises :class:`RateCardError` with every fault of the file, each with its line.
        """
        name = os.fsdecode(path)
        if decimal not in (None, ".", ","):
            raise InputError(f"decimal={decimal!r}: write '.' or ','")
        wanted = mapped_names(columns)
        try:
            if name.lower().endswith(".json"):
                rows, faults = parsed_json(text_of(Path(name)), decimal, currency=currency or "")
            else:
                binary = is_binary(name)
                lines = lines_of(name) if binary else lines_of_text(text_of(Path(name)), wanted)
                rows, faults = parsed(
                    lines, wanted, decimal, currency=currency or "", merged=binary
                )
        except InputError as error:
            if not isinstance(error, RateCardError):
                raise RateCardError([CardFault(None, str(error))], name) from None
            raise RateCardError(error.faults, name) from None
        return cls._made(rows, faults, mixed_currencies, name)

    @classmethod
    def _made(
        cls,
        rows: list[Row],
        faults: list[CardFault],
        mixed_currencies: bool,
        path: str | None = None,
    ) -> RateCard:
        faults = [*faults, *faults_of(rows, mixed_currencies)]
        if faults:
            raise RateCardError(faults, path)
        made = cls.__new__(cls)
        made._keep(tuple(row.rate for row in rows))
        return made

    @classmethod
    def of(
        cls,
        value: RateCard | Mapping[str, str] | str | os.PathLike[str],
        *,
        mixed_currencies: bool = False,
    ) -> RateCard:
        """Make a card of what stands for one.

        A card; a path to CSV; one price for every number (``"0.034 GBP"``); or a mapping of
        countries (``GB``), prefixes (``+44``) and the default (``*``) to such prices.

        >>> RateCard.of("0.034 GBP").rates
        (Rate(country='', ..., price=Decimal('0.034'), currency='GBP', ...),)
        """
        if isinstance(value, RateCard):
            return value
        if isinstance(value, str) and is_price(value):
            return cls._made(*from_mapping({"*": value}, named=False), mixed_currencies)
        if isinstance(value, str | os.PathLike) and os.fspath(value):
            return cls.read(value, mixed_currencies=mixed_currencies)
        if isinstance(value, Mapping) and value:
            return cls._made(*from_mapping(value, named=True), mixed_currencies)
        hint = not_text(value) or (
            "it is empty"
            if isinstance(value, str | Mapping)
            else "it is of no kind that holds prices"
        )
        raise RateCardError(
            [
                CardFault(
                    None,
                    f"{hint}; give a RateCard, the path of a CSV file, a price such as "
                    "'0.034 GBP', or a mapping such as {'GB': '0.034 GBP', '*': '0.10 GBP'}",
                )
            ]
        )

    def terms(
        self,
        *,
        sender_type: str | None = None,
        on: date | None = None,
        charge_on: Literal["submitted", "delivered"] | None = None,
        mix: OperatorMix | Mapping[str, Mapping[str, int | str]] | None = None,
        used: int | Mapping[str, int] = 0,
        exchange: Mapping[str, str] | None = None,
    ) -> Terms:
        """Return what holds for one sender on one day: it goes wherever rates go.

        A row that names the ``sender_type`` goes before one that names none, with the same keys;
        so does ``charge_on``. Rows that are not valid ``on`` the day are left out. ``mix`` says
        which share of the messages of a country goes to which operator
        (:class:`~smsplan.ratecards.OperatorMix`, or such as ``{"US": {"310410": "40%", ...}}``).
        ``used`` is what was sent this month before, in the units of a tier: for the whole card, or
        by country (``US``), prefix (``+44``) or ``*``. ``exchange`` converts prices by the user's
        rates of the day: ``{"EUR": "1.08 USD"}``.

        Raises :class:`~smsplan.errors.InputError` where the card does not know the sender, has no
        price that is valid on the day, or leaves open which prices hold.

        >>> card = RateCard([
        ...     Rate(country="US", price=Decimal("0.0079"), currency="USD"),
        ...     Rate(country="US", sender_type="toll_free", price=Decimal("0.007"), currency="USD"),
        ... ])
        >>> card.terms(sender_type="toll-free").price("12025550123", 1)
        Decimal('0.007')
        """
        from smsplan.ratecards.terms import settled_terms

        return settled_terms(
            self,
            sender_type=sender_type,
            on=on,
            charge_on=charge_on,
            mix=mix,
            used=used,
            exchange=exchange,
        )

    def check_settled(self) -> None:
        """Raise InputError where a choice is open, such as the sender or the day: :meth:`terms`."""
        if self._open:
            raise InputError(self._open)

    def rate(self, number: str, *, country: str | None = None) -> Rate | None:
        """Return the row of the base price of a number, None where there is none.

        ``number`` is written as the API takes it; ``country`` is computed from it where it is not
        given (``""``: not known). What is not a number has no price. Raises
        :class:`~smsplan.errors.InputError` where a choice is open, or the operator decides.
        """
        return self._as_terms().rate(number, country=country)

    def price(self, number: str, parts: int) -> Decimal | None:
        """Return what a message of so many parts costs, exactly; None where no row applies.

        Raises :class:`~smsplan.errors.InputError` where the operator decides.
        """
        return self._as_terms().price(number, parts)

    def _as_terms(self) -> Terms:
        if self._terms is None:
            from smsplan.ratecards.terms import Terms

            object.__setattr__(self, "_terms", Terms(self))
        assert self._terms is not None
        return self._terms

    @property
    def scale(self) -> int:
        """The largest number of decimals of a price, as written."""
        # Rows share their prices, as they were read.
        return max(map(decimals, {id(rate.price): rate.price for rate in self.rates}.values()))

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies of the prices, in alphabetical order."""
        return tuple(sorted({rate.currency for rate in self.rates} - {""}))

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the content: equal for equal cards, whatever the order of their rows."""
        rows = sorted(cells_of(rate, EXACT.normalize(rate.price)) for rate in self.rates)
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()

    def to_csv(self) -> str:
        r"""Return the card as CSV text that :meth:`read` reads back.

        >>> RateCard.of("0.034 GBP").to_csv().splitlines()[1]
        '*,,,,,base,part,,0.034,GBP,,,,'
        """
        rows = [COLUMNS, *(cells_of(rate, rate.price) for rate in self.rates)]
        return "".join(",".join(map(quoted, row)) + "\n" for row in rows)


def _rebuilt(rates: tuple[Rate, ...]) -> RateCard:
    return RateCard(rates, mixed_currencies=True)
