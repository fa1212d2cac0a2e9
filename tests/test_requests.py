"""A plan as requests: every row that is sent is in one of them, once, and each is valid."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsplan import InputError, Plan, Profile, RequestRefused, TextBatch, dry_run, plan

NUMBERS = st.sampled_from(
    ["+447700900123", "+447700900124", "00447700900123", "+12025550123", "+33612345678", "x", None]
)
VALUES = st.sampled_from([None, "", "Ana", "Иван", "[x]", "a" * 160, "${b}", "\N{PARTY POPPER}"])
ROWS = st.lists(
    st.fixed_dictionaries({"to": NUMBERS, "a": VALUES, "b": VALUES,
                           "language": st.sampled_from(["en", "sv", None])}),
    min_size=1, max_size=12,
)  # fmt: skip
BODIES = st.sampled_from(
    [
        "Hi ${a}",
        "${a} and ${b}",
        "nothing to fill in",
        {"en": "Hello ${a}", "sv": "Hej ${b}", "*": "?"},
        {"en": "Hello ${a}"},
    ]
)
PROFILES = st.builds(
    Profile,
    unmatched=st.sampled_from(["verbatim", "empty", "absent", "error"]),
    values_in_values=st.sampled_from(["single_pass", "again"]),
    truncation=st.sampled_from(["cut", "parts_only", "ignored"]),
    exceeded_parts=st.sampled_from(["counted", "zero", "absent", "error"]),
)


def sent(made: Plan) -> Counter[Any]:
    """The rows of a plan that are sent: number, text and parts."""
    rows = pa.Table.from_pylist(made.rows).to_pylist() if isinstance(made.rows, list) else made.rows
    return Counter(
        (row["recipient"], row["body"], row["billed_parts"])
        for row in rows
        if row["problem"] is None
    )


@given(
    rows=ROWS,
    body=BODIES,
    defaults=st.sampled_from([{}, {"a": "there"}, {"a": "x", "b": "\u044f"}]),
    duplicates=st.sampled_from(["keep", "flag"]),
    profile=PROFILES,
    size=st.integers(1, 4),
    truncate=st.booleans(),
    limit=st.sampled_from([None, 1, 2]),
)
def test_every_row_once(
    rows: list[dict[str, Any]],
    body: Any,
    defaults: dict[str, str],
    duplicates: Any,
    profile: Profile,
    size: int,
    truncate: bool,
    limit: int | None,
) -> None:
    """The dry runs of the requests are, together, the rows of the plan that are sent."""
    used = json.dumps(body)
    made = plan(
        rows,
        body,
        body_by="language" if isinstance(body, dict) else None,
        defaults={key: text for key, text in defaults.items() if "${" + key + "}" in used},
        duplicates=duplicates,
        profile=profile,
        truncate_concat=truncate,
        max_number_of_message_parts=limit,
        bodies=True,
    )
    batches = list(made.batches(size=size))
    found: Counter[Any] = Counter()
    for batch in batches:
        assert TextBatch.from_dict(batch.to_dict(), profile=profile) == batch
        assert len(set(batch.to)) == len(batch.to) <= size
        for key, values in (batch.parameters or {}).items():
            assert "${" + key + "}" in batch.body
            assert {*values} <= {*batch.to, "default"}
        details = dry_run(batch, profile=profile).details
        assert all(detail.problem is None for detail in details)
        found.update((each.recipient, each.body, each.billed_parts) for each in details)
    assert found == sent(made)


def test_full_requests_in_order() -> None:
    """Requests are full but for the last, and the rows keep their order."""
    numbers = [f"+4477009{n:05}" for n in range(2_345)]
    made = plan([{"to": number, "name": "Ana"} for number in numbers], "Hi ${name}")
    batches = list(made.batches(client_reference="march", send_at="2026-12-01T10:00:00Z"))
    assert [len(batch.to) for batch in batches] == [1000, 1000, 345]
    assert [to for batch in batches for to in batch.to] == [n[1:] for n in numbers]
    assert [batch.client_reference for batch in batches] == [f"march-{n:06}" for n in (1, 2, 3)]
    first = batches[0].to_dict()
    assert first["send_at"] == "2026-12-01T10:00:00Z"
    assert (first["delivery_report"], first["feedback_enabled"]) == ("full", True)
    assert first["max_number_of_message_parts"] == 1


def test_faults(tmp_path: Path) -> None:
    """What the API would refuse is refused before the first request is out."""
    made = plan(["+447700900123"], "Hi")
    with pytest.raises(InputError, match="1 to 1,000"):
        list(made.batches(size=1_001))
    with pytest.raises(RequestRefused, match="report type"):
        list(made.batches(delivery_report="some"))
    assert list(plan(["12"], "Hi").batches()) == []


def test_the_command(tmp_path: Path) -> None:
    """A folder of requests, whole or not at all; a saved plan and a folder of parts alike."""
    numbers = [f"+4477009{n:05}" for n in range(25)]
    source = tmp_path / "people.csv"
    source.write_text("to,name\n" + "".join(f"{n},Ana\n" for n in numbers))
    for output in ("plan.parquet", "parts/"):
        plan(source, "Hi ${name}", output=f"{tmp_path}/{output}")
        words = [sys.executable, "-m", "smsplan", "requests", f"{tmp_path}/{output}", "--output"]
        target = tmp_path / f"out-{output.strip('/')}"
        done = subprocess.run([*words, str(target), "--size", "10", "--client-reference", "may"],
                              capture_output=True, text=True, check=True)  # fmt: skip
        assert "3 requests, 25 recipients" in done.stderr
        files = sorted(target.iterdir())
        assert [file.name for file in files] == [f"batch-{n:06}.json" for n in (1, 2, 3)]
        payloads = [json.loads(file.read_text()) for file in files]
        assert [to for each in payloads for to in each["to"]] == [n[1:] for n in numbers]
        assert [TextBatch.from_dict(each).client_reference for each in payloads] == [
            f"may-{n:06}" for n in (1, 2, 3)
        ]
        again = subprocess.run([*words, str(target)], capture_output=True, text=True, check=False)
        assert (again.returncode, "is there already" in again.stderr) == (1, True)
    bad = subprocess.run([*words, str(tmp_path / "bad"), "--delivery-report", "some"],
                         capture_output=True, text=True, check=False)  # fmt: skip
    assert bad.returncode == 1
    assert not (tmp_path / "bad").exists()
    assert not list(tmp_path.glob(".*"))
