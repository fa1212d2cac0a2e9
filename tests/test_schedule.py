"""Schedules: held to a queue that is run message by message, as the service's own would be."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
import phonenumbers.timezone
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from smsplan import InputError, Plan, TextBatch, dry_run, plan
from smsplan.cli import app
from smsplan.money.schedules import Schedule, SendingRate, Window, openings
from smsplan.numbers.zones import time_zones, zones_by_prefix

START = datetime(2026, 12, 1, 14, tzinfo=UTC)
# New York, Los Angeles, London, Moscow and others, Sydney, Berlin; toll-free: anywhere in +1.
FIRST = ["+1202555", "+1213555", "+4477009", "+79123", "+6149157", "+49151", "+1800555"]


def people(counts: Iterable[int]) -> list[str]:
    """Return so many numbers of each of the places, mixed."""
    out = []
    for first, count in zip(FIRST, counts, strict=False):
        out += [f"{first}{n:0{12 - len(first)}}" for n in range(count)]
    return sorted(out, key=lambda number: number[::-1])


def run_queue(
    batches: Iterable[TextBatch], rate: Fraction, by_parts: bool
) -> list[tuple[str, Fraction, Fraction, int]]:
    """Let requests through in the order of ``send_at``: number, when in and out, parts."""
    out = []
    free = Fraction(0)
    waiting = sorted(batches, key=lambda batch: batch.send_at or "")
    for batch in waiting:
        at = (datetime.fromisoformat(str(batch.send_at)) - START).total_seconds()
        until = (datetime.fromisoformat(str(batch.expire_at)) - START).total_seconds()
        free = max(free, Fraction(at))
        for detail in dry_run(batch).details:
            units = detail.billed_parts if by_parts else 1
            begin, free = free, free + Fraction(units) / rate
            out.append((detail.recipient, begin, free, detail.billed_parts))
            assert free <= Fraction(until), "it would have been given up"
    return out


def is_quiet(number: str, at: datetime, quiet: Window) -> bool:
    """Whether it is a quiet hour in any zone of the number, by the clocks there."""
    parsed = phonenumbers.parse(f"+{number}")
    for zone in phonenumbers.timezone.time_zones_for_geographical_number(parsed):
        clock = at.astimezone(ZoneInfo(zone)).time()
        inside = (
            quiet.begin <= clock < quiet.end
            if quiet.begin < quiet.end
            else clock >= quiet.begin or clock < quiet.end
        )
        if inside:
            return True
    return False


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(0, 40), min_size=6, max_size=6),
    rate=st.sampled_from(["1 recipients/s", "2 parts/min", "1 parts/min", "20 recipients/h"]),
    quiet=st.sampled_from(["21:00-08:00", "20:00-09:00", "12:00-13:30", "18:00-16:00"]),
    hours=st.integers(0, 24 * 200),
    size=st.sampled_from([1, 7, 1000]),
)
def test_nothing_goes_out_in_quiet_hours_or_expires(
    counts: list[int], rate: str, quiet: str, hours: int, size: int
) -> None:
    """Every message, once, at an hour that is quiet in none of its zones, before it expires."""
    numbers = people(counts)
    if not numbers:
        return
    start = START + timedelta(hours=hours)
    made = plan([{"to": n, "x": "a" * (len(n) * i % 400)} for i, n in enumerate(numbers)], "${x}!")
    when = made.schedule(rate, start=start, quiet_hours=quiet)
    assert not when.unscheduled
    speed, window = SendingRate.of(rate), Window.of(quiet)
    batches = list(made.batches(schedule=when, size=size))
    sent = run_queue(batches, speed.per_second, speed.units == "parts")
    assert Counter(number for number, *_ in sent) == Counter(n.lstrip("+") for n in numbers)
    for number, begin, end, _ in sent:
        at = START + timedelta(seconds=float(begin))
        # send_at is in whole seconds, and a message that has begun is ended.
        assert at >= start
        assert not is_quiet(number, at, window), (number, at)
        assert START + timedelta(seconds=float(end)) <= when.finish + timedelta(seconds=1)
    assert sum(p.recipients for p in when.portions) == len(sent)
    assert sum(p.parts for p in when.portions) == sum(parts for *_, parts in sent) == made.parts
    assert [p.begin for p in when.portions] == sorted(p.begin for p in when.portions)
    before = when.at_once.finish
    assert before <= when.finish + timedelta(seconds=1)


@pytest.fixture(scope="module")
def million() -> Plan:
    """A million parts to people in New York."""
    return plan([f"+1202555{n % 10_000:04}" for n in range(1_000_000)], "Hi", duplicates="keep")


def test_a_million_parts_at_three_a_second(million: Plan) -> None:
    """Handed over at once the tail expires after three days; in portions nothing does."""
    when = million.schedule("3 parts/s", start=START)
    assert when.at_once.expired == 1_000_000 - 3 * 3 * 86_400 == 222_400
    assert when.duration == timedelta(seconds=-(-1_000_000 // 3))
    assert sum(p.recipients for p in when.portions) == 1_000_000
    for portion in when.portions:
        assert portion.end - portion.begin <= timedelta(days=1)
    assert "222,400 recipients (222,400 parts) would expire" in " ".join(str(when).split())
    assert "3 d 20 h" in str(when)
    last = None
    for batch in million.batches(schedule=when):
        last = batch
        assert str(batch.send_at) < str(batch.expire_at)
    assert last is not None
    assert str(last.send_at) > "2026-12-05"


def test_hours_across_the_change_of_clocks() -> None:
    """On 8 March 2026 clocks in New York go forward: 8 o'clock is an hour earlier in UTC."""
    begin = datetime(2026, 3, 7, 0, tzinfo=UTC)
    found = openings(["America/New_York"], Window.of("21:00-08:00"), begin)
    shown = [tuple(f"{at:%d %H:%M}" for at in next(found)) for _ in range(3)]
    assert shown == [("07 00:00", "07 02:00"), ("07 13:00", "08 02:00"), ("08 12:00", "09 01:00")]
    made = plan(["+12025550123"], "Hi")
    for start, sent in ((7, "2026-03-07T13:00:00"), (8, "2026-03-08T12:00:00")):
        when = made.schedule("1 parts/s", start=datetime(2026, 3, start, 5, tzinfo=UTC),
                             quiet_hours="us_federal")  # fmt: skip
        assert when.portions[0].begin.isoformat()[:19] == sent


ZONES = ["America/New_York", "Europe/London", "Asia/Kathmandu", "Australia/Lord_Howe",
         "Pacific/Apia"]  # fmt: skip


@given(
    st.integers(0, 24 * 366),
    st.sampled_from(["21:00-08:00", "02:15-02:45", "12:00-11:00"]),
    st.lists(st.sampled_from(ZONES), min_size=1, max_size=3),
)
@settings(max_examples=60, deadline=None)
@example(7250, "02:15-02:45", ["Australia/Lord_Howe"])  # clocks skip from 2:00 to 2:30
@example(24 * 102, "02:15-02:45", ["America/New_York"])  # from 2:00 to 3:00
@example(24 * 333, "01:15-01:45", ["Europe/London"])  # a quarter past one comes twice
@example(24 * 340, "01:15-01:45", ["America/New_York", "Europe/London"])
def test_openings_by_the_clocks_of_all_zones(hours: int, quiet: str, zones: list[str]) -> None:
    """An instant is in an opening if and only if it is quiet in no zone."""
    begin = START + timedelta(hours=hours)
    window = Window.of(quiet)
    found = []
    for start, end in openings(zones, window, begin):
        found.append((start, end))
        if end > begin + timedelta(days=4):
            break
    for quarter in range(4 * 24 * 3):
        at = begin + timedelta(minutes=15 * quarter)
        clocks = [at.astimezone(ZoneInfo(zone)).time() for zone in zones]
        quiet_now = any(
            window.begin <= clock < window.end
            if window.begin < window.end
            else clock >= window.begin or clock < window.end
            for clock in clocks
        )
        assert any(start <= at < end for start, end in found) != quiet_now


def test_no_common_hour_is_named() -> None:
    """Numbers that may lie anywhere from Guam to Newfoundland have no hour; the others go."""
    made = plan(["+18005550123", "+12025550123", "+88213123456"], "Hi")
    when = made.schedule("1 parts/s", start=START, quiet_hours="19:00-10:00")
    assert when.unscheduled == 2
    assert {group.zones[:1]: group.why for group in when.groups} == {
        ("America/Adak",): "there is no hour at which all their time zones may be texted",
        ("America/New_York",): "",
        (): "no time zone is known for these numbers",
    }
    assert "not scheduled: 1 recipient (America/Adak, America/Anchorage and" in str(when)
    assert "not scheduled" in when._repr_html_()
    with pytest.raises(InputError, match=r"2 recipients are not scheduled.*--leave-out"):
        list(made.batches(schedule=when))
    batches = list(made.batches(schedule=when, unscheduled="leave_out"))
    assert [batch.to for batch in batches] == [("12025550123",)]
    # Only in the United States: nothing is asked of the others.
    by_country = made.schedule("1 parts/s", start=START, quiet_hours={"US": "19:00-10:00"})
    assert sum(p.recipients for p in by_country.portions) == 3 - by_country.unscheduled


def test_a_daily_cap() -> None:
    """No more than the cap between two midnights of the zone."""
    made = plan(people([30, 30, 30]), "a" * 320)
    when = made.schedule("1 parts/s", start=START, daily_cap=100)
    pacific = ZoneInfo("America/Los_Angeles")
    days: Counter[Any] = Counter()
    for portion in when.portions:
        days[portion.begin.astimezone(pacific).date()] += portion.parts
    assert max(days.values()) <= 100
    assert sum(days.values()) == 270
    assert len(days) == 3
    later = list(when.portions)[1].begin.astimezone(pacific)
    assert (later.hour, later.minute) == (0, 0)


@pytest.mark.parametrize("rate", ["30", "30/s", "0 parts/s", "30 messages/s", "", None, 30,
                                  "30 parts/fortnight"])  # fmt: skip
def test_a_rate_without_a_unit(rate: Any) -> None:
    """None is guessed, and the error says what to write and where to find it."""
    with pytest.raises(InputError, match=r"'30 recipients/s' or '3 parts/s'.*in your account"):
        plan(["+12025550123"], "Hi").schedule(rate, start=START)


def test_what_cannot_be_scheduled() -> None:
    """Every fault names its place and the next step."""
    made = plan(["+12025550123"], "a" * 500)

    def fails(said: str, **given: Any) -> None:
        with pytest.raises(InputError, match=said):
            made.schedule(**{"rate": "1 parts/s", "start": START, **given})

    fails("give a time with its zone", start=datetime(2026, 12, 1))
    fails("1 second to 3 days", expire_after=timedelta(days=4))
    fails("write from and to", quiet_hours="21-8")
    fails("write from and to", quiet_hours="25:00-08:00")
    fails("no quiet hours 'us' among the presets", quiet_hours="us")
    fails("'USA' is no code of ISO 3166", quiet_hours={"USA": "21:00-08:00"})
    fails("write '21:00-08:00', or such as", quiet_hours=5)
    fails("no sender 'nobody' among the presets: us_10dlc", sender="nobody")
    fails("have different units", rate="1 recipients/s", sender="us_toll_free")
    fails("less than the 4 parts of one message", daily_cap=3)
    fails("no time zone 'Mars'", daily_cap=10, cap_zone="Mars")
    fails("presets 'none.toml' cannot be read", presets="none.toml")


def test_a_time_shorter_than_a_message() -> None:
    """Where messages take longer than they may wait, portions are of one message each."""
    made = plan(people([4]), "Hi")
    when = made.schedule("1 parts/min", start=START, expire_after=timedelta(seconds=1))
    assert sum(portion.recipients for portion in when.portions) == 4
    assert when.at_once.expired == 4
    slow = made.schedule("1 parts/h", start=START, quiet_hours="00:00-22:30")
    assert sum(portion.recipients for portion in slow.portions) == 4
    with pytest.raises(InputError, match="over a year"):
        made.schedule("1 parts/h", start=START, quiet_hours="00:00-23:30")


def test_presets(tmp_path: Path) -> None:
    """Published limits are dated and say what they are not; a file of one's own replaces them."""
    made = plan(["+12025550123"], "Hi")
    when = made.schedule(start=START, sender="us_10dlc_lowest_trust")
    assert str(when.rate) == "0.2 parts/s"
    assert "as of 2026-05-26" in when.warnings[0]
    assert "T-Mobile: 2,000 parts a day" in when.warnings[1]
    mine = tmp_path / "mine.toml"
    mine.write_text('[ours]\nrate = "5 recipients/s"\n[quiet_hours.ours]\n"*" = "22:00-07:00"\n')
    own = made.schedule(start=START, sender="ours", presets=mine, quiet_hours="ours")
    assert (str(own.rate), own.groups[0].quiet) == ("5 recipients/s", "22:00-07:00")
    slower = made.schedule("1 parts/s", start=START, sender="us_toll_free")
    assert str(slower.rate) == "1 parts/s"


def test_time_zones_are_those_of_libphonenumber() -> None:
    """For a number behind every prefix that is known, and for those in the examples."""
    for prefix in zones_by_prefix():
        for digits in (prefix.ljust(12, "5"), prefix.ljust(12, "1")):
            if digits[len(phonenumber_code(digits))] == "0":
                continue  # a number there would lose its zero
            number = phonenumbers.PhoneNumber(
                country_code=int(phonenumber_code(digits)),
                national_number=int(digits[len(phonenumber_code(digits)) :] or 0),
            )
            found = phonenumbers.timezone.time_zones_for_geographical_number(number)
            assert set(time_zones(digits)) == set(found) - {"Etc/Unknown"}, digits


def phonenumber_code(digits: str) -> str:
    """Return the calling code of digits."""
    from smsplan.numbers.numbering import calling_code

    return calling_code(digits) or digits


def test_the_command(tmp_path: Path) -> None:
    """``smsplan schedule`` and ``smsplan requests --rate`` say the same as Python."""
    saved = tmp_path / "plan.parquet"
    plan(people([5, 5, 5]), "Hi").save(saved)
    start = "2026-12-01T04:00:00+00:00"
    common = [str(saved), "--rate", "1 recipients/min", "--start", start,
              "--quiet-hours", "US=21:00-08:00", "--quiet-hours", "GB=20:00-09:00"]  # fmt: skip
    answer = CliRunner().invoke(app, ["schedule", *common, "--json"])
    assert answer.exit_code == 0, answer.output
    data = json.loads(answer.stdout)
    assert data["schema"] == "smsplan.schedule/1"
    assert [portion["send_at"] for portion in data["portions"]] == [
        "2026-12-01T04:00:00Z", "2026-12-01T09:00:00Z", "2026-12-01T13:00:00Z",
    ]  # fmt: skip
    shown = CliRunner().invoke(app, ["schedule", *common])
    assert "15 recipients · 15 parts · 0.01667 recipients/s" in shown.stdout
    out = tmp_path / "requests"
    written = CliRunner().invoke(app, ["requests", *common, "--output", str(out)])
    assert written.exit_code == 0, written.output
    times = sorted(json.loads(path.read_text())["send_at"] for path in out.iterdir())
    assert times == [portion["send_at"] for portion in data["portions"]]
    nobody = tmp_path / "toll-free.parquet"
    plan(["+18005550123"], "Hi").save(nobody)
    args = ["--rate", "1 parts/s", "--quiet-hours", "19:00-10:00"]
    answer = CliRunner().invoke(app, ["schedule", str(nobody), *args])
    assert answer.exit_code == 3
    target = ["--output", str(tmp_path / "r")]
    answer = CliRunner().invoke(app, ["requests", str(nobody), *target, *args])
    assert "--leave-out" in str(answer.exception)
    answer = CliRunner().invoke(app, ["schedule", str(nobody), "--rate", "30"])
    assert "write a number with its unit" in str(answer.exception)


def test_schedules_of_nothing() -> None:
    """A plan in which nothing is sent is done when it starts."""
    when: Schedule = plan(["12"], "Hi").schedule("1 parts/s", start=START)
    assert (when.finish, when.portions, when.duration) == (START, (), timedelta())
    assert time(8) == Window.of("21:00-08:00").end
