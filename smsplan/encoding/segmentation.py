"""Text to parts: which encoding, how many units, where the cuts are. TS 23.038, TS 23.040.

Counting does not build parts. A text is laid out in units (septets, or UTF-16 code units); what may
not be cut are the two units of an escape or surrogate pair and, on request, grapheme clusters.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from smsplan.encoding import gsm7, ucs2, udh
from smsplan.encoding.gsm7 import Tables, allowed_tables, tables
from smsplan.errors import InputError, TooManyParts

MAX_PARTS = 255

Boundary = Literal["pair", "grapheme", "dense"]
Languages = Sequence[str] | Literal["all"]

_DEFAULT = tables()
_DEFAULT_TEXT = _DEFAULT.text
_DEFAULT_WIDE = _DEFAULT.wide.findall
_CULPRIT = re.compile(f"[^{re.escape(''.join(_DEFAULT.septets))}]")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


class Encoding(StrEnum):
    """How a message is encoded; the values are the API's."""

    GSM = "GSM"
    UNICODE = "UNICODE"


class Culprit(NamedTuple):
    """A character that forces Unicode; ``position`` is the index of its code point."""

    character: str
    position: int


class Part(NamedTuple):
    """One part as it goes over the air.

    ``units`` of its text, without the header: septets (GSM) or code units (Unicode). ``udh`` is the
    user data header with its length octet, ``septets`` one an octet (None: Unicode), ``udl`` the
    user data length as the PDU has it: septets, fill included, for GSM, octets for Unicode.
    ``user_data`` is the header and the packed text. TS 23.040 9.2.3.16, 9.2.3.24.
    """

    text: str
    units: int
    udh: bytes
    septets: bytes | None
    udl: int
    user_data: bytes


class Measure(NamedTuple):
    """What a text takes: ``units`` are septets for GSM, code units for Unicode."""

    encoding: Encoding
    units: int
    number_of_parts: int
    locking: int = 0
    single_shift: int = 0


def part_capacity(
    encoding: Encoding,
    *,
    parts: int = 1,
    reference_bits: int = 8,
    locking: int = 0,
    single_shift: int = 0,
) -> int:
    """Septets (GSM) or code units (Unicode) that one part holds, alone or as one of several.

    TS 23.040 9.2.3.24: 140 octets less the header.

    >>> part_capacity(Encoding.GSM), part_capacity(Encoding.GSM, parts=2)
    (160, 153)
    >>> part_capacity(Encoding.UNICODE), part_capacity(Encoding.UNICODE, parts=2)
    (70, 67)
    """
    national = bool(locking) + bool(single_shift) if encoding is Encoding.GSM else 0
    octets = udh.header_octets(
        concatenated=parts > 1, national=national, reference_bits=reference_bits
    )
    return udh.septet_room(octets) if encoding is Encoding.GSM else udh.unit_room(octets)


class _Layout:
    """A text in units: what may not be cut, and where greedy parts end.

    ``pairs`` are the offsets of the first unit of every two-unit character, ``clusters`` the
    offsets behind every grapheme cluster, or None where clusters may be cut.
    """

    __slots__ = ("alone", "clusters", "dense", "encoding", "pairs", "room", "text", "units")

    def __init__(
        self,
        text: str,
        pair: Tables | None,
        boundary: str,
        reference_bits: int,
        unit: str = "utf16",
    ) -> None:
        self.text = text
        self.dense = boundary == "dense"
        self.clusters: list[int] | None = None
        if pair is not None:
            self.encoding = Encoding.GSM
            self.pairs = _pair_offsets(pair.wide, text)
        else:
            self.encoding = Encoding.UNICODE
            ucs2.encode(text)
            self.pairs = _pair_offsets(_ASTRAL, text) if unit == "utf16" else []
        self.units = len(text) + len(self.pairs)
        if pair is None and boundary == "grapheme":
            self.clusters = [self.offset(end) for end in ucs2.cluster_ends(text)]
        self.alone, self.room = (
            part_capacity(
                self.encoding,
                parts=count,
                reference_bits=reference_bits,
                locking=pair.locking if pair else 0,
                single_shift=pair.single_shift if pair else 0,
            )
            for count in (1, 2)
        )

    def offset(self, index: int) -> int:
        """Return the unit before which the code point of this index stands."""
        # The n-th pair, at code point i, has offset i + n, so the offsets less their ranks ascend.
        low, high = 0, len(self.pairs)
        while low < high:
            middle = (low + high) // 2
            if self.pairs[middle] - middle < index:
                low = middle + 1
            else:
                high = middle
        return index + low

    def index(self, offset: int) -> int:
        """Return the code points before a unit; half a pair does not count."""
        return offset - bisect_left(self.pairs, offset)

    def ends(self) -> list[int]:
        """Return the offset behind every part."""
        if self.units <= self.alone:
            return [self.units]
        ends, position = [], 0
        while self.units - position > self.room:
            position = self.end(position, self.room)
            ends.append(position)
        ends.append(self.units)
        return ends

    def end(self, start: int, room: int) -> int:
        """Return where a part ends that starts here and must be cut."""
        end = start + room
        if self.dense:
            return end
        if self.clusters is not None:
            at = bisect_right(self.clusters, end)
            if at and self.clusters[at - 1] > start:
                return self.clusters[at - 1]
            # A cluster longer than a part falls back to code points.
        at = bisect_left(self.pairs, end - 1)
        if at < len(self.pairs) and self.pairs[at] == end - 1:
            return end - 1
        return end


def _pair_offsets(wide: re.Pattern[str], text: str) -> list[int]:
    return [match.start() + rank for rank, match in enumerate(wide.finditer(text))]


def _expressing(text: str, languages: Languages) -> list[Tables]:
    if not languages:
        return [_DEFAULT] if _DEFAULT_TEXT(text) else []
    allowed = allowed_tables(languages if isinstance(languages, str) else tuple(languages))
    return [pair for pair in allowed if pair.text(text)]


def _layout(
    text: str,
    *,
    gsm_boundary: str,
    unicode_boundary: str,
    unicode_unit: str,
    reference_bits: int,
    languages: Languages,
    encoding: Encoding | None,
) -> tuple[_Layout, Tables | None]:
    """Lay a text out in the cheapest allowed way: fewest parts, then headers, then lowest numbers.

    A pair of tables that expresses the text never needs more parts than Unicode.
    """
    best: tuple[int, _Layout, Tables] | None = None
    for pair in [] if encoding is Encoding.UNICODE else _expressing(text, languages):
        layout = _Layout(text, pair, gsm_boundary, reference_bits)
        number = _count(layout)
        if best is None or number < best[0]:
            best = number, layout, pair
        if number == 1:
            break
    if best is not None:
        return best[1], best[2]
    return _Layout(text, None, unicode_boundary, reference_bits, unicode_unit), None


def _count(layout: _Layout) -> int:
    """Count parts; the cuts are walked only where bounds leave a doubt.

    Without clusters every closed part is full or, before a pair, one unit short, so that
    ceil(units / room) <= parts <= ceil((units + pairs) / room).
    """
    units, room = layout.units, layout.room
    if units <= layout.alone:
        return 1
    low = -(-units // room)
    if layout.dense:
        return low
    if layout.clusters is None:
        high = min(-(-units // (room - 1)), -(-(units + len(layout.pairs)) // room))
        if low == high:
            return low
    return len(layout.ends())


def measure(
    text: str,
    *,
    gsm_boundary: str = "pair",
    unicode_boundary: str = "pair",
    unicode_unit: str = "utf16",
    reference_bits: int = 8,
    languages: Languages = (),
    encoding: Encoding | None = None,
) -> Measure:
    """Count a text without building parts; more than 255 are counted too.

    ``unicode_unit="code_point"`` counts every code point as one unit; ``encoding`` forces Unicode.
    Raises UnencodableText for a lone surrogate.

    >>> measure("a" * 161)
    Measure(encoding=<Encoding.GSM: 'GSM'>, units=161, number_of_parts=2, locking=0, single_shift=0)
    """
    if not languages and encoding is not Encoding.UNICODE and _DEFAULT_TEXT(text):
        units = len(text) + len(_DEFAULT_WIDE(text))
        if units <= 160:
            return Measure(Encoding.GSM, units, 1)
    layout, pair = _layout(
        text,
        gsm_boundary=gsm_boundary,
        unicode_boundary=unicode_boundary,
        unicode_unit=unicode_unit,
        reference_bits=reference_bits,
        languages=languages,
        encoding=encoding,
    )
    return Measure(
        layout.encoding,
        layout.units,
        _count(layout),
        pair.locking if pair else 0,
        pair.single_shift if pair else 0,
    )


def cut(
    text: str,
    *,
    parts: int = 1,
    order: str = "before",
    gsm_boundary: str = "pair",
    unicode_boundary: str = "pair",
    unicode_unit: str = "utf16",
    reference_bits: int = 8,
    languages: Languages = (),
    encoding: Encoding | None = None,
) -> str:
    """Return the longest prefix that fits in so many parts.

    ``order="before"``: the encoding (and the tables) of the whole text decide the room and stay.
    ``"after"``: the longest prefix whose own encoding fits.
    """
    keywords: dict[str, Any] = {
        "gsm_boundary": gsm_boundary,
        "unicode_boundary": unicode_boundary,
        "unicode_unit": unicode_unit,
        "reference_bits": reference_bits,
        "languages": languages,
        "encoding": encoding,
    }
    layout, _ = _layout(text, **keywords)
    if _count(layout) <= parts:
        return text
    if order == "before":
        end = layout.end(0, layout.alone) if parts == 1 else layout.ends()[parts - 1]
        return text[: layout.index(end)]
    # What a prefix takes grows with it, so the longest that fits is found by halving.
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle], **keywords).number_of_parts <= parts:
            low = middle
        else:
            high = middle - 1
    if layout.clusters is not None and not _DEFAULT_TEXT(text[: low + 1]):
        ends = ucs2.cluster_ends(text)
        at = bisect_right(ends, low)
        low = ends[at - 1] if at else low
    return text[:low]


def culprits(text: str) -> tuple[Culprit, ...]:
    """Return the characters outside the default alphabet and its extension, one per occurrence.

    >>> culprits("“a”")
    (Culprit(character='“', position=0), Culprit(character='”', position=2))
    """
    return tuple(Culprit(match.group(), match.start()) for match in _CULPRIT.finditer(text))


class Segmentation:
    """What a text takes as a message; made by :func:`segment`, immutable.

    ``units`` are septets for ``GSM`` and UTF-16 code units for ``UNICODE``; the parts are built
    only when asked for. A class with slots, because counting makes millions of them.
    """

    __slots__ = ("_options", "_parts", "_tables", "encoding", "number_of_parts", "text", "units")

    text: str
    encoding: Encoding
    units: int
    number_of_parts: int
    _tables: Tables | None
    _options: tuple[Boundary, Literal[8, 16], int]
    _parts: tuple[Part, ...] | None

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a segmentation is immutable; '{name}' cannot be set")

    @property
    def locking(self) -> int:
        """The language identifier of the locking shift table; 0 is the default alphabet."""
        return self._tables.locking if self._tables else 0

    @property
    def single_shift(self) -> int:
        """The language identifier of the single shift table; 0 is the extension table."""
        return self._tables.single_shift if self._tables else 0

    @property
    def culprits(self) -> tuple[Culprit, ...]:
        """The characters that force Unicode, with positions; none in a GSM message."""
        return culprits(self.text) if self.encoding is Encoding.UNICODE else ()

    @property
    def free_units(self) -> int:
        """Room left in the last part: septets or code units."""
        layout = self._layout()
        if self.number_of_parts == 1:
            return layout.alone - self.units
        if layout.dense:
            return layout.room * self.number_of_parts - self.units
        ends = layout.ends()
        return layout.room - (ends[-1] - ends[-2])

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts as they go over the air, each with its header.

        With ``boundary="dense"`` a cut inside a pair has no text; InputError then.
        """
        if self._parts is None:
            object.__setattr__(self, "_parts", self._build())
        assert self._parts is not None
        return self._parts

    def _layout(self) -> _Layout:
        boundary, reference_bits, _ = self._options
        return _Layout(self.text, self._tables, boundary, reference_bits)

    def _build(self) -> tuple[Part, ...]:
        _, reference_bits, reference = self._options
        layout = self._layout()
        parts, start = [], 0
        if layout.dense:
            _refuse_cut_pairs(layout)
        ends = [] if layout.dense else layout.ends()
        if layout.dense:
            ends = [
                min(layout.room * number, layout.units) for number in range(1, self.number_of_parts)
            ] + [layout.units]
        national = udh.national_elements(self.locking, self.single_shift)
        for number, end in enumerate(ends, 1):
            # The order of elements is that of most encoders: concatenation first.
            elements = national
            if len(ends) > 1:
                elements = (
                    udh.concatenation(len(ends), number, reference, reference_bits) + national
                )
            text = self.text[layout.index(start) : layout.index(end)]
            parts.append(_part(text, end - start, udh.header(elements), self._tables))
            start = end
        return tuple(parts)

    def _key(self) -> tuple[Any, ...]:
        return (self.text, self.locking, self.single_shift, self.encoding, self._options)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Segmentation) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __reduce__(self) -> tuple[Any, ...]:
        boundary, reference_bits, reference = self._options
        return (
            _again,
            (self.text, boundary, self.locking, self.single_shift, reference_bits, reference),
        )

    def __repr__(self) -> str:
        boundary, reference_bits, reference = self._options
        given = {
            "boundary": (boundary, "pair"),
            "locking": (self.locking, 0),
            "single_shift": (self.single_shift, 0),
            "reference_bits": (reference_bits, 8),
            "reference": (reference, 0),
        }
        named = "".join(
            f", {name}={value!r}" for name, (value, usual) in given.items() if value != usual
        )
        return f"segment({self.text!r}{named})"


_set = object.__setattr__


def _again(
    text: str,
    boundary: Boundary,
    locking: int,
    single_shift: int,
    reference_bits: Literal[8, 16],
    reference: int,
) -> Segmentation:
    return segment(
        text,
        boundary=boundary,
        locking=locking,
        single_shift=single_shift,
        reference_bits=reference_bits,
        reference=reference,
    )


def _refuse_cut_pairs(layout: _Layout) -> None:
    for number in range(1, _count(layout)):
        end = layout.room * number
        at = bisect_left(layout.pairs, end - 1)
        if at < len(layout.pairs) and layout.pairs[at] == end - 1:
            raise InputError(
                f"boundary='dense' cuts a pair between parts {number} and {number + 1}, which has "
                "no text; count with 'dense' and build parts with 'pair'"
            )


def _part(text: str, units: int, header: bytes, pair: Tables | None) -> Part:
    if pair is None:
        payload = header + ucs2.encode(text)
        return Part(text, units, header, None, len(payload), payload)
    septets = pair.encode(text)
    fill = udh.fill_bits(len(header))
    length = (8 * len(header) + fill) // 7 + units
    return Part(text, units, header, septets, length, header + gsm7.pack(septets, fill))


def segment(
    text: str,
    *,
    boundary: Boundary = "pair",
    locking: int = 0,
    single_shift: int = 0,
    reference_bits: Literal[8, 16] = 8,
    reference: int | None = None,
    languages: Languages = (),
) -> Segmentation:
    """Find the encoding of a text, its units and its parts. TS 23.038 6.2, TS 23.040 9.2.3.24.

    ``boundary``: ``pair`` keeps escape and surrogate pairs whole, ``grapheme`` also the grapheme
    clusters of Unicode messages, ``dense`` counts ceil(units / capacity). Tables asked for by
    number (``locking``, ``single_shift``) are always used and stand in every part's header; a text
    that they cannot express is Unicode. ``languages`` (ISO 639 names, or ``"all"``) takes the
    cheapest pair of tables among theirs. ``reference`` of a concatenated message: None means 0.

    Raises :class:`~smsplan.errors.UnencodableText` for a lone surrogate and
    :class:`~smsplan.errors.TooManyParts` above 255 parts.

    >>> segment("Hello").number_of_parts, segment("Hello “you”").encoding
    (1, <Encoding.UNICODE: 'UNICODE'>)
    >>> segment("a" * 152 + "€" + "a" * 152).number_of_parts
    3
    """
    made: Segmentation = Segmentation.__new__(Segmentation)
    _set(made, "text", text)
    _set(made, "_parts", None)
    usual = not (languages or locking or single_shift or reference) and reference_bits == 8
    if usual and boundary == "pair" and _DEFAULT_TEXT(text):
        # The common case in one match and arithmetic.
        units = len(text) + len(_DEFAULT_WIDE(text))
        if units <= 160:
            _set(made, "encoding", Encoding.GSM)
            _set(made, "units", units)
            _set(made, "number_of_parts", 1)
            _set(made, "_tables", _DEFAULT)
            _set(made, "_options", _USUAL)
            return made
    _check_options(boundary, locking, single_shift, reference_bits, reference, languages)
    if languages or not (locking or single_shift):
        layout, pair = _layout(
            text,
            gsm_boundary=boundary,
            unicode_boundary=boundary,
            unicode_unit="utf16",
            reference_bits=reference_bits,
            languages=languages,
            encoding=None,
        )
    else:
        chosen = tables(locking, single_shift)
        pair = chosen if chosen.text(text) else None
        layout = _Layout(text, pair, boundary, reference_bits)
    number = _count(layout)
    if number > MAX_PARTS:
        raise TooManyParts(number)
    _set(made, "encoding", layout.encoding)
    _set(made, "units", layout.units)
    _set(made, "number_of_parts", number)
    _set(made, "_tables", pair)
    _set(made, "_options", (boundary, reference_bits, reference or 0))
    return made


_USUAL = ("pair", 8, 0)


def _check_options(
    boundary: str,
    locking: int,
    single_shift: int,
    reference_bits: int,
    reference: int | None,
    languages: Languages,
) -> None:
    if boundary not in ("pair", "grapheme", "dense"):
        raise InputError(f"boundary cannot be '{boundary}'; use 'pair', 'grapheme' or 'dense'")
    if reference_bits not in (8, 16):
        raise InputError(f"reference_bits cannot be {reference_bits}; use 8 or 16")
    if reference is not None and not 0 <= reference < 1 << reference_bits:
        raise InputError(
            f"reference {reference} does not fit in {reference_bits} bits; "
            f"use 0 to {(1 << reference_bits) - 1}"
        )
    tables(locking, single_shift)
    if languages and (locking or single_shift):
        raise InputError("languages and table numbers exclude each other; give one of them")


def truncate(
    text: str,
    *,
    parts: int = 1,
    boundary: Boundary = "pair",
    suffix: str = "",
    encoding: Literal["before", "after"] = "before",
) -> str:
    """Return the longest prefix that fits in so many parts, with a suffix where something was cut.

    ``encoding="before"``: the encoding of the whole text (and of the suffix) decides the room and
    stays; ``"after"``: the longest prefix that fits by the encoding of what is left. The suffix
    counts. Raises :class:`~smsplan.errors.InputError` where the suffix alone does not fit.

    >>> truncate("a" * 161, suffix="...")[-5:], len(truncate("a" * 161, suffix="..."))
    ('aa...', 160)
    """
    if not isinstance(parts, int) or isinstance(parts, bool) or not 1 <= parts <= MAX_PARTS:
        raise InputError(f"parts cannot be {parts!r}; use 1 to {MAX_PARTS}")
    if encoding not in ("before", "after"):
        raise InputError(f"encoding cannot be '{encoding}'; use 'before' or 'after'")
    _check_options(boundary, 0, 0, 8, None, ())
    keywords: dict[str, Any] = {"gsm_boundary": boundary, "unicode_boundary": boundary}
    if measure(text, **keywords).number_of_parts <= parts:
        return text
    if not suffix:
        return cut(text, parts=parts, order=encoding, **keywords)
    if encoding == "before" and culprits(text + suffix):
        keywords["encoding"] = Encoding.UNICODE
    if measure(suffix, **keywords).number_of_parts > parts:
        raise InputError(
            f"the suffix alone needs more than {parts} part{'s' * (parts > 1)}; shorten it"
        )
    # A longer prefix takes more units, but its pairs may fall better: try them all, longest first.
    longest = len(cut(text, parts=parts, order=encoding, **keywords))
    whole = set(ucs2.cluster_ends(text)) if boundary == "grapheme" else None
    for length in range(longest, 0, -1):
        made = text[:length] + suffix
        kept = whole is None or length in whole or _DEFAULT_TEXT(text[: length + 1])
        if kept and measure(made, **keywords).number_of_parts <= parts:
            return made
    return suffix
