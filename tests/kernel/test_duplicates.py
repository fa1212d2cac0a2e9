"""Duplicates against a plain set, whatever is remembered and however batches are cut."""

from __future__ import annotations

import itertools
import random
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from smsplan import OutputError, plan
from smsplan.kernel import duplicates as module
from smsplan.kernel.duplicates import Duplicates, repeated_keys

KEYS = 4_000


def naive(
    keys: list[int], sendable: list[bool], counted: list[bool]
) -> tuple[list[bool], list[bool]]:
    """The definition: of the rows that are asked for, those whose number came before."""
    sent_before: set[int] = set()
    counted_before: set[int] = set()
    sent, once = [], []
    for key, goes, counts in zip(keys, sendable, counted, strict=True):
        sent.append(goes and key in sent_before)
        once.append(counts and key not in counted_before)
        if goes:
            sent_before.add(key)
        if counts:
            counted_before.add(key)
    return sent, once


@pytest.mark.parametrize("differ", [False, True])
@pytest.mark.parametrize("remembered", [0, 100, 10**9])
def test_against_a_set(remembered: int, differ: bool) -> None:
    """Exact with everything in memory, with nothing, and where it changes on the way."""
    chance = random.Random(remembered)
    keys = [chance.choice([0, 10**11 + chance.randrange(KEYS)]) for _ in range(2 * KEYS)]
    sendable = [key > 0 and chance.random() < 0.9 for key in keys]
    # A message may be counted and not be sent (405), or everything is the same.
    counted = [key > 0 and (goes or (differ and chance.random() < 0.5)) for key, goes
               in zip(keys, sendable, strict=True)]  # fmt: skip
    column = np.array(keys, np.int64)
    edges = [0, *sorted(chance.sample(range(len(keys)), 9)), len(keys)]
    cuts = list(itertools.pairwise(edges))
    stage = Duplicates(column=lambda: (column[a:b] for a, b in cuts), remembered=remembered)
    found = [
        stage.flag(column[a:b], np.array(sendable[a:b]), np.array(counted[a:b])) for a, b in cuts
    ]
    sent = np.concatenate([flags.sent for flags in found]).tolist()
    once = np.concatenate([flags.counted for flags in found]).tolist()
    assert (sent, once) == naive(keys, sendable, counted)


def test_repeated_keys_spill(monkeypatch: pytest.MonkeyPatch) -> None:
    """Partitions that are written in many pieces give what one sort gives."""
    monkeypatch.setattr(module, "_WAITING", 50)
    keys = np.random.default_rng(1).integers(1, 3_000, 5_000)
    values, counts = np.unique(keys, return_counts=True)
    assert repeated_keys(np.array_split(keys, 70)).tolist() == values[counts > 1].tolist()


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the partitions find no room, the error says what can be done."""
    monkeypatch.setattr(module, "OF_A_FRAME", 2)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    stage = Duplicates(column=lambda: [np.array([1, 2, 3])], remembered=2)
    with pytest.raises(OutputError, match="TMPDIR"):
        stage.flag(np.array([11, 12, 13]), np.ones(3, bool), np.ones(3, bool))


def test_the_same_plan_whatever_is_remembered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file is planned alike with everything in memory and with next to nothing."""
    numbers = [f"+4477009{n % 7_000:05}" for n in range(20_000)]
    source = tmp_path / "people.parquet"
    pa.parquet.write_table(pa.table({"to": numbers}), source, row_group_size=1_000)
    whole = plan(source, "Hi", output=tmp_path / "a.parquet")
    monkeypatch.setattr(Duplicates.__init__, "__kwdefaults__",
                        {"merged": True, "column": None, "remembered": 10})  # fmt: skip
    little = plan(source, "Hi", output=tmp_path / "b.parquet")
    assert whole.rows.equals(little.rows)
    assert whole.messages == 7_000
