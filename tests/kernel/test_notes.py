"""Notes as bits and as words, and that a note and a problem are one entry in ``errors.py``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsplan import plan
from smsplan.errors import Note, Problem
from smsplan.kernel.dictionaries import note_bits, note_words

BITS = st.lists(st.integers(0, (1 << len(Note)) - 1), max_size=40)


@given(BITS)
def test_bits_and_words_are_the_same(bits: list[int]) -> None:
    """Whatever the notes, words are the codes in their order, and read back they are the bits."""
    column = note_words(np.array(bits, np.int32))
    for each, word in zip(bits, column.to_pylist(), strict=True):
        assert word == (";".join(n.value for n in Note if each & n.bit) or None)
    plain = column.cast(pa.string())
    for form in (column, plain, plain.cast(pa.large_string()), plain.dictionary_encode(),
                 column.slice(1), pa.array(bits, pa.int32())):  # fmt: skip
        assert note_bits(form).tolist() == bits[len(bits) - len(form) :]


def test_only_combinations_that_occur_are_made() -> None:
    """The dictionary of a column has what its rows have, so notes may be many."""
    column = note_words(np.array([5, 0, 1, 5], np.int32))
    assert column.dictionary.to_pylist() == ["repaired", "repaired;looks_national"]
    assert column.type == pa.dictionary(pa.int16(), pa.string())


@pytest.mark.parametrize(
    "words", ["from_the_future", ";;", " repaired", "repaired;from_the_future"]
)
def test_words_that_are_not_known_are_none(words: str) -> None:
    """A plan that newer code saved opens; what is known of its notes is read."""
    known = Note.REPAIRED.bit if words.startswith("repaired;") else 0
    assert note_bits(pa.array([words, None, "national"])).tolist() == [known, 0, Note.NATIONAL.bit]


def test_every_entry_says_what_it_means() -> None:
    """Codes, kinds and bits are each one's own; everything has a sentence."""
    for entries in (Problem, Note):
        kinds = [each.kind for each in entries if each.kind]
        assert len(set(kinds)) == len(kinds)
        assert all(each.sentence and each.more for each in entries)
    assert [note.bit for note in Note] == [1 << place for place in range(len(Note))]


# Loads errors.py with one note and one problem more, and lets the kernel set both.
ADDED = """
import importlib.util, pathlib, sys, types
import numpy as np

folder = pathlib.Path(importlib.util.find_spec("smsplan").submodule_search_locations[0])
source = (folder / "errors.py").read_text("utf-8")
note = '''    ASLEEP = (
        "asleep", "its phone is off", "", "sleeping number", Weight.WASTED,
        NumberWords("asleep", "1 number is asleep", "{} numbers are asleep"),
    )
'''
problem = '''    BARRED = ("barred", "the number is barred", "", "barred number")
'''
for line, new in (('    DOUBTFUL = (', note), ('    REJECTED_BY_RATE_CARD = (', problem)):
    assert source.count(line) == 1
    source = source.replace(line, new + line)
module = types.ModuleType("smsplan.errors")
sys.modules["smsplan.errors"] = module
exec(compile(source, "errors.py", "exec"), module.__dict__)

from smsplan import Plan, plan
from smsplan.errors import Note, Problem
from smsplan.kernel.kernel import PROBLEMS, Kernel
from smsplan.live.sampling import sample
from smsplan.display.report import content_of, report_html

reading, judging = Kernel.read, Kernel.judged

def read(self, batch):
    numbers = reading(self, batch)
    numbers.notes[-1:] |= Note.ASLEEP.bit
    return numbers

def judged(self, numbers, texts, unreadable):
    rows = judging(self, numbers, texts, unreadable)
    rows.problem[:1] = PROBLEMS.index(Problem.BARRED)
    rows.billed[:1] = rows.note[:1] = 0
    return rows

Kernel.read, Kernel.judged = read, judged
made = plan(["+447911123456", "+447911123457", "+447911123458"], "Hi", rates="0.034 GBP")
for each in (made, made.price("0.05 GBP")):
    assert each.rows["problem"].to_pylist() == ["barred", None, None]
    assert each.rows["note"].to_pylist() == [None, None, "asleep"]
    assert each.summary.problems == {"barred": 1}
    assert each.summary.notes == {"asleep": 1}
    said = " ".join(finding.sentence for finding in each.summary.findings)
    assert "1 because the number is barred (barred)" in said, said
    assert "1 asleep" in said, said
    (line,) = each.audit().lines
    assert line.sentence == "1 number is asleep."
    assert str(line.wasted) == str(line.cost) and line.wasted.expected
    page = report_html(content_of(each))
    assert "the number is barred" in page and "its phone is off" in page
made.save("added.parquet")
opened = Plan.open("added.parquet")
assert opened.rows.to_pylist() == made.rows.to_pylist()
assert str(opened) == str(made)
drawn = sample(made._planned(), 3, profile=made.settings.profile, switches=(), seed=1)
assert {"sleeping number", "barred number"} <= drawn.present, drawn.present
"""


def test_a_note_and_a_problem_are_one_entry(tmp_path: Path) -> None:
    """Added to errors.py and set by the kernel, they are on every page."""
    done = subprocess.run(
        [sys.executable, "-c", ADDED],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_rows_fit_arrow_s_own_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches with other notes have one dictionary in a table: Arrow's files take no other."""
    monkeypatch.setattr("smsplan.lists.source.BATCH_ROWS", 2)
    numbers = ["+447700900123", "07700900124", "+44 7700 900125", "+46701234567", "12"]
    rows = plan(pa.table({"to": numbers}), "Hi", region="GB").rows
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, rows.schema) as file:
        file.write_table(rows)
    assert pa.ipc.open_file(sink.getvalue()).read_all().equals(rows)
