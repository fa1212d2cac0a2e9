"""The kernel against the reference, on hostile texts under every switch."""

from __future__ import annotations

import random
import typing
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import pyarrow as pa
import pytest

from smsplan import Encoding, Profile, Template, dry_run, segment
from smsplan.kernel.dictionaries import note_bits, note_words
from smsplan.kernel.kernel import Kernel
from smsplan.kernel.settings import RowSettings
from smsplan.message import Message
from smsplan.recipients import Reading

GSM = "abc XYZ0"
EXTENSION = "€[]{}^~|\\\f"
UNICODE = "яжşçāđ“”’–…İ"
ASTRAL = "😀𝒳🇩🇪👨‍👩‍👧"
CLUSTERS = "e\u0301ก็한\u1100\u1161क्षि\u0600a"
CONTROLS = "\r\n\r\n\t\x00\x1b\u00a0\u2028"
GREEK = "ΑΒΕΖΓΔ\u2126\u03bc"
POOLS = [
    GSM * 5,
    GSM * 3 + EXTENSION,
    EXTENSION,
    UNICODE + GSM,
    ASTRAL,
    ASTRAL + GSM,
    CLUSTERS,
    CONTROLS + GSM,
    GREEK + GSM,
    GSM * 20 + "“”",
    GSM * 30 + "€",
    UNICODE,
    "é" * 3 + GSM,
]
# Around every boundary, and far beyond 255 parts.
LENGTHS = [1, 2, 5, 66, 67, 69, 70, 71, 75, 133, 134, 135, 150, 152, 153, 154, 158, 160, 161, 304,
           306, 307, 460, 900]  # fmt: skip
BODIES = [
    "${a}",
    "Hi ${a} and ${b}!",
    "${a}${b}",
    "x" * 150 + "${a}",
    "${a}\n${b}\r${a}",
    "é${a}[",
    "я ${a}",
    "$${a} ${b}",
    "no parameter " + "€" * 100,
    "${a}" * 5,
]


class Maker:
    """Makes texts, columns and profiles from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def text(self) -> str:
        """Hostile text, often of a length around a boundary."""
        pick = self.random.random()
        if pick < 0.05:
            return ""
        if pick < 0.1:
            return self.random.choice(["${b}", "${a}x", "\n", "\r", "\r\n", "${x}"])
        pool = self.random.choice(POOLS)
        length = self.random.choice(LENGTHS)
        if self.random.random() < 0.01:
            length = self.random.randint(9_000, 20_000)
        text = "".join(self.random.choices(pool, k=length))
        if self.random.random() < 0.3:
            at = self.random.randrange(len(text))
            text = text[:at] + self.random.choice(EXTENSION + UNICODE + ASTRAL) + text[at:]
        return text

    def column(self, rows: int) -> Any:
        """Plain, sliced, or a dictionary, with nulls in it and around it."""
        values = [None if self.random.random() < 0.1 else self.text() for _ in range(rows)]
        pick = self.random.random()
        if pick < 0.3:
            return pa.array(values, pa.string()).dictionary_encode()
        if pick < 0.4:
            known = pa.array([self.text() for _ in range(7)] + [None], pa.string())
            places = [self.random.choice([None, *range(8)]) for _ in range(rows)]
            return pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), known)
        if pick < 0.7:
            return pa.array(["я", *values, "zzz"], pa.large_string()).slice(1, rows)
        return pa.array(values, pa.string())

    def profile(self) -> Profile:
        """A profile that differs in a few switches."""
        switches: dict[str, Any] = {}
        for name, hint in typing.get_type_hints(Profile).items():
            if self.random.random() < 0.88:
                continue
            if typing.get_origin(hint) is Literal:
                switches[name] = self.random.choice(typing.get_args(hint))
            elif name == "value_limit":
                switches[name] = self.random.choice([None, 160, 5])
            elif name == "languages" and self.random.random() < 0.3:
                switches[name] = self.random.choice([("tr",), ("es", "pt"), "all"])
        return Profile(**switches)

    def options(self) -> RowSettings:
        """A message with its defaults and limits."""
        template = Template(self.random.choice(BODIES))
        defaults = {key: self.text() for key in template.parameters if self.random.random() < 0.3}
        columns = {key: key for key in template.parameters}
        if "b" in defaults and self.random.random() < 0.3:
            del columns["b"]
        message = Message(
            template,
            defaults=defaults,
            truncate_concat=self.random.random() < 0.4,
            max_number_of_message_parts=self.random.choice([None, None, 1, 2, 5]),
        )
        return RowSettings(
            message=message,
            reading=Reading(columns=columns),
            profile=self.profile(),
            bodies=self.random.random() < 0.5,
        )


def shown(planned: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    """What the kernel says of each row, its notes as words."""
    names = ("encoding", "units", "number_of_parts", "billed_parts", "problem", "note", "body")
    columns = {name: planned.column(name) for name in names}
    columns["note"] = note_words(note_bits(columns["note"]))
    return zip(*(column.to_pylist() for column in columns.values()), strict=True)


def expected(kernel: Kernel, values: dict[str, str]) -> tuple[Any, ...]:
    """What the reference makes of a row that has these values."""
    options, profile = kernel.settings, kernel.settings.profile
    message = kernel.compose(values)
    assert message is not None
    wide = profile.length_unit == "utf16"
    lengths = [
        len(text.encode("utf-16-le")) // 2 if wide else len(text) for text in values.values()
    ]
    problem = None if message.problem is None else str(message.problem)
    if profile.value_limit is not None and max(lengths, default=0) > profile.value_limit:
        problem = "value_too_long"
    notes = [
        name
        for name, on in (
            ("default_used", any(key not in values for key in options.reading.columns)),
            ("substituted", message.substituted),
            ("truncated", message.truncated),
        )
        if on
    ]
    return (
        str(message.encoding),
        message.units,
        message.number_of_parts,
        0 if problem else message.billed_parts,
        problem,
        None if problem else ";".join(notes) or None,
        message.text if options.bodies else None,
    )


@pytest.mark.parametrize("seed", range(40))
def test_equal_to_the_reference(seed: int) -> None:
    """Whatever the texts, the columns and the switches: every row is what the reference says."""
    maker = Maker(seed)
    for _ in range(8):
        options = maker.options()
        rows = maker.random.choice([0, 1, 40])
        columns = {key: maker.column(rows) for key in options.reading.columns}
        numbers = pa.array(["+447911123456"] * rows, pa.string())
        batch = pa.RecordBatch.from_arrays([numbers, *columns.values()], names=["to", *columns])
        kernel = Kernel(options)
        planned = kernel(batch)
        found = shown(planned)
        for row, (values, _), got in zip(range(rows), kernel.values(batch), found, strict=True):
            assert got == expected(kernel, values), (seed, row, options.profile.changes())


class Switched(Maker):
    """Also profiles that differ in most switches, and messages that are cut to one part."""

    def profile(self) -> Profile:
        """Any combination of the switches about texts."""
        switches: dict[str, Any] = {"value_limit": None, "body_limit": None}
        for name, hint in typing.get_type_hints(Profile).items():
            if typing.get_origin(hint) is Literal and self.random.random() < 0.7:
                switches[name] = self.random.choice(typing.get_args(hint))
        if self.random.random() < 0.2:
            switches["languages"] = self.random.choice([("tr",), ("es", "pt"), "all"])
        return Profile(**{**switches, "malformed_placeholder": "literal"})

    def options(self) -> RowSettings:
        """A message that is cut to one part."""
        options = super().options()
        profile = self.profile()
        cut = options.saying(truncate_concat=True)
        return replace(cut, profile=profile, bodies=True)


@pytest.mark.parametrize("seed", range(60))
def test_a_cut_leaves_one_part(seed: int) -> None:
    """Whatever the switches: with ``truncate_concat`` one part is sent, and the kernel agrees."""
    maker = Switched(seed)
    for _ in range(8):
        options = maker.options()
        columns = {key: maker.column(20) for key in options.reading.columns}
        numbers = pa.array(["+447911123456"] * 20, pa.string())
        batch = pa.RecordBatch.from_arrays([numbers, *columns.values()], names=["to", *columns])
        kernel = Kernel(options)
        planned = kernel(batch)
        found = shown(planned)
        # A dry run may show the parts of the whole text where the cut is not made yet.
        whole = options.profile.truncation == "ignored"
        for (values, _), got in zip(kernel.values(batch), found, strict=True):
            message = kernel.compose(values)
            assert message is not None
            assert message.billed_parts == (0 if message.problem else 1), (values, options.profile)
            assert whole or message.number_of_parts == 1
            assert got == expected(kernel, values), (values, options.profile.changes())


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize("text", ["\f" + "a" * 99, "a" * 99 + "\f" + "a" * 99, "a" * 160 + "\f"])
def test_a_form_feed_that_makes_unicode(text: str, order: Any) -> None:
    """A cut knows that a form feed, which the alphabet has, makes the account's message Unicode."""
    profile = Profile(form_feed="unicode", truncation_encoding=order)
    batch = {"to": ["+447911123456"], "body": text, "truncate_concat": True}
    (detail,) = dry_run(batch, profile=profile).details
    assert (detail.number_of_parts, detail.billed_parts) == (1, 1)
    assert text.startswith(detail.body)
    first = text.find("\f")
    # The longest prefix: of GSM characters alone 160 septets, else 70 code units.
    assert len(detail.body) == (min(first, 160) if order == "after" and first > 70 else 70)


def test_a_value_too_long_for_the_sum() -> None:
    """Sizes travel in fields of 18 bits; a value that does not fit is composed alone."""
    texts = ["a" * 70_000, "a" * 300_000, "😀" * 70_000, "a" * 300_000 + "я"]
    options = RowSettings(
        message=Message("x${a}"),
        reading=Reading(columns={"a": "a"}),
        profile=Profile(value_limit=None),
    )
    kernel = Kernel(options)
    numbers = pa.array(["+447911123456"] * 4)
    planned = kernel(pa.RecordBatch.from_arrays([numbers, pa.array(texts)], names=["to", "a"]))
    assert planned.column("units").to_pylist() == [70_001, 300_001, 140_001, 300_002]
    assert planned.column("problem").to_pylist() == ["over_255_parts"] * 4
    assert 0 < kernel.row_loop < 4


def test_a_default_too_long_for_the_sum() -> None:
    """Without a limit a default, too, may be longer than the fields hold."""
    profile = Profile(value_limit=None)
    for columns, expected in (({"a": "a"}, [1, 300_000]), ({}, [300_000, 300_000])):
        message = Message("${a}", defaults={"a": "a" * 300_000})
        options = RowSettings(message=message, reading=Reading(columns=columns), profile=profile)
        numbers = pa.array(["+447911123456"] * 2)
        batch = pa.RecordBatch.from_arrays([numbers, pa.array(["x", None])], names=["to", "a"])
        assert Kernel(options)(batch).column("units").to_pylist() == expected


def test_octets_behind_nulls_do_not_count() -> None:
    """A null slot may have octets behind it, even a piece of a character."""
    octets = b"abc\xc3" + "я".encode()
    offsets = pa.py_buffer(b"".join(n.to_bytes(4, "little") for n in (0, 4, 6)))
    column = pa.Array.from_buffers(
        pa.string(), 2, [pa.py_buffer(b"\x02"), offsets, pa.py_buffer(octets)]
    )
    assert column.to_pylist() == [None, "я"]
    message = Message("${a}", defaults={"a": "x"})
    kernel = Kernel(RowSettings(message=message, reading=Reading(columns={"a": "a"})))
    numbers = pa.array(["+447911123456"] * 2)
    planned = kernel(pa.RecordBatch.from_arrays([numbers, column], names=["to", "a"]))
    assert planned.column("encoding").to_pylist() == ["GSM", "UNICODE"]
    assert planned.column("units").to_pylist() == [1, 1]


@pytest.mark.parametrize("seed", range(30))
def test_reasons_character_by_character(seed: int) -> None:
    """Each row and each character of it that is outside once, in every place where it stands."""
    chance = random.Random(seed)
    values = [None, "", "abc", "я", "яжя–", "€[", "–", "e\u0301", "😀ş"]
    defaults = chance.choice([{}, {"a": "я"}, {"a": "x", "b": "––"}])
    parameters = {"a": "a", "b": "b"}
    columns = {key: [chance.choice(values) for _ in range(30)] for key in parameters}
    batch = pa.record_batch({key: pa.array(texts, pa.string()) for key, texts in columns.items()})
    known: Any = {}
    gsm = Alphabet()
    for body in chance.sample(["${a}", "– ${a}${b}", "${b}я–${a}${a}", "Hi ${b}", "–"], 3):
        template = Template(body)
        used = {key: key for key in template.parameters}
        its = {key: text for key, text in defaults.items() if key in used}
        message = Message(template, defaults=its)
        kernel = Kernel(RowSettings(message=message, reading=Reading(columns=used)))
        reasons = kernel.reasons(batch, known)
        found = list(zip(reasons.rows.tolist(), map(chr, reasons.points.tolist()), strict=True))
        expected, places = set(), []
        for row in range(30):
            literals = "".join(template.pieces[::2])
            bits = int(not gsm.holds(literals))
            outside = gsm.outside(literals)
            for place, key in enumerate(used, 1):
                value = columns[key][row]
                text = its.get(key, f"${{{key}}}") if value is None else value
                outside |= gsm.outside(text)
                bits |= int(not gsm.holds(text)) << place
            expected |= {(row, character) for character in outside}
            places.append(bits)
        assert len(found) == len(set(found)), body
        assert set(found) == expected, body
        assert reasons.places.tolist() == places, body


class Alphabet:
    """What GSM 03.38 can write, asked of single characters."""

    def outside(self, text: str) -> set[str]:
        """The characters of a text that it cannot."""
        return {each for each in text if segment(each).encoding is not Encoding.GSM}

    def holds(self, text: str) -> bool:
        """Whether it can write a text."""
        return not self.outside(text)
