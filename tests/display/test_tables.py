"""Tables in terminals: no figure is cut or wrapped, whatever the width."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections import Counter
from datetime import UTC, datetime
from fcntl import ioctl
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from smsplan import RateCard, compare, estimate, explain, plan
from smsplan.display.text import (
    explanation_table,
    isolated,
    reconciliation_table,
    schedule_table,
    summary_table,
)
from smsplan.display.views import as_rich
from smsplan.reports import Report

WIDTHS = [60, 72, 80, 100, 120]
BODY = "Dear ${name}, your order is on its way to you “today”, we wish you a nice day. "
PEOPLE = [
    {"to": f"+4477009{n:05}", "name": ["Ana", "Zoë Łukasiewicz", "Ольга", "מרים", "a" * 170][n % 5]}
    for n in range(400)
] + [{"to": f"+1202555{n:04}", "name": "François"} for n in range(100, 200)]
RATES = {"GB": "12345.678901 GBP", "US": "0.0079 GBP"}


def results() -> dict[str, Any]:
    """Return every kind of result with what draws it; amounts are long."""
    made = plan(PEOPLE, BODY, rates=RATES)
    reports = [
        Report(recipient=f"4477009{n:05}", status="Delivered", code=0, number_of_message_parts=3)
        for n in range(50)
    ]
    when = made.schedule(
        "1 parts/s", start=datetime(2026, 12, 1, tzinfo=UTC), quiet_hours="21:00-08:00"
    )
    other = compare(PEOPLE, {"as it is": BODY, "short": "Hi ${name}"}, rates=RATES,
                    alternatives={"mms": "100.01 GBP"})  # fmt: skip
    return {
        "summary": summary_table(made.summary),
        "lines": summary_table(plan(PEOPLE, BODY, rates=_tiers()).summary),
        "schedule": schedule_table(when),
        "reconciliation": reconciliation_table(made.reconcile(reports)),
        "explanation": explanation_table(explain(BODY * 3)),
        "waterfall": as_rich(made.explain()),
        "characters": as_rich(made.characters()),
        "lengths": as_rich(made.by_length()),
        "assumptions": as_rich(made.assumptions()),
        "audit": as_rich(made.audit()),
        "comparison": as_rich(other),
        "estimate": as_rich(estimate(PEOPLE * 3, BODY, rates=RATES, duplicates="keep")),
    }


def _tiers() -> RateCard:
    from decimal import Decimal

    from smsplan import Rate

    return RateCard([
        Rate(country="", price=Decimal("1234.5678"), currency="GBP"),
        Rate(country="", price=Decimal("0.5"), currency="GBP", tier_from=100),
    ])  # fmt: skip


RESULTS = results()


def drawn(shown: Any, width: int) -> str:
    """Draw at a width, as a terminal of it would."""
    out = io.StringIO()
    Console(file=out, width=width, color_system=None, force_terminal=False).print(shown)
    return out.getvalue()


def figures(text: str) -> Counter[str]:
    """Return all amounts and counts that are drawn, whole."""
    return Counter(re.findall(r"[+\u2212]?\d[\d,]*(?:\.\d+)?", text))


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("width", WIDTHS)
def test_figures_are_those_of_a_wide_terminal(name: str, width: int) -> None:
    """Every figure stands there as it does at 220 columns, and no line is wider than the screen."""
    text = drawn(RESULTS[name], width)
    wide, narrow = figures(drawn(RESULTS[name], 220)), figures(text)
    assert not set(wide) - set(narrow), text
    assert all(len(re.sub("[\u2068\u2069]", "", line)) <= width for line in text.splitlines())


def test_texts_in_another_direction_are_isolated() -> None:
    """Hebrew beside figures does not turn them round: it is between U+2068 and U+2069."""
    assert isolated("מרים") == "\u2068מרים\u2069"
    assert isolated("Ana 5") == "Ana 5"
    assert "\u2068" in drawn(RESULTS["characters"], 100)


def in_terminal(arguments: list[str], columns: int) -> str:
    """Run the command in a real terminal of so many columns; return what it shows."""
    leader, follower = pty.openpty()
    ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    with subprocess.Popen(
        [sys.executable, "-m", "smsplan", *arguments], stdin=follower, stdout=follower,
        stderr=follower, env={**environment, "TERM": "xterm-256color"}, close_fds=True,
    ) as process:  # fmt: skip
        os.close(follower)
        shown = b""
        while True:
            if select.select([leader], [], [], 0.1)[0]:
                try:
                    piece = os.read(leader, 65536)
                except OSError:
                    break
                if not piece:
                    break
                shown += piece
            elif process.poll() is not None:
                break
    os.close(leader)
    assert process.returncode in (0, 3), shown.decode()
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode()).replace("\r", "\n")
    # The bar, which says how long it takes: it may be drawn at any time, or never.
    return "\n".join(line for line in text.split("\n") if "gone," not in line)


@pytest.mark.parametrize(
    "line",
    [
        "plan people.csv --body-file body.txt --rates card.csv",
        "assumptions planned.parquet",
        "lengths planned.parquet",
        "explain planned.parquet",
        "audit planned.parquet",
        "schedule planned.parquet --rate 1parts/s --start 2026-12-01T00:00:00Z",
        "compare people.csv --body-file A=body.txt --body B=Hi --rates card.csv",
        "reconcile planned.parquet reports.csv",
    ],
)
def test_commands_in_a_terminal(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command in a pseudo-terminal of 80 columns shows the figures that it shows in 220."""
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{each['to']},{each['name']}\n" for each in PEOPLE)
    Path("people.csv").write_text("to,name\n" + rows, encoding="utf-8")
    Path("body.txt").write_text(BODY, encoding="utf-8")
    Path("card.csv").write_text(
        "country,price,currency\nGB,12345.678901,GBP\nUS,0.0079,GBP\n", encoding="utf-8"
    )
    Path("reports.csv").write_text(
        "recipient,status,code,number_of_message_parts\n447700900001,Delivered,0,2\n"
    )
    plan("people.csv", BODY, rates="card.csv", output="planned.parquet")
    words = line.replace("1parts/s", "1 parts/s").split(" --rate ")
    arguments = words[0].split()
    if len(words) == 2:
        arguments += ["--rate", "1 parts/s", *words[1].split()[2:]]
    narrow, wide = (figures(in_terminal(arguments, columns)) for columns in (80, 220))
    assert wide
    assert not set(wide) - set(narrow)


@pytest.mark.parametrize("columns", ["0", "1", "-5", "x"])
def test_terminals_that_do_not_know_their_width(columns: str, tmp_path: Path) -> None:
    """With ``COLUMNS=0`` and without stderr there is an answer all the same."""
    (tmp_path / "people.csv").write_text("to\n+447700900123\n")
    command = [sys.executable, "-m", "smsplan", "plan", "people.csv", "--body", "Hi"]
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *command], cwd=tmp_path, capture_output=True,
        env={**os.environ, "COLUMNS": columns}, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert b"1 message" in done.stdout
    assert b"1 recipient, 1 message " in done.stdout
