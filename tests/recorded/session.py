"""One session of commands over fixed inputs, and what they print, with what is chance left out."""

from __future__ import annotations

import inspect
import json
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copy
from typing import Any

from typer.testing import CliRunner

import smsplan
from smsplan import Profile, plan
from smsplan.cli import app
from smsplan.sandbox import running

DATA = Path(__file__).resolve().parents[2] / "data"
OUTPUTS = Path(__file__).with_name("outputs")
NAMES = Path(__file__).with_name("names.txt")
PLANS = Path(__file__).with_name("plans")
TOTALS = PLANS / "totals.json"
NAMES_OF_PEOPLE = ("Ana", "Zoë", "Ольга", "李", "=1+1", "Bo 😀")

# Each command after what it reads was written. ``people.csv`` has every kind of row.
COMMANDS = (
    """
segment "Price: 5 € [today]"
segment --json "Привет, Ana 😀"
example
plan list.csv --body-file body.txt --to phone --column name=first_name --default name=there \
--region GB --rates rates.csv --on 2026-06-01 --output planned.parquet
plan list.csv --body-file body.txt --to phone --column name=first_name --default name=there \
--region GB --rates rates.csv --on 2026-06-01 --json
plan people.csv --body "Hi ${name}, [name]" --rejects rejects.csv --output rows.csv
plan people.csv --body "Hi ${name}" --price "0.05 EUR" --max-cost "0.10 EUR" --json
plan people.csv --body "Hi ${nmae}"
plan people.csv --body "Grüße ${name} „heute“" --substitute lossy --bodies --output -
compare list.csv --to phone --body "a=Sale today, ${first_name}" --body "b=Sale – today" \
--rates rates.csv --on 2026-06-01
compare list.csv --to phone --body "a=Sale today, ${first_name}" --body "b=Sale – today" --json
estimate list.csv --body-file body.txt --to phone --column name=first_name --default name=there \
--region GB --rates rates.csv --on 2026-06-01
estimate --messages 100000 --country GB --body "Hi ${name}" --length name=12 --price "0.04 EUR"
estimate list.csv --body-file body.txt --to phone --column name=first_name --default name=there \
--region GB --rates rates.csv --on 2026-06-01 --json
audit list.csv --to phone --region GB
audit people.csv --json
lint --body "Hi {name}, only 20 €…"
lint --body "Hi {name}, only 20 €…" --format json
lint body.txt --opt-out STOP
explain planned.parquet
explain planned.parquet --json
lengths planned.parquet
lengths planned.parquet --json
assumptions planned.parquet
assumptions planned.parquet --json
schedule planned.parquet --rate "10 recipients/s" --start 2026-06-01T08:00:00Z
schedule planned.parquet --rate "10 recipients/s" --start 2026-06-01T08:00:00Z --json
report planned.parquet --output report.html
requests planned.parquet --output requests
rates check rates.csv --on 2026-06-01
rates check rates.csv --on 2026-06-01 --json
rates convert rates.csv converted.csv
dry-run batch.json --per-recipient
dry-run refused.json
dry-run batch.json --live --json
verify planned.parquet --sample 20 --seed 1
verify planned.parquet --sample 20 --seed 1 --json
calibrate --number +447700900123 --number +447700900124 --output account.toml
campaign create small.parquet journal.db --client-reference spring
campaign send journal.db --unverified --yes
campaign status journal.db
campaign status journal.db --json
campaign reports journal.db reports.jsonl
reconcile small.parquet invoice.csv
reconcile small.parquet invoice.csv --json
batches list
batches list --json
batches get nothing
""".replace("\\\n", "")
    .strip()
    .splitlines()
)
FILES = {
    "people.csv": "to,name\n+447700900123,Ana\n+447700900124,Zoë\n+447700900124,Zoë\n12,Bo\n,Al\n"
    "+447700900125,Ольга\n+447700900126,\n0044 7700 900127,=1+1\n",
    "batch.json": '{"to": ["+447700900123", "+447700900124"], "body": "Hi ${n}", "parameters": '
    '{"n": {"+447700900123": "Zoë", "default": "there"}}}',
    "invoice.csv": "country,parts,amount,currency\nGB,29,0.98,GBP\n",
    "refused.json": '{"to": ["x"], "body": null}',
}
_SHOWN, _LINES = 60, 300
# What differs from run to run.
_CHANCE = (
    (re.compile(r"\b01[0-9A-HJKMNP-TV-Z]{24}\b"), "<id>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<digest>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b"), "<id>"),
    (re.compile(r"\bspring-[0-9a-f]{8}-"), "spring-<id>-"),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "<address>"),
    (re.compile(r"\b2\d{3}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?"), "<time>"),
)


@contextmanager
def folder(path: Path) -> Iterator[None]:
    """Work in a folder that has the inputs."""
    lines = (DATA / "recipients.csv").read_text("utf-8").splitlines(keepends=True)
    (path / "list.csv").write_text("".join(lines[:301]), "utf-8")
    for name, text in FILES.items():
        (path / name).write_text(text, "utf-8")
    for name in ("body.txt", "rates.csv"):
        copy(DATA / name, path)
    before = Path.cwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)


def _shorter(value: Any) -> Any:
    """Return JSON of which long lists and tables show their first entries, and how many follow."""
    if isinstance(value, dict):
        more = {"...": len(value) - _SHOWN} if len(value) > _SHOWN else {}
        return {key: _shorter(each) for key, each in list(value.items())[:_SHOWN]} | more
    if isinstance(value, list):
        left = [f"... {len(value) - 3} more"] if len(value) > 3 else []
        return [*map(_shorter, value[:3]), *left]
    return value


def _printed(text: str) -> str:
    try:
        found = json.loads(text)
    except ValueError:
        lines = text.splitlines(keepends=True)
        more = f"... {len(lines) - _LINES} more lines\n" if len(lines) > _LINES else ""
        return "".join(lines[:_LINES]) + more
    return json.dumps(_shorter(found), ensure_ascii=False, indent=1) + "\n"


def session(path: Path) -> dict[str, str]:
    """Return what the commands print, by the first words of each."""
    made: dict[str, str] = {}
    with running() as sandbox, folder(path):
        plan([{"to": f"+4477009001{n:02}"} for n in range(30)], "Hi", output="small.parquet")
        environment = {
            "SINCH_SERVICE_PLAN_ID": "demo",
            "SINCH_API_TOKEN": sandbox.token,
            "SINCH_BASE_URL": sandbox.url,
            "COLUMNS": "100",
            "NO_COLOR": "1",
            "TERM": "dumb",
        }
        for line in COMMANDS:
            words = shlex.split(line)
            done = CliRunner().invoke(app, words, env=environment)
            said = f"$ smsplan {line}\n{_printed(done.stdout)}"
            if done.stderr:
                said += f"--- stderr\n{done.stderr}"
            if done.exception is not None and not isinstance(done.exception, SystemExit):
                said += f"--- {type(done.exception).__name__}: {done.exception}\n"
            said += f"--- exit {done.exit_code}\n\n"
            for chance, instead in _CHANCE:
                said = chance.sub(instead, said)
            made[words[0]] = made.get(words[0], "") + said.replace(str(path), "<folder>")
    return made


def names() -> str:
    """Return the public names, with their parameters, and the members of the classes."""
    lines = []
    for name in sorted(smsplan.__all__):
        found = getattr(smsplan, name)
        lines.append(f"{name}{_parameters(found)}")
        if isinstance(found, type):
            members = sorted(each for each in dir(found) if not each.startswith("_"))
            own = [each for each in members if each not in dir(Exception)]
            lines += [f"  .{each}{_parameters(getattr(found, each, None))}" for each in own]
    return "\n".join(lines) + "\n"


def _parameters(found: Any) -> str:
    try:
        return f"({', '.join(inspect.signature(found).parameters)})"
    except (TypeError, ValueError):
        return ""


def save_plans() -> None:
    """Save plans as today's code does, with what they add up to."""
    rows = [{"to": f"+4477009001{n:02}", "name": name} for n, name in enumerate(NAMES_OF_PEOPLE)]
    rates = {"GB": "0.034 GBP"}
    PLANS.mkdir(exist_ok=True)
    made = {
        "plain.parquet": plan(rows, "Hi ${name}", output=PLANS / "plain.parquet"),
        "priced.parquet": plan(
            rows, "Hi ${name} – hi", rates=rates, bodies=True, output=PLANS / "priced.parquet"
        ),
        "limited.parquet": plan(
            [*rows, rows[0], {"to": "12", "name": "Bo"}], "Hi ${name}", limits={"name": 3},
            substitute="lossy", truncate_concat=True, output=PLANS / "limited.parquet",
        ),
        "by_language.parquet": plan(
            [{**row, "language": "sv" if n % 2 else "en"} for n, row in enumerate(rows)],
            {"en": "Hi ${name}", "sv": "Hej ${name}"}, body_by="language",
            output=PLANS / "by_language.parquet",
        ),
        "profile.parquet": plan(
            rows, "Hi ${name}", profile=Profile(spaces="space", languages=("tr",)), rates=rates,
            output=PLANS / "profile.parquet",
        ),
    }  # fmt: skip
    totals = {name: str(each) for name, each in made.items()}
    TOTALS.write_text(json.dumps(totals, indent=1) + "\n", "utf-8")
