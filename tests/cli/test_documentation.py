"""What is documented is what there is."""

from __future__ import annotations

import importlib.util
import json
import re
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from smsplan import Profile, compare, estimate, plan
from smsplan.api.profiles import PROFILES
from smsplan.cli import app
from smsplan.errors import Note, Problem
from smsplan.insight.list_audit import KINDS
from smsplan.kernel.columns import PLAN_COLUMNS
from smsplan.reports import Report

DOCS = Path(__file__).parents[2] / "docs"


def test_cli_reference_is_current() -> None:
    """docs/cli.md is what docs/make_cli.py writes: every command and option is in it."""
    spec = importlib.util.spec_from_file_location("make_cli", DOCS / "make_cli.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = (DOCS / "cli.md").read_text(encoding="utf-8")
    assert module.reference() == text
    assert "## smsplan campaign send\n" in text
    assert "smsplan lint [TEMPLATES...] [OPTIONS]" in text


def test_tables_of_columns_problems_and_notes_are_current() -> None:
    """The tables in docs/design.md are what docs/make_rows.py writes from their entries."""
    spec = importlib.util.spec_from_file_location("make_rows", DOCS / "make_rows.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = (DOCS / "design.md").read_text(encoding="utf-8")
    assert module.page(text) == text


def documented(schema: str) -> set[str]:
    """The keys that docs/json.md names for a schema."""
    section = (DOCS / "json.md").read_text(encoding="utf-8").split(f"## {schema}\n")[1]
    cells = re.findall(r"^\| (`.*?) \|", section.split("\n## ")[0], re.MULTILINE)
    return {key for cell in cells for key in re.findall(r"`(\w+)`", cell)}


def test_json_keys() -> None:
    """The documented keys of every schema are the real ones."""
    runner = CliRunner()
    for arguments in (
        ["segment", "a“"],
        ["example"],
        ["lint", "--body", "Hi"],
        ["lint", "--explain", "SMS"],
    ):
        data = json.loads(runner.invoke(app, [*arguments, "--json"]).stdout)
        assert set(data) == documented(data["schema"])
    summary: dict[str, Any] = plan(["+447700900123"], "Hi“").summary.to_dict()
    assert {"schema", "assumptions", "warnings", "breaches", *summary} == documented(
        "smsplan.plan/1"
    )
    when = plan(["+447700900123"], "Hi").schedule("1 parts/s", start=datetime.now(UTC))
    assert {"schema", *when.to_dict()} == documented("smsplan.schedule/1")
    guessed = estimate("Hi", lengths={}, messages=1).to_dict()
    assert {"schema", *guessed} == documented("smsplan.estimate/1")
    both = compare(["+447700900123"], {"A": "Hi", "B": "Ho"}, rates="1 EUR",
                   alternatives={"mms": "0.5 EUR"}).to_dict()  # fmt: skip
    assert {"schema", *both} == documented("smsplan.comparison/1")
    other = both["variants"][1]
    described = (DOCS / "json.md").read_text(encoding="utf-8").split("## smsplan.comparison/1\n")[1]
    for part in (other, other["moves"], other["moves"]["rows"][0], other["alternatives"][0]):
        assert all(f'"{key}"' in described.split("\n## ")[0] for key in part)
    audited = plan(["+447700900123"], "Hi").audit().to_dict()
    assert {"schema", *audited} == documented("smsplan.audit/1")
    described = (DOCS / "json.md").read_text(encoding="utf-8").split("## smsplan.audit/1\n")[1]
    assert all(f'"{key}"' in described.split("\n## ")[0] for key in audited["lines"][0])
    report = Report(recipient="447700900123")
    found = plan(["+447700900123"], "Hi").reconcile([report]).to_dict()
    assert {"schema", *found} == documented("smsplan.reconciliation/1")
    dear = plan(["+447700900123"], "a" * 161 + "“я")
    for made in (dear.explain(), dear.characters()):
        name = f"smsplan.{type(made).__name__.lower()}/1"
        data = made.to_dict()
        assert {"schema", *data} == documented(name)
        described = (DOCS / "json.md").read_text(encoding="utf-8").split(f"## {name}\n")[1]
        described = described.split("\n## ")[0]
        inner = [key for each in data.values() if isinstance(each, list) for key in each[-1]]
        inner += [key for step in data.get("steps", ()) for each in step["causes"] for key in each]
        assert inner
        assert all(f'"{key}"' in described for key in inner), name
    people = [{"to": "+447700900123", "name": "Olivia"}]
    lengths = plan(people, "a" * 158 + "${name}", defaults={"name": "x"}).by_length().to_dict()
    assert {"schema", *lengths} == documented("smsplan.lengths/1")
    described = (DOCS / "json.md").read_text(encoding="utf-8").split("## smsplan.lengths/1\n")[1]
    for part in (lengths["template"], lengths["template"]["points"][0], lengths["defaults"][0]):
        assert all(f'"{key}"' in described.split("\n## ")[0] for key in part)
    section = (DOCS / "json.md").read_text(encoding="utf-8")
    assert all(f'"{key}"' in section for key in summary["findings"][0])


def test_switches() -> None:
    """The tables of switches in docs/design.md are what docs/make_switches.py writes."""
    spec = importlib.util.spec_from_file_location("make_switches", DOCS / "make_switches.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = (DOCS / "design.md").read_text(encoding="utf-8")
    assert module.page(text) == text


def test_design_names_everything() -> None:
    """docs/design.md lists every column, problem, note, kind, switch, its values and profile."""
    text = (DOCS / "design.md").read_text(encoding="utf-8")
    words = {*PLAN_COLUMNS, *Problem, *Note, *PROFILES}
    words |= {*KINDS, *(field.name for field in fields(Profile))}
    for field in fields(Profile):
        words |= set(re.findall(r"'([^']+)'", str(field.type)))
        words |= set(re.findall(r'"([^"]+)"', str(field.type)))
    for word in sorted(words):
        assert f"`{word}`" in text, word
