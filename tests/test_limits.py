"""Limits: every breach is named, with its figures and the rows at fault; what is within passes."""

from __future__ import annotations

import json
import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from smsplan import DryRun, InputError, Limits, PlanRejected, RateCard, dry_run, plan
from smsplan.cli import app

NUMBERS = ["+447700900123", "+447700900124", "+12025550123", "+33612345678", "x"]
TEXTS = ["hi", "a" * 161, "ж" * 71, "€", "ж"]
RATES = {"GB": "0.034 GBP", "US": "0.0079 USD"}
RATES_GB = {"GB": "0.034 GBP"}


def rejected(check: Any, **limits: Any) -> dict[str, tuple[int, ...]]:
    """The rows of each breach, by limit; nothing where all is within the limits."""
    try:
        check(**limits)
    except PlanRejected as error:
        return {breach.limit: breach.rows for breach in error.breaches}
    return {}


@given(
    st.lists(st.tuples(st.sampled_from(NUMBERS), st.sampled_from(TEXTS)), min_size=1, max_size=9),
    st.integers(0, 4),
    st.integers(0, 12),
    st.integers(0, 100),
)
def test_as_a_loop_over_the_rows(rows: list[tuple[str, str]], most: int, parts: int, share: int
                                 ) -> None:  # fmt: skip
    """Breaches and their rows are those that a loop over the plan's rows finds."""
    card = RateCard.of(RATES, mixed_currencies=True)
    made = plan([{"to": to, "text": text} for to, text in rows], "${text}", rates=card,
                duplicates="keep")  # fmt: skip
    table = made.rows
    sent = [(n, row) for n, row in enumerate(table, 1) if row["problem"] is None]
    bad = [n for n, row in enumerate(table, 1) if row["problem"]]
    expected: dict[str, tuple[int, ...]] = {}
    if long := [n for n, row in sent if row["number_of_parts"] > most]:
        expected["max_parts_per_message"] = tuple(long[:5])
    if sum(row["billed_parts"] for _, row in sent) > parts:
        expected["max_parts"] = ()
    if len(bad) * 100 > share * len(rows):
        expected["max_problems"] = tuple(bad[:5])
    if unicode := [n for n, row in sent if row["encoding"] == "UNICODE"]:
        expected["allow_unicode"] = tuple(unicode[:5])
    if away := [n for n, row in sent if row["country"] != "GB"]:
        expected["countries"] = tuple(away[:5])
    if unpriced := [n for n, row in sent if row["cost"] is None]:
        expected["max_unpriced"] = tuple(unpriced[:5])
    found = rejected(made.check, max_parts_per_message=most, max_parts=parts, countries=["GB"],
                     max_problems=f"{share}%", allow_unicode=False, max_unpriced=0)  # fmt: skip
    assert found == expected


def test_cost_in_the_right_currency() -> None:
    """Each currency has its own limit, another one is a breach, and so is an unknown price."""
    card = RateCard.of(RATES, mixed_currencies=True)
    made = plan(["+447700900123", "+12025550123"], "hi", rates=card)
    made.check(max_cost=["0.034 GBP", "0.0079 USD"])
    assert rejected(made.check, max_cost="0.034 GBP") == {"max_cost": ()}
    assert rejected(made.check, max_cost=["0.0339 GBP", "1 USD"]) == {"max_cost": ()}
    more = plan(["+447700900123", "+33612345678"], "hi", rates=RATES_GB)
    assert rejected(more.check, max_cost="1 GBP") == {"max_cost": (2,)}
    assert rejected(more.check, max_cost="1 GBP", max_unpriced="50%") == {}
    unpriced = plan(["+447700900123"], "hi")
    with pytest.raises(PlanRejected, match="no price, so that the cost is not known"):
        unpriced.check(max_cost="1 GBP")


def test_one_batch_in_a_service() -> None:
    """A dry run is checked by the same limits as a plan."""
    made = dry_run(
        {"to": ["447700900123", "447700900124"], "body": "Hi ${name}",
         "parameters": {"name": {"447700900123": "ж", "default": "a" * 170}}},
        rates="0.034 GBP",
    )  # fmt: skip
    made.check(max_cost="0.102 GBP", max_parts_per_message=2, countries=["GB"])
    assert rejected(made.check, allow_unicode=False, max_parts_per_message=1) == {
        "max_parts_per_message": (2,),
        "allow_unicode": (1,),
    }
    assert rejected(made.check, countries=["US"]) == {"countries": (1, 2)}
    with pytest.raises(InputError, match="no details"):
        DryRun(1, 1).check(max_parts=1)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"max_cost": "500"}, "no currency"),
        ({"max_cost": 500}, "currency"),
        ({"max_cost": "1,5 EUR"}, "1.5"),
        ({"max_cost": ["1 EUR", "2 EUR"]}, "two amounts in EUR"),
        ({"max_parts": -1}, "0 or more"),
        ({"max_parts": True}, "0 or more"),
        ({"max_problems": "some"}, "'1%'"),
        ({"max_problems": "1.5"}, "'1%'"),
        ({"countries": "GB"}, r"\['GB'\]"),
        ({"countries": ["UK"]}, "ISO 3166"),
    ],
)
def test_what_is_no_limit(limits: dict[str, Any], said: str) -> None:
    """A limit that cannot be understood is an error, and not a limit that is never breached."""
    with pytest.raises(InputError, match=said):
        Limits(**limits)
    with pytest.raises(InputError, match=said):
        plan(["+447700900123"], "hi").check(**limits)


def test_the_exact_amount_is_allowed() -> None:
    """Money is compared exactly: the last digit of eight decimals counts."""
    made = plan(["+447700900123"] * 3, "hi", rates="0.03400001 GBP", duplicates="keep")
    made.check(max_cost="0.10200003 GBP")
    assert made.cost.amounts["GBP"] == Decimal("0.10200003")
    assert rejected(made.check, max_cost="0.10200002 GBP") == {"max_cost": ()}


def test_a_rejection_travels() -> None:
    """It can be pickled and written as JSON, and never has what a row holds."""
    made = plan([{"to": "+447700900123", "name": "Ana Secret"}], "Hi ${name}")
    with pytest.raises(PlanRejected) as caught:
        made.check(max_parts=0)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (
        again.to_dict()
        == caught.value.to_dict()
        == {
            "breaches": [
                {"limit": "max_parts", "text": "there is 1 part, and 0 are allowed", "rows": []}
            ]
        }
    )
    assert "Secret" not in str(again)


def test_the_command_ends_with_3(tmp_path: Path) -> None:
    """The rows are written, the breaches said on stderr or in the JSON, and the code is 3."""
    source = tmp_path / "people.csv"
    source.write_text("to,name\n+447700900123,Ana\n+447700900124,Жо\n")
    words = ["plan", str(source), "--body", "Hi ${name}", "--price", "0.034 GBP"]
    output = tmp_path / "out.csv"
    done = CliRunner().invoke(
        app, [*words, "--no-unicode", "--max-cost", "1 GBP", "--output", str(output), "--json"]
    )
    assert isinstance(done.exception, PlanRejected)
    data = json.loads(done.stdout)
    assert [(each["limit"], each["rows"]) for each in data["breaches"]] == [("allow_unicode", [2])]
    assert output.exists()
    within = CliRunner().invoke(app, [*words, "--max-cost", "1 GBP", "--json"])
    assert (within.exit_code, json.loads(within.stdout)["breaches"]) == (0, [])


def test_the_process_ends_with_3(tmp_path: Path) -> None:
    """What a shell sees: code 3 and every breach on stderr, for a list and for one batch."""
    import subprocess
    import sys

    batch = tmp_path / "batch.json"
    batch.write_text(json.dumps({"to": ["447700900123"], "body": "ж" * 71}))
    words = [sys.executable, "-m", "smsplan", "dry-run", str(batch), "--price", "0.034 GBP"]
    done = subprocess.run([*words, "--max-parts", "1", "--no-unicode", "--max-cost", "0.05 GBP"],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 3
    assert json.loads(done.stdout)["number_of_messages"] == 2
    for name in ("max_parts", "allow_unicode", "max_cost"):
        assert f"{name}: " in done.stderr
    assert subprocess.run([*words, "--max-parts", "2"], capture_output=True, check=False
                          ).returncode == 0  # fmt: skip
