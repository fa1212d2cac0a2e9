"""What a plan may be at most: checked before anything is sent, every breach named at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from enum import Enum, auto
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from smsplan.errors import Breach, InputError, PlanRejected
from smsplan.keywords import option
from smsplan.plurals import counted

if TYPE_CHECKING:
    from smsplan.ratecards import Cost

# So many rows are named for each breach.
SHOWN_ROWS = 5


class RowKind(Enum):
    """Which rows are at fault for a breach."""

    ALL = auto()
    LONG = auto()
    UNPRICED = auto()
    PROBLEM = auto()
    UNICODE = auto()
    ELSEWHERE = auto()


Found = tuple[Breach, RowKind]


class Facts(NamedTuple):
    """What limits are compared with; ``lengths`` and ``countries`` count messages."""

    rows: int
    messages: int
    parts: int
    lengths: Mapping[int, int]
    unicode: int
    cost: Cost
    problems: int
    countries: Mapping[str | None, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits: what a plan may be at most.

    ``max_cost`` is an amount with its currency, or several of different currencies; the highest
    that it may cost is compared with it. Cost in another currency breaches it, and so does every
    message without a price that ``max_unpriced`` does not allow. ``max_parts_per_message``,
    ``max_parts`` and ``max_messages`` count what is billed and sent. ``max_problems`` is a number
    of rows that are not sent, whatever their problem, or a share of all rows (``"1%"``);
    ``max_unpriced`` the same of messages. ``allow_unicode=False`` allows the GSM alphabet only.
    ``countries`` are those that messages may go to.

    Raises :class:`~smsplan.errors.InputError` where a limit is not one.

    >>> from smsplan.ratecards import Cost
    >>> limits = Limits(max_cost="0.05 GBP", max_parts_per_message=1)
    >>> facts = Facts(1, 1, 2, {2: 1}, 0, Cost({"GBP": Decimal("0.068")}), 0, {"GB": 1})
    >>> for breach, _ in limits.breaches(facts):
    ...     print(breach)
    max_cost: it costs GBP 0.068, and GBP 0.05 are allowed
    max_parts_per_message: 1 message has more than 1 part, up to 2
    """

    max_cost: str | Sequence[str] | None = option(
        None, "Exit with 3 above this cost, one for each currency: '500 EUR'.", form="COST"
    )
    max_parts_per_message: int | None = option(
        None, "Exit with 3 where a message has more parts.", least=0
    )
    max_parts: int | None = option(None, "Exit with 3 above so many parts.", least=0)
    max_messages: int | None = option(None, "Exit with 3 above so many messages.", least=0)
    max_unpriced: int | str | None = option(
        None, "Exit with 3 above so many messages without a price: 100 or '1%'."
    )
    max_problems: int | str | None = option(
        None, "Exit with 3 above so many rows that are not sent: 100 or '1%'."
    )
    allow_unicode: bool = option(
        True, "Exit with 3 where a message needs Unicode.", name="no-unicode"
    )
    countries: Collection[str] | None = option(
        None,
        "Exit with 3 where a message goes elsewhere.",
        name="only-country",
        form="COUNTRY",
    )

    def __post_init__(self) -> None:
        from smsplan.ratecards import COUNTRIES

        _ = self._amounts
        for name in ("max_parts_per_message", "max_parts", "max_messages"):
            value = getattr(self, name)
            if value is not None and (
                not isinstance(value, int) or isinstance(value, bool) or value < 0
            ):
                raise InputError(f"{name}={value!r} is no number of 0 or more; write one")
        for name in ("max_unpriced", "max_problems"):
            share(name, getattr(self, name), 0)
        if isinstance(self.countries, str):
            raise InputError(f"countries is text; write a list: ['{self.countries}']")
        strange = sorted(set(self.countries or ()) - COUNTRIES)
        if strange:
            listed = ", ".join(map(repr, strange))
            raise InputError(f"countries has {listed}, no codes of ISO 3166; write such as 'GB'")

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) != each.default for each in fields(self))

    @property
    def _amounts(self) -> dict[str, Decimal]:
        """The most that may be spent in each currency."""
        from smsplan.ratecards import money

        given = () if self.max_cost is None else self.max_cost
        texts = given if isinstance(given, tuple | list) else (given,)
        out: dict[str, Decimal] = {}
        for text in texts:
            amount, currency = money(text, "max_cost")
            if currency in out:
                raise InputError(f"max_cost has two amounts in {currency}; keep one")
            out[currency] = amount
        return out

    def too_long(self, parts: int) -> bool:
        """Whether a message has too many parts."""
        return self.max_parts_per_message is not None and parts > self.max_parts_per_message

    def elsewhere(self, country: str | None) -> bool:
        """Whether messages may not go to a country."""
        return self.countries is not None and country not in self.countries

    def breaches(self, facts: Facts) -> Iterator[Found]:
        """Yield every limit that the facts are above, with the figures and whose fault it is."""
        yield from self._too_expensive(facts)
        most = self.max_parts_per_message
        longer = sum(n for parts, n in facts.lengths.items() if self.too_long(parts))
        if most is not None and longer:
            said = (
                f"{counted(longer, 'message has', 'messages have')} more than "
                f"{counted(most, 'part')}, up to {max(facts.lengths):,}"
            )
            yield Breach("max_parts_per_message", said), RowKind.LONG
        for name, found, one in (
            ("max_parts", facts.parts, "part"),
            ("max_messages", facts.messages, "message"),
        ):
            limit: int | None = getattr(self, name)
            if limit is not None and found > limit:
                are = "is" if found == 1 else "are"
                said = f"there {are} {counted(found, one)}, and {limit:,} are allowed"
                yield Breach(name, said), RowKind.ALL
        if self.max_unpriced is not None and self.max_cost is None:
            yield from self._unpriced("max_unpriced", facts)
        if self.max_problems is not None and facts.problems > share(
            "max_problems", self.max_problems, facts.rows
        ):
            percent = f"{100 * facts.problems / facts.rows:.3g} %"
            said = (
                f"{counted(facts.problems, 'row is', 'rows are')} not sent ({percent} of "
                f"{facts.rows:,}), and {_shown(self.max_problems)} are allowed"
            )
            yield Breach("max_problems", said), RowKind.PROBLEM
        if not self.allow_unicode and facts.unicode:
            need = counted(facts.unicode, "message needs", "messages need")
            yield Breach("allow_unicode", f"{need} Unicode, and none may"), RowKind.UNICODE
        other = {key: n for key, n in facts.countries.items() if self.elsewhere(key)}
        if sum(other.values()):
            listed = ", ".join(sorted(key or "unknown" for key in other))
            going = counted(sum(other.values()), "message goes", "messages go")
            yield Breach("countries", f"{going} to other countries: {listed}"), RowKind.ELSEWHERE

    def _too_expensive(self, facts: Facts) -> Iterator[Found]:
        from smsplan.ratecards import Cost

        allowed = self._amounts
        if self.max_cost is None:
            return
        most = "" if facts.cost.is_exact else "up to "
        for currency, amount in facts.cost.high.items():
            if currency not in allowed and amount:
                yield (
                    Breach(
                        "max_cost",
                        f"it costs {most}{Cost({currency: amount})}, and no {currency} are "
                        f"allowed, only {' and '.join(sorted(allowed))}",
                    ),
                    RowKind.ALL,
                )
            elif amount > allowed.get(currency, amount):
                yield (
                    Breach(
                        "max_cost",
                        f"it costs {most}{Cost({currency: amount})}, and "
                        f"{Cost({currency: allowed[currency]})} are allowed",
                    ),
                    RowKind.ALL,
                )
        yield from self._unpriced("max_cost", facts)

    def _unpriced(self, name: str, facts: Facts) -> Iterator[Found]:
        allowed = share("max_unpriced", self.max_unpriced or 0, facts.messages)
        if facts.cost.unpriced > allowed:
            least = f", and {_shown(self.max_unpriced)} are allowed" if self.max_unpriced else ""
            yield (
                Breach(
                    name,
                    f"{counted(facts.cost.unpriced, 'message has', 'messages have')} no price, so "
                    f"that the cost is not known{least}",
                ),
                RowKind.UNPRICED,
            )


def check(limits: Limits, facts: Facts, at_fault: Callable[[RowKind], Iterable[int]]) -> None:
    """Raise :class:`~smsplan.errors.PlanRejected` with every breach and its first rows, if any.

    ``at_fault`` gives the rows of a kind in order, counted from 1; it is asked only where needed.
    """
    breaches = tuple(
        replace(
            breach, rows=() if rows is RowKind.ALL else tuple(islice(at_fault(rows), SHOWN_ROWS))
        )
        for breach, rows in limits.breaches(facts)
    )
    if breaches:
        raise PlanRejected(breaches)


def share(name: str, limit: int | str | None, whole: int) -> Fraction:
    """Read a number, or a share of the whole; raises InputError where it is neither.

    >>> share("max_problems", "5%", 200), share("max_problems", 7, 200)
    (Fraction(10, 1), Fraction(7, 1))
    """
    if limit is None:
        return Fraction(0)
    if isinstance(limit, int) and not isinstance(limit, bool) and limit >= 0:
        return Fraction(limit)
    found = (
        re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(%?)\s*", limit)
        if isinstance(limit, str)
        else None
    )
    if found is None or (not found[2] and "." in found[1]):
        raise InputError(f"{name}={limit!r} is neither a number nor a share; write 100 or '1%'")
    number = Fraction(found[1])
    return number * whole / 100 if found[2] else number


def _shown(limit: int | str | None) -> str:
    return limit.strip() if isinstance(limit, str) else f"{limit:,}"
