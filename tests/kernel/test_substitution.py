"""Substitution and limits of values in a plan: the kernel against the reference."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from smsplan import Profile, Substitution, Template
from smsplan.encoding.look_alikes import LOOK_ALIKES
from smsplan.kernel.kernel import Kernel
from smsplan.kernel.settings import RowSettings
from smsplan.message import Message
from smsplan.recipients import Reading
from tests.kernel.test_kernel import BODIES, CLUSTERS, GSM, Maker, expected, shown

REPLACED = sorted(LOOK_ALIKES)
SAFE = [character for character, entry in LOOK_ALIKES.items() if entry.safe]
POOLS: list[list[str]] = [
    [*(GSM * 8), *"“”–…’`", "\u00a0", "\u200b"],
    [*(GSM * 2), *SAFE],
    [*(GSM * 2), *REPLACED],
    [*(GSM * 6), "e\u0301", "Å", "n\u0303", "’", "c\u0327"],
    [*(GSM * 3), "\u0301", "\u200b", "\u200d", "“", "\r", "\n", "\u2028"],
    [*"ΑΒΕΖΓΔΣaE 1,", "Ω"],
    [*(GSM * 4), "❤\ufe0f", "“", "й", "и\u0306", "и"],
    [*CLUSTERS, *"“’", "가", "\u1161", "\u11a8"],
    [*"$\u200b{}ab"],
    [*(GSM * 2), *"“\u1100\u1161\u11a8가"],
    [*"ΙΚΑ ακж“"],
    ["…"],
    [*(GSM * 2), *"\x93\x94\x96\x80\x92"],
    [*(GSM * 3), *"\x85\x93\x9aÃâ\x80\x99\x81"],
    [*(GSM * 4), *"\x0b\x00\x03\u00ad\u200e\u202e“"],
    [*"αβγδελκάή ΑΒΠΣΘ", "\u00ad", "“"],
    [*"μαoa 5gΜΠ", "\u03bc", "€"],
    [*"12½²³m ⅓"],
    [*(GSM * 2), *"ệộưđàèìếẹṣǎǚ", "a\u0323\u0302", "u\u0301"],
    [*(GSM * 2), *"ếàé“"],
    [*(GSM * 4), *"ﬁℌx\u0302\u0301øǿḉ"],
    [*(GSM * 2), *"❤™3", "\ufe0f", "\u200d"],
    [*"αβευμπγ ΑΜΠΥΣ", "\u0301", "ώ", "a"],
    [*"язгїйиъщЗГ' Ia", "\u0301", "\u00ad", "’"],
]
EDGES = ["Π${a} α${b}", "hàng ${a} é", "1${a}½", "\x93${a} \x85", "a${a}\x00b${b}", "${a}g μ",
         "“${a}”", "e${a}", "${a}’${b}", "“" + "x" * 60 + "${a} ${b}" + "y" * 80, "Ν${a} ΙΚ",
         "ж${a}Ν “",
         "e\u0301 ${a} – " + "z" * 60, "\u0301${a}", "$\u200b{a} ${b}“", "${a}\u200d${b}",
         "❤\ufe0f“${a}" + "a" * 66]  # fmt: skip


class Hostile(Maker):
    """Also texts with look-alikes, what depends on its neighbours, and what composes."""

    def text(self) -> str:
        """Mostly what a substitution has to look at."""
        if self.random.random() < 0.3:
            return super().text()
        pool = self.random.choice(POOLS)
        length = self.random.choice([1, 2, 3, 8, 20, 60, 69, 70, 72, 100, 140, 154, 162, 300])
        return "".join(self.random.choices(pool, k=length))

    def options(self) -> RowSettings:
        """A message with a substitution or limits, mostly under a plain profile."""
        body = self.random.choice([*EDGES, *EDGES, *BODIES])
        template = Template(body)
        base = super().options()
        keys = template.parameters
        columns = {key: key for key in keys}
        defaults = {key: self.text() for key in keys if self.random.random() < 0.3}
        if "b" in defaults and self.random.random() < 0.3:
            del columns["b"]
        limits = {key: self.random.choice([1, 2, 5, 12, 80])
                  for key in keys if self.random.random() < 0.3}  # fmt: skip
        pick = self.random.random
        substitution = Substitution(
            self.random.choice(["safe", "lossy"]),
            self.random.choice(["saves", "saves", "always"]),
            partial=pick() < 0.3,
            above_one_part=pick() < 0.3,
            transliterate=self.random.choice([(), (), ("el",), ("ru", "uk"), ("bg", "el")]),
        )
        return replace(
            base,
            message=replace(
                base.message,
                body=template,
                defaults=defaults,
                limits=limits,
                substitute=None if pick() < 0.1 else substitution,
                truncate_concat=pick() < 0.2,
            ),
            reading=Reading(columns=columns),
            profile=Profile() if pick() < 0.4 else base.profile,
        )


def within(options: RowSettings, values: dict[str, str]) -> dict[str, str]:
    """The values as they are sent: cut to whole clusters, by Python's own slices."""
    import regex

    out = {}
    for key, text in values.items():
        most = options.message.limits.get(key, len(text))
        short = ""
        for cluster in regex.findall(r"\X", text):
            if len(short + cluster) > most:
                break
            short += cluster
        out[key] = short or text[:most]
    return out


def wanted(kernel: Kernel, values: dict[str, str]) -> tuple[Any, ...]:
    """What the reference makes of a row, which notes whether a value or a default was cut."""
    options = kernel.settings
    whole = {**options.message.defaults, **values}
    found = list(expected(kernel, within(options, values)))
    if found[4] == "value_too_long":
        return tuple(found)
    if within(options, whole) != whole and found[4] is None:
        notes = [] if found[5] is None else found[5].split(";")
        place = notes.index("default_used") + 1 if "default_used" in notes else 0
        found[5] = ";".join([*notes[:place], "shortened", *notes[place:]])
    return tuple(found)


@pytest.mark.parametrize("seed", range(60))
def test_equal_to_the_reference(seed: int) -> None:
    """Whatever the texts, the policies, the limits and the switches: what the reference says."""
    maker = Hostile(seed)
    for _ in range(10):
        options = maker.options()
        rows = maker.random.choice([0, 1, 40])
        columns = {key: maker.column(rows) for key in options.reading.columns}
        numbers = pa.array(["+447911123456"] * rows, pa.string())
        batch = pa.RecordBatch.from_arrays([numbers, *columns.values()], names=["to", *columns])
        kernel = Kernel(options)
        planned = kernel(batch)
        found = shown(planned)
        for row, (values, _), got in zip(range(rows), kernel.values(batch), found, strict=True):
            assert got == wanted(kernel, values), (seed, row, options, values)


def test_ordinary_rows_are_not_looked_at_one_by_one() -> None:
    """Quotes, decomposed accents, Greek capitals and emoji are decided for whole columns."""
    names = ["O’Neill", "Jose\u0301", "ΜΑΡΙΑ", "Ana ❤\ufe0f", "Иван", "नमन", "Maximiliane"] * 50
    message = Message("“Hi” ${a}, " + "x" * 66, limits={"a": 6}, substitute="safe")
    options = RowSettings(message=message, reading=Reading(columns={"a": "a"}))
    kernel = Kernel(options)
    numbers = pa.array(["+447911123456"] * len(names))
    batch = pa.RecordBatch.from_arrays([numbers, pa.array(names)], names=["to", "a"])
    encodings = kernel(batch).column("encoding").to_pylist()[:7]
    assert encodings == ["GSM", "GSM", "GSM", "UNICODE", "UNICODE", "UNICODE", "GSM"]
    assert kernel.row_loop == 0
