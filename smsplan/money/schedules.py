"""When a plan goes out: at which rate, within which hours, and what would expire before.

The queue of a sender lets so many recipients or parts through a second. Messages that wait in it
are given up when they expire, three days after ``send_at``. So a long campaign is handed over in
portions, each with a ``send_at`` of its own, and within the hours in which its recipients may be
texted. Times are exact fractions of seconds until they are shown.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.errors import InputError
from smsplan.kernel.dictionaries import places
from smsplan.kernel.numbers.prefixes import PrefixTree
from smsplan.kernel.numbers.ranges import COUNTRIES
from smsplan.kernel.settlement import recipient_keys
from smsplan.numbers.zones import zones_by_prefix
from smsplan.ratecards import COUNTRIES as ISO
from smsplan.showing import drawn, plotted
from smsplan.totals.tabular import ANY, COUNT, TIME, frame

# Hours for all, a preset, or hours by country.
QuietHours = str | Mapping[str, str]

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from smsplan.totals.tabular import Frame

# The API's default, and its most.
EXPIRE_AFTER = timedelta(days=3)
_LONGEST = timedelta(days=366)
_SECOND = timedelta(seconds=1)
_SECONDS = {"s": 1, "sec": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600}
# Portions are no longer than a day, so that each is handed over well before it expires.
_PORTION = timedelta(days=1)
Interval = tuple[datetime, datetime]
# From and to in seconds since the start, whose turn, and how many units.
_Taken = tuple[Fraction, Fraction, int, int]
Batches = Callable[[], Iterable[pa.RecordBatch]]


@dataclass(frozen=True, slots=True)
class SendingRate:
    """How much a sender lets through: ``units`` (``recipients`` or ``parts``) a second."""

    per_second: Fraction
    units: str

    def __str__(self) -> str:
        return f"{_number(self.per_second)} {self.units}/s"

    @classmethod
    def of(cls, text: object) -> SendingRate:
        """Read ``30 recipients/s``, ``3 parts/s``, ``100 parts/min``.

        >>> SendingRate.of("90 parts/min")
        SendingRate(per_second=Fraction(3, 2), units='parts')
        """
        found = re.fullmatch(
            r"\s*([0-9]+(?:\.[0-9]+)?)\s*(recipient|part)s?\s*(?:/|\s+a\s+|\s+per\s+)\s*([a-z]+)\s*",
            text if isinstance(text, str) else "",
        )
        if found is None or found[3] not in _SECONDS or not Fraction(found[1]):
            raise InputError(
                f"rate {text!r}: write a number with its unit, '30 recipients/s' or '3 parts/s'; a "
                "provider's limit is one or the other. Yours is in your account's service plan or "
                "contract: none is guessed"
            )
        return cls(Fraction(found[1]) / _SECONDS[found[3]], found[2] + "s")


class Portion(NamedTuple):
    """Messages that go out in one go: from ``begin`` to ``end`` (UTC), to people of some zones.

    ``recipients`` and ``parts`` are how many; ``group`` is the place of their zones in
    ``Schedule.groups``.
    """

    begin: datetime
    end: datetime
    group: int
    recipients: int
    parts: int


@dataclass(frozen=True, slots=True)
class Group:
    """People whose hours are the same: the zones in which they may live, and how many they are.

    ``quiet`` are their quiet hours (null: none apply), ``why`` says why nothing can be sent to them
    (empty: it can).
    """

    zones: tuple[str, ...]
    quiet: str | None
    recipients: int
    parts: int
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Schedule:
    """When the messages of a plan go out; ``print`` shows a table.

    ``portions`` in order of time, from ``start`` to ``finish``. ``at_once`` says what would happen
    were all handed over at the start: when it would end, how many messages would ``expire``, and
    how many would go out in quiet hours. ``groups`` with a ``why`` are not scheduled. ``warnings``
    are what cannot be known.
    """

    rate: SendingRate
    start: datetime
    finish: datetime
    portions: tuple[Portion, ...]
    groups: tuple[Group, ...]
    at_once: AtOnce
    expire_after: timedelta
    daily_cap: int | None = None
    warnings: tuple[str, ...] = ()
    _quiet: Mapping[str, Window] = field(default_factory=dict)
    _units: tuple[int, ...] = ()

    @property
    def duration(self) -> timedelta:
        """From the start to the last message."""
        return self.finish - self.start

    @property
    def unscheduled(self) -> int:
        """Recipients to whom nothing can be sent."""
        return sum(group.recipients for group in self.groups if group.why)

    def __str__(self) -> str:
        return drawn("text.schedule_text", self)

    def __repr__(self) -> str:
        return f"<Schedule: {drawn('figures.schedule_head', self)}>"

    def _repr_html_(self) -> str:
        return drawn("html.schedule_html", self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw when the messages go out, by matplotlib; returns the axes."""
        return plotted("plots.plot_schedule", self, ax)

    def to_frame(self) -> Frame:
        """Return the portions as a pandas DataFrame, in order of time (UTC).

        Recipients and parts add up to those that are scheduled; ``zones`` are lists.
        """
        columns = {
            "send_at": TIME,
            "until": TIME,
            "expire_at": TIME,
            "zones": ANY,
            "recipients": COUNT,
            "parts": COUNT,
        }
        rows = (
            {
                "send_at": portion.begin,
                "until": portion.end,
                "expire_at": portion.begin + self.expire_after,
                "zones": list(self.groups[portion.group].zones),
                "recipients": portion.recipients,
                "parts": portion.parts,
            }
            for portion in self.portions
        )
        return frame(columns, rows)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold: times in UTC, durations in seconds."""
        return {
            "rate": str(self.rate),
            "start": shown(self.start),
            "finish": shown(self.finish),
            "duration": math.ceil(self.duration.total_seconds()),
            "recipients": sum(portion.recipients for portion in self.portions),
            "parts": sum(portion.parts for portion in self.portions),
            "portions": [
                {
                    "send_at": shown(portion.begin),
                    "until": shown(portion.end),
                    "expire_at": shown(portion.begin + self.expire_after),
                    "zones": list(self.groups[portion.group].zones),
                    "recipients": portion.recipients,
                    "parts": portion.parts,
                }
                for portion in self.portions
            ],
            "at_once": self.at_once.to_dict(),
            "unscheduled": [
                {"zones": list(group.zones), "recipients": group.recipients, "why": group.why}
                for group in self.groups
                if group.why
            ],
            "warnings": list(self.warnings),
        }

    def times(
        self, unscheduled: Literal["refuse", "leave_out"] = "leave_out"
    ) -> Callable[[pa.RecordBatch, Any], tuple[Any, Callable[[int], dict[str, str]]]]:
        """Return what gives the rows of a plan, in their order, their portion and their time.

        Raises :class:`~smsplan.errors.InputError` where recipients are not scheduled, unless these
        may be left out.
        """
        if self.unscheduled and unscheduled != "leave_out":
            why = "; ".join(dict.fromkeys(group.why for group in self.groups if group.why))
            raise InputError(
                f"{self.unscheduled:,} recipients are not scheduled ({why}); send to the others "
                "with unscheduled='leave_out' (--leave-out)"
            )
        slots = self.slots()

        def of(batch: pa.RecordBatch, sent: Any) -> tuple[Any, Callable[[int], dict[str, str]]]:
            portion, offset = slots.of(batch, sent)

            def begins(row: int) -> dict[str, str]:
                wait = Fraction(int(offset[row])) / self.rate.per_second
                at = self.portions[portion[row]].begin + timedelta(seconds=math.floor(wait))
                return {"send_at": shown(at), "expire_at": shown(at + self.expire_after)}

            return portion, begins

        return of

    def slots(self) -> Slots:
        """Return what gives each message its portion, in the order of the plan."""
        by_parts = self.rate.units == "parts"
        return Slots(self.groups, self.portions, self._units, self._quiet, by_parts=by_parts)


@dataclass(frozen=True, slots=True)
class AtOnce:
    """What happens when everything is handed over at the start.

    ``expired`` recipients and ``expired_parts`` are still waiting when they are given up;
    ``in_quiet_hours`` recipients would be texted then.
    """

    finish: datetime
    expired: int
    expired_parts: int
    in_quiet_hours: int

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "finish": shown(self.finish),
            "expired": self.expired,
            "expired_parts": self.expired_parts,
            "in_quiet_hours": self.in_quiet_hours,
        }


@dataclass(frozen=True, slots=True)
class Window:
    """Quiet hours: from ``begin`` to ``end`` in local time, over midnight where they lie so."""

    begin: time
    end: time

    def __str__(self) -> str:
        return f"{self.begin:%H:%M}-{self.end:%H:%M}"

    @classmethod
    def of(cls, text: object) -> Window:
        """Read ``21:00-08:00``."""
        found = re.fullmatch(
            r"\s*([0-2]?\d):([0-5]\d)\s*-\s*([0-2]?\d):([0-5]\d)\s*",
            text if isinstance(text, str) else "",
        )
        try:
            hours = [int(part) for part in found.groups()] if found else [0, 0, 0, 0]
            begin, end = time(hours[0], hours[1]), time(hours[2], hours[3])
        except ValueError:
            begin = end = time()
        if begin == end:
            raise InputError(f"quiet hours {text!r}: write from and to in local time, 21:00-08:00")
        return cls(begin, end)

    def open(self, zone: ZoneInfo, day: date) -> list[Interval]:
        """Return when one may send on a local day, in UTC: whenever the clock shows no quiet hour.

        Where clocks change, hours that do not exist are not quiet, and hours that come twice are so
        twice.
        """
        begin, end = (
            datetime.combine(day + timedelta(days), time(), zone).astimezone(UTC) for days in (0, 1)
        )
        out = []
        for start, stop in _steady(zone, begin, end):
            offset = start.astimezone(zone).utcoffset() or timedelta()
            shown = [
                (opens - offset, closes - offset)
                for days in (-1, 0, 1)
                for opens, closes in self._shown(day + timedelta(days))
            ]
            out += _both([(start, stop)], shown)
        return _joined(out)

    def _shown(self, day: date) -> list[Interval]:
        """Return what clocks show on a day while one may send, as if it were UTC."""
        midnight, begin, end = (
            datetime.combine(day, at, UTC) for at in (time(), self.begin, self.end)
        )
        if begin > end:
            return [(end, begin)]
        return [(midnight, begin), (end, midnight + timedelta(days=1))]


def make_schedule(
    batches: Batches,
    *,
    rate: str | None,
    start: datetime,
    quiet_hours: QuietHours | Sequence[QuietHours] | None = None,
    sender: str | None = None,
    daily_cap: int | None = None,
    cap_zone: str = "America/Los_Angeles",
    expire_after: timedelta = EXPIRE_AFTER,
    presets: str | None = None,
) -> Schedule:
    """Schedule the messages of a plan; ``batches`` gives our columns, without a prefix.

    See :meth:`smsplan.planning.plans.Plan.schedule`.
    """
    known = _presets(presets)
    speed, warnings = _rate(rate, sender, known)
    if not isinstance(start, datetime) or start.tzinfo is None:
        raise InputError("start: give a time with its zone, such as 2026-12-01T09:00:00-05:00")
    if not timedelta(0) < expire_after <= EXPIRE_AFTER:
        raise InputError("expire_after is 1 second to 3 days: the API takes no more")
    if daily_cap is not None and (type(daily_cap) is not int or daily_cap < 1):
        raise InputError(f"daily_cap={daily_cap!r} is no number of 1 or more; write one")
    cap = None if daily_cap is None else _Cap(daily_cap, _zone(cap_zone))
    windows = _windows(quiet_hours, known)
    start = start.astimezone(UTC)
    groups, most = _groups(batches, windows)
    by_parts = speed.units == "parts"
    if cap is not None and by_parts and cap.units < most:
        raise InputError(f"daily_cap={cap.units} is less than the {most} parts of one message")
    # A portion holds a message at least, and what one may carry over from before.
    longest = min(_PORTION, expire_after / 2)
    longest = max(longest, _delta((2 * most if by_parts else 1) / speed.per_second, up=True))
    taken, groups = _Queue(speed, start, cap, longest).run(groups, most if by_parts else 1)
    portions = tuple(
        Portion(start + _delta(begin, up=True), start + _delta(end, up=True), place, 0, 0)
        for begin, end, place, _ in taken
    )
    units = tuple(units for _, _, _, units in taken)
    slots = Slots(groups, portions, units, windows, by_parts=by_parts)
    at_once = _AtOnce(groups, speed, start, expire_after)
    portions = _filled(portions, batches, slots, at_once, speed)
    return Schedule(
        rate=speed,
        start=start,
        finish=max((portion.end for portion in portions), default=start),
        portions=portions,
        groups=tuple(groups),
        at_once=at_once.result(),
        expire_after=expire_after,
        daily_cap=daily_cap,
        warnings=warnings,
        _quiet=windows,
        _units=units,
    )


def _filled(
    portions: Sequence[Portion],
    batches: Batches,
    slots: Slots,
    at_once: _AtOnce,
    speed: SendingRate,
) -> tuple[Portion, ...]:
    """Count who is in each portion, which ends when they are sent, and all at once."""
    counts = np.zeros((2, len(portions)), np.int64)
    for batch in batches():
        sent = _sent(batch)
        billed = _billed(batch)[sent]
        found, _ = slots.of(batch, sent)
        at_once.add(slots.group[sent], billed)
        there = found[sent] >= 0
        np.add.at(counts[0], found[sent][there], 1)
        np.add.at(counts[1], found[sent][there], billed[there])
    sizes = counts[1 if speed.units == "parts" else 0].tolist()
    return tuple(
        portion._replace(
            end=portion.begin + _delta(size / speed.per_second, up=True),
            recipients=people,
            parts=parts,
        )
        for portion, size, people, parts in zip(portions, sizes, *counts.tolist(), strict=True)
    )


def _sent(batch: pa.RecordBatch) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = pc.is_null(batch.column("problem")).to_numpy(
        zero_copy_only=False
    )
    return found


def _billed(batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
    billed: npt.NDArray[np.int64] = (
        batch.column("billed_parts").to_numpy(zero_copy_only=False).astype(np.int64)
    )
    return billed


# --- what is given --------------------------------------------------------------------------------


def _presets(path: str | None) -> dict[str, Any]:
    try:
        if path is None:
            text = (files("smsplan.money") / "sender_limits.toml").read_text(encoding="utf-8")
        else:
            text = Path(path).read_text(encoding="utf-8")
        return tomllib.loads(text)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"presets '{path}' cannot be read: {why}") from None


def _rate(
    rate: str | None, sender: str | None, known: Mapping[str, Any]
) -> tuple[SendingRate, tuple[str, ...]]:
    """Return the slower of the two that are given."""
    limits: list[SendingRate] = []
    warnings = []
    if sender is not None:
        names = sorted(name for name in known if name != "quiet_hours")
        preset = known.get(sender) if sender in names else None
        if not isinstance(preset, dict):
            raise InputError(f"no sender '{sender}' among the presets: {', '.join(names)}")
        limits.append(SendingRate.of(preset.get("rate")))
        warnings.append(
            f"{limits[0]} is the published limit of {sender} as of {preset.get('as_of')}; your own "
            "account's may be lower"
        )
        if "operator_cap" in preset:
            warnings.append(
                f"not applied, for no number tells its operator: {preset['operator_cap']}; pass "
                "daily_cap to keep below it"
            )
    if rate is not None or not limits:
        limits.append(SendingRate.of(rate))
    if len({limit.units for limit in limits}) > 1:
        raise InputError(
            f"rate '{limits[1]}' and the sender's '{limits[0]}' have different units; give the one "
            "that is slower"
        )
    return min(limits, key=lambda limit: limit.per_second), tuple(warnings)


def _windows(
    given: QuietHours | Sequence[QuietHours] | None, known: Mapping[str, Any]
) -> dict[str, Window]:
    """Return quiet hours by country; ``*`` is every other one."""
    several: Sequence[Any] = given if isinstance(given, list | tuple) else [given]
    if given is None:
        return {}
    found: dict[str, Window] = {}
    for each in several:
        for country, window in _windows_of(each, known).items():
            if found.setdefault(country, window) != window:
                who = "every other country" if country == "*" else f"'{country}'"
                raise InputError(
                    f"quiet_hours (--quiet-hours): there are two for {who}; give one of them"
                )
    return found


def _windows_of(given: QuietHours, known: Mapping[str, Any]) -> dict[str, Window]:
    if isinstance(given, str) and given in known.get("quiet_hours", {}):
        preset = known["quiet_hours"][given]
        given = {name: text for name, text in preset.items() if name in ISO or name == "*"}
    elif isinstance(given, str):
        if re.search(r"[0-9]", given) is None:
            names = ", ".join(sorted(known.get("quiet_hours", {})))
            raise InputError(
                f"no quiet hours '{given}' among the presets ({names}); or write 21:00-08:00"
            )
        given = {"*": given}
    if not isinstance(given, Mapping):
        raise InputError(f"quiet_hours={given!r}: write '21:00-08:00', or such as {{'US': ...}}")
    strange = sorted(set(given) - ISO - {"*"})
    if strange:
        raise InputError(f"quiet_hours: {strange[0]!r} is no code of ISO 3166; write such as 'US'")
    return {country: Window.of(text) for country, text in given.items()}


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise InputError(f"no time zone '{name}'; write one of IANA: America/New_York") from None


class _Cap(NamedTuple):
    """At most so many units a day, from midnight to midnight in a zone."""

    units: int
    zone: ZoneInfo

    def day(self, now: datetime) -> date:
        return now.astimezone(self.zone).date()

    def midnight(self, now: datetime) -> datetime:
        """Return when the day ends."""
        tomorrow = self.day(now) + timedelta(days=1)
        return datetime.combine(tomorrow, time(), self.zone).astimezone(UTC)


# --- who --------------------------------------------------------------------------------------


class _Places:
    """Numbers to groups: people with the same zones and the same quiet hours."""

    def __init__(self, windows: Mapping[str, Window]) -> None:
        self.windows = windows
        self.keys: dict[tuple[tuple[str, ...], str | None], int] = {}
        if not windows:
            return
        prefixes = tuple(zones_by_prefix())
        self.zones = tuple(dict.fromkeys(zones_by_prefix().values()))
        at = {zones: place for place, zones in enumerate(self.zones)}
        self.of_prefix = np.array([*(at[zones] for zones in zones_by_prefix().values()), -1])
        self.tree = PrefixTree.of(("",) * len(prefixes), prefixes).with_tables()

    def of(self, batch: pa.RecordBatch, sent: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """Return the group of each row that is sent; the others have none of theirs."""
        if not self.windows:
            self.keys.setdefault(((), None), 0)
            return np.zeros(batch.num_rows, np.int64)
        keys = recipient_keys(batch.column("recipient"))
        country = places(batch.column("country"), COUNTRIES).astype(np.int64)
        zones = self.of_prefix[self.tree.find(keys, np.full(len(keys), -1))]
        width = len(COUNTRIES) + 1
        mixed = (zones + 1) * width + country + 1
        kinds, back = np.unique(mixed[sent], return_inverse=True)
        groups = np.zeros(batch.num_rows, np.int64)
        groups[sent] = np.array([self._group(int(kind), width) for kind in kinds], np.int64)[back]
        return groups

    def _group(self, kind: int, width: int) -> int:
        zone, place = kind // width - 1, kind % width - 1
        country = COUNTRIES[place] if place >= 0 else ""
        window = self.windows.get(country, self.windows.get("*"))
        quiet = None if window is None else str(window)
        zones = self.zones[zone] if zone >= 0 and window is not None else ()
        return self.keys.setdefault((zones, quiet), len(self.keys))


def _groups(batches: Batches, windows: Mapping[str, Window]) -> tuple[list[Group], int]:
    """Count people by group; and the most parts of a message."""
    known = _Places(windows)
    recipients: Counter[int] = Counter()
    parts: Counter[int] = Counter()
    most = 1
    for batch in batches():
        sent = _sent(batch)
        group, billed = known.of(batch, sent)[sent], _billed(batch)[sent]
        most = max(most, int(billed.max(initial=1)))
        for place in np.unique(group).tolist():
            recipients[place] += int((group == place).sum())
            parts[place] += int(billed[group == place].sum())
    out = []
    for (zones, quiet), place in known.keys.items():
        why = "no time zone is known for these numbers" if quiet and not zones else ""
        out.append(Group(zones, quiet, recipients[place], parts[place], why))
    return out, most


# --- when ---------------------------------------------------------------------------------------


def openings(zones: Iterable[str], window: Window, begin: datetime) -> Iterator[Interval]:
    """Yield when one may send to people who live in any of some zones, from ``begin`` on, in UTC.

    Ends where there is none within a year.
    """
    places = [_zone(zone) for zone in zones]
    day, last = begin.date() - timedelta(days=1), begin + _LONGEST
    held: Interval | None = None
    while True:
        # Five days of each zone hold every opening that begins on the one in the middle.
        days = [day + timedelta(days=n) for n in (-2, -1, 0, 1, 2)]
        shared: list[Interval] | None = None
        for zone in places:
            own = _joined([each for one in days for each in window.open(zone, one)])
            shared = own if shared is None else _both(shared, own)
        for start, end in shared or []:
            if start.date() != day or end <= begin:
                continue
            start = max(start, begin)
            if held is not None and held[1] >= start:
                held = held[0], max(end, held[1])
                continue
            if held is not None:
                yield held
            held = start, end
            last = end + _LONGEST
        day += timedelta(days=1)
        if datetime.combine(day, time(), UTC) > last:
            break
        if held is not None and held[1].date() < day - timedelta(days=1):
            yield held
            held = None
    if held is not None:
        yield held


def _steady(zone: ZoneInfo, begin: datetime, end: datetime) -> list[Interval]:
    """Cut a day where its clocks change, which they do once at most."""

    def offset(at: datetime) -> timedelta | None:
        return at.astimezone(zone).utcoffset()

    if offset(begin) == offset(end - _SECOND):
        return [(begin, end)]
    low, high = begin, end - _SECOND
    while high - low > _SECOND:
        middle = low + (high - low) // (2 * _SECOND) * _SECOND
        low, high = (middle, high) if offset(middle) == offset(begin) else (low, middle)
    return [(begin, high), (high, end)]


def _joined(intervals: list[Interval]) -> list[Interval]:
    out: list[Interval] = []
    for begin, end in sorted(intervals):
        if out and begin <= out[-1][1]:
            out[-1] = out[-1][0], max(end, out[-1][1])
        else:
            out.append((begin, end))
    return out


def _both(one: list[Interval], other: list[Interval]) -> list[Interval]:
    out = [(max(begin, start), min(end, stop)) for begin, end in one for start, stop in other]
    return sorted((begin, end) for begin, end in out if begin < end)


class _Queue:
    """Lets groups through in turn: of those that may be sent to, the one that closes first."""

    def __init__(
        self, rate: SendingRate, start: datetime, cap: _Cap | None, longest: timedelta
    ) -> None:
        self.rate = rate
        self.start = start
        self.cap = cap
        self.longest = longest
        self._used: tuple[date | None, int] = (None, 0)
        self._begun: set[int] = set()

    def run(self, groups: list[Group], most: int) -> tuple[list[_Taken], list[Group]]:
        """Return the turns, and the groups with what cannot be sent; ``most`` units a message."""
        # A message that does not fit before a break waits: so much may stay unused.
        spare = most - 1
        by_parts = self.rate.units == "parts"
        left = {
            place: group.parts if by_parts else group.recipients
            for place, group in enumerate(groups)
            if not group.why and group.recipients
        }
        opens: dict[int, Iterator[Interval]] = {}
        now_open: dict[int, Interval] = {}
        groups = list(groups)
        endless = (self.start, datetime.max.replace(tzinfo=UTC))
        for place in list(left):
            group = groups[place]
            if group.quiet is None:
                now_open[place] = endless
                continue
            opens[place] = openings(group.zones, Window.of(group.quiet), self.start)
            first = next(opens[place], None)
            if first is None:
                why = "there is no hour at which all their time zones may be texted"
                groups[place] = replace(group, why=why)
                del left[place]
            else:
                now_open[place] = first
        now = Fraction(0)
        taken: list[_Taken] = []
        while left:
            here = self.start + _delta(now)
            for place in list(left):
                # An opening too short for a message is as good as over.
                while now_open[place][1] <= here:
                    following = next(opens[place], None)
                    if following is None:
                        raise InputError("the schedule would take over a year; raise the rate")
                    now_open[place] = following
            ready = [place for place in left if now_open[place][0] <= here]
            if not ready:
                now = self._since(min(now_open[place][0] for place in left))
                continue
            chosen = min(ready, key=lambda place: (now_open[place][1], place))
            until = min(now_open[chosen][1], here + self.longest)
            sooner = [
                now_open[place][0]
                for place in left
                if now_open[place][0] > here and now_open[place][1] < until
            ]
            if sooner:
                until = min(until, *sooner)
            now = self._let(now, chosen, until, left, spare, taken)
            if now > _LONGEST.total_seconds():
                raise InputError("the schedule would take over a year; raise the rate")
        return taken, groups

    def _let(
        self,
        now: Fraction,
        chosen: int,
        until: datetime,
        left: dict[int, int],
        spare: int,
        taken: list[_Taken],
    ) -> Fraction:
        """Let a group through until its turn ends; returns when that is."""
        here = self.start + _delta(now)
        room = None
        if self.cap is not None:
            day = self.cap.day(here)
            if self._used[0] != day:
                self._used = day, 0
            room = self.cap.units - self._used[1]
            midnight = self.cap.midnight(here)
            if room <= (spare if chosen in self._begun else 0):
                return self._since(midnight)
            until = min(until, midnight)
        fits = math.floor((self._since(until) - now) * self.rate.per_second)
        # A message that had no room in the turn before comes with this one.
        carried = spare if chosen in self._begun else 0
        units = min(left[chosen], (fits if room is None else min(fits, room)) - carried)
        if units <= 0:
            return self._since(until)
        self._begun.add(chosen)
        end = now + (units + carried) / self.rate.per_second
        taken.append((now, end, chosen, units))
        left[chosen] -= units
        if not left[chosen]:
            del left[chosen]
        if self.cap is not None:
            self._used = self._used[0], self._used[1] + units + carried
        return end

    def _since(self, at: datetime) -> Fraction:
        return _span(at - self.start)


class _AtOnce:
    """Hands everything over at the start, in the order of the plan, and sees what becomes of it."""

    def __init__(
        self, groups: list[Group], rate: SendingRate, start: datetime, expire_after: timedelta
    ) -> None:
        self._rate, self._start = rate, start
        self._limit = math.floor(_span(expire_after) * rate.per_second)
        self._before = self._expired = self._expired_parts = self._quiet = 0
        self._spans = {
            place: _unit_spans(group, rate, start, expire_after)
            for place, group in enumerate(groups)
            if group.quiet is not None and group.zones
        }

    def add(self, group: npt.NDArray[np.int64], billed: npt.NDArray[np.int64]) -> None:
        """Put the next messages into the queue."""
        if not len(group):
            return
        units = billed if self._rate.units == "parts" else np.ones(len(billed), np.int64)
        ends = self._before + np.cumsum(units)
        late = ends > self._limit
        self._expired += int(late.sum())
        self._expired_parts += int(billed[late].sum())
        self._before = int(ends[-1])
        for place, spans in self._spans.items():
            begins = (ends - units)[(group == place) & ~late]
            self._quiet += int((np.searchsorted(spans, begins, side="right") % 2 == 0).sum())

    def result(self) -> AtOnce:
        """Return what became of it."""
        finish = self._start + _delta(self._before / self._rate.per_second, up=True)
        return AtOnce(finish, self._expired, self._expired_parts, self._quiet)


def _unit_spans(
    group: Group, rate: SendingRate, start: datetime, expire_after: timedelta
) -> npt.NDArray[np.int64]:
    """Return where in the queue a group may be sent to: begin, end, begin, end and so on."""
    out: list[int] = []
    for begin, end in openings(group.zones, Window.of(group.quiet), start):
        if begin > start + expire_after:
            break
        for at in (begin, end):
            out.append(math.ceil(_span(at - start) * rate.per_second))
    return np.array(out, np.int64)


class Slots:
    """Gives the messages of a plan their portions, batch by batch, in the order of the plan."""

    def __init__(
        self,
        groups: Sequence[Group],
        portions: Sequence[Portion],
        units: Sequence[int],
        windows: Mapping[str, Window],
        *,
        by_parts: bool,
    ) -> None:
        self._known = _Places(windows)
        self._by_parts = by_parts
        # The group of each row of the last batch.
        self.group: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._order = {(group.zones, group.quiet): place for place, group in enumerate(groups)}
        own = [
            [n for n, portion in enumerate(portions) if portion.group == place]
            for place in range(len(groups))
        ]
        self._portions = [np.array(places, np.int64) for places in own]
        # What the portions of a group hold together: a message goes where it still fits.
        self._ends = [np.cumsum([0, *(units[n] for n in places)]) for places in own]
        self._before = [0] * len(groups)

    def of(
        self, batch: pa.RecordBatch, sent: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the portion of each row (-1: none), and the units in it that go before."""
        found = self._known.of(batch, sent)
        order = np.array([self._order[key] for key in self._known.keys], np.int64)
        self.group = order[found] if len(order) else found
        units = _billed(batch) if self._by_parts else np.ones(len(sent), np.int64)
        portion = np.full(len(sent), -1, np.int64)
        offset = np.zeros(len(sent), np.int64)
        for place in np.unique(self.group[sent]).tolist():
            rows = np.flatnonzero(sent & (self.group == place))
            ends = self._before[place] + np.cumsum(units[rows])
            self._before[place] = int(ends[-1])
            if not len(self._portions[place]):
                continue
            at = np.searchsorted(self._ends[place][1:], ends, side="left")
            portion[rows] = self._portions[place][at]
            # What the portion before had no room for goes first.
            offset[rows] = np.maximum(ends - units[rows] - self._ends[place][at], 0)
        return portion, offset


def _span(span: timedelta) -> Fraction:
    """Return a span in seconds, exactly."""
    return Fraction(span.days * 86_400 + span.seconds) + Fraction(span.microseconds, 10**6)


def _delta(seconds: Fraction, *, up: bool = False) -> timedelta:
    """Return a span in whole microseconds; ``up``: in whole seconds, not before."""
    if up:
        return timedelta(seconds=math.ceil(seconds))
    return timedelta(microseconds=math.ceil(seconds * 10**6))


def _number(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.4g}"


def shown(at: datetime) -> str:
    """Return a time as the API takes it.

    >>> shown(datetime(2026, 12, 1, 9, tzinfo=UTC))
    '2026-12-01T09:00:00Z'
    """
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
