"""A plan that was saved before a column was added opens, and says what it has not."""

from __future__ import annotations

from pathlib import Path
from shutil import copy
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from smsplan import InputError, Plan, RateCard, plan
from smsplan.kernel.columns import PLAN_COLUMNS, PlanColumn, Stage
from smsplan.outputs import METADATA_KEY
from tests.recorded.session import PLANS
from tests.test_operators import US

RECORDED = sorted(PLANS.glob("*.parquet"))
COLUMNS = {
    "digits": PlanColumn("int32", Stage.NUMBER, "how long the number is"),
    "operator": PlanColumn("words", Stage.PRICE, "whose number it is"),
    "saved": PlanColumn("money", Stage.SETTLED, "what a rebate takes off"),
    "first_part": PlanColumn("string", Stage.TEXT, "what is read first"),
    "again": PlanColumn("bool", Stage.ROW, "whether it was sent before"),
}


def added(patch: pytest.MonkeyPatch, *names: str) -> None:
    """Let plans have these columns from now on."""
    for name in names:
        patch.setitem(PLAN_COLUMNS, name, COLUMNS[name])


def everything(made: Plan, rates: RateCard) -> list[object]:
    """All that a plan can be asked."""
    priced = made.price(rates)
    return [
        made.summary.to_dict(),
        made.explain().to_dict(),
        made.characters().to_dict(),
        made.by_length().to_dict(),
        made.assumptions().to_dict(),
        made.audit().to_dict(),
        [batch.to_dict() for batch in made.batches()],
        made.dry_run(),
        priced.summary.to_dict(),
        priced.explain().to_dict(),
    ]


def lines(made: Plan) -> list[dict[str, object]]:
    """The rows, whatever kind of frame they were saved of."""
    rows = made.rows
    return rows if isinstance(rows, list) else list(rows.to_pylist())


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
@pytest.mark.parametrize("name", COLUMNS)
def test_a_file(name: str, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The column is null, one warning says so, and every answer is what it was."""
    before, rows = everything(Plan.open(path), US), lines(Plan.open(path))
    added(monkeypatch, name)
    made = Plan.open(path)
    (warning,) = made.warnings
    assert warning == (
        f"'{path}' was saved by an older version, without the column '{name}', which is null here; "
        "plan again to have it"
    )
    column = made.settings.prefix + name
    assert lines(made) == [{**row, column: None} for row in rows]
    assert everything(made, US) == before
    worst = made.worst(1)
    assert worst[0][column] is None
    # Saved again it is what it was, also by other prices, which may add columns.
    for again, target in ((made, "again.parquet"), (made.price(US), "priced.parquet")):
        again.save(tmp_path / target)
        assert column not in pa.parquet.read_schema(tmp_path / target).names
        back = Plan.open(tmp_path / target)
        assert f"without the column '{name}'" in back.warnings[0]
        assert lines(back) == lines(again)
        assert back.summary == again.summary
    made.save(tmp_path / "again.csv")
    assert column not in (tmp_path / "again.csv").read_text("utf-8").partition("\n")[0]


def test_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of part files opens as a file does."""
    rows = pa.table({"to": ["+447700900123", "12", "+12025550123"]})
    how: dict[str, Any] = {"rates": US, "bodies": True, "prefix": "p_"}
    plan(rows, "Hi", **how, output=f"{tmp_path}/plan/")
    before = everything(Plan.open(tmp_path / "plan"), US)
    added(monkeypatch, "digits", "operator")
    made = Plan.open(tmp_path / "plan")
    assert made.warnings[0].endswith(
        "without the columns 'p_digits', 'p_operator', which are null here; plan again to have them"
    )
    assert everything(made, US) == before
    # Behind those that are always there, in front of none that it has: as they are listed.
    assert made.rows.column_names[-3:] == ["p_body", "p_digits", "p_operator"]
    assert made.rows.column("p_digits").null_count == 3


def test_a_plan_that_has_the_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a plan has is in what it says of itself: nothing is missing, nothing may be lost."""
    added(monkeypatch, "digits")
    path = tmp_path / "plan.parquet"
    monkeypatch.setattr(
        "smsplan.planning.pipeline.Pipeline.dressed", with_digits(PLAN_COLUMNS["digits"])
    )
    plan([{"to": "+447700900123"}], "Hi", output=path)
    made = Plan.open(path)
    assert made.warnings == ()
    assert lines(made)[0]["digits"] == 12
    lost(path, "digits")
    with pytest.raises(InputError, match="is damaged, or was saved by another version"):
        Plan.open(path)


def with_digits(column: PlanColumn) -> object:
    """A stage that fills a column."""

    def dressed(self: object, ours: pa.RecordBatch) -> pa.RecordBatch:
        from smsplan.kernel.settlement import in_words

        rows = in_words(ours).append_column("digits", pa.array([12] * ours.num_rows, column.type))
        names = self._columns  # type: ignore[attr-defined]
        return rows.select(list(names)).rename_columns(list(self.names))  # type: ignore[attr-defined]

    return dressed


def lost(path: Path, column: str) -> None:
    """Take a column out as an editor does that knows nothing of seals, and keeps the metadata."""
    from smsplan.writing.writers import sink

    said = pa.parquet.read_metadata(path).metadata[METADATA_KEY.encode()].decode()
    table = pa.parquet.read_table(path).drop_columns([column]).replace_schema_metadata()
    with sink(path, table.schema) as out:
        for batch in table.to_batches():
            out.write(batch)
        out.metadata[METADATA_KEY] = said


@pytest.mark.parametrize("column", ["units", "note", "cost"])
def test_a_lost_column(column: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file without a column that its plan had is damaged, whatever was added since."""
    recorded, new = tmp_path / "recorded.parquet", tmp_path / "new.parquet"
    copy(PLANS / "plain.parquet", recorded)
    plan([{"to": "+447700900123"}], "Hi", output=new)
    lost(recorded, column)
    lost(new, column)
    for _ in range(2):
        for path in (recorded, new):
            with pytest.raises(InputError, match="is damaged, or was saved by another version"):
                Plan.open(path)
        added(monkeypatch, "digits")


def test_selected_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan of selected columns misses nothing that it was not asked for."""
    path = tmp_path / "plan.parquet"
    plan([{"to": "+447700900123"}], "Hi", select=("units", "body"), output=path)
    added(monkeypatch, "digits")
    made = Plan.open(path)
    assert made.warnings == ()
    assert lines(made) == [{"to": "+447700900123", "units": 2, "body": "Hi"}]


def test_a_column_of_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list may have had a column of that name: two of one name are refused."""
    path = tmp_path / "plan.parquet"
    plan([{"to": "+447700900123", "digits": "12"}], "Hi ${digits}", output=path)
    added(monkeypatch, "digits")
    with pytest.raises(InputError) as raised:
        Plan.open(path)
    assert str(raised.value) == (
        f"'{path}' has columns of its list that are named as a plan's are by now: 'digits'; "
        "plan the list again"
    )


def test_a_plan_of_a_plan(tmp_path: Path) -> None:
    """What a list says of itself, which was a plan, is not taken over by what is written."""
    first, second, rejects = (tmp_path / f"{name}.parquet" for name in ("one", "two", "rejects"))
    plan([{"to": "+447700900123"}, {"to": "12"}], "Hi", output=first)
    table = pa.parquet.read_table(first)
    plan(table, "Hello", rates="0.05 EUR", prefix="p_", rejects=rejects)
    made = plan(table, "Hello", rates="0.05 EUR", prefix="p_", output=second)
    assert str(Plan.open(second).cost) == "EUR 0.05"
    priced = Plan.open(second).price("0.07 EUR")
    priced.save(tmp_path / "priced.parquet")
    back = Plan.open(tmp_path / "priced.parquet")
    assert (back.summary, lines(back)) == (priced.summary, lines(priced))
    assert back.rows.column_names == made.rows.column_names
    with pytest.raises(InputError, match="is not a saved plan"):
        Plan.open(rejects)
