"""Text to parts: which encoding, how many units, where the cuts are. TS 23.038, TS 23.040.

Counting does not build parts. A text is laid out in units (septets, or UTF-16 code units); what may
not be cut are the two units of an escape or surrogate pair and, on request, grapheme clusters.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import partial
from typing import Any, Literal, NamedTuple

from smsplan.encoding import gsm7, ucs2, udh
from smsplan.encoding.gsm7 import Tables, allowed_tables, tables
from smsplan.errors import InputError, TooManyParts
from smsplan.showing import drawn

MAX_PARTS = 255

Boundary = Literal["pair", "grapheme", "dense"]
Languages = Sequence[str] | Literal["all"]

_DEFAULT = tables()
_DEFAULT_TEXT = _DEFAULT.text
_DEFAULT_WIDE = _DEFAULT.wide.findall
# Deleting these octets from an ASCII text leaves nothing where each character is one septet.
_PLAIN = bytes(ord(c) for c, code in _DEFAULT.septets.items() if c.isascii() and len(code) == 1)
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
    gsm = encoding == Encoding.GSM
    national = bool(locking) + bool(single_shift) if gsm else 0
    octets = udh.header_octets(
        concatenated=parts > 1, national=national, reference_bits=reference_bits
    )
    return udh.septet_room(octets) if gsm else udh.unit_room(octets)


class _Layout:
    """A text in units: what may not be cut, and where greedy parts end.

    ``pairs`` are the offsets of the first unit of every two-unit character; ``clusters`` says
    whether grapheme clusters stay whole too.
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
        self.clusters = boundary == "grapheme" and pair is None
        if pair is not None:
            self.encoding = Encoding.GSM
            self.pairs = _pair_offsets(pair.wide, text)
        else:
            self.encoding = Encoding.UNICODE
            ucs2.encode(text)
            self.pairs = _pair_offsets(_ASTRAL, text) if unit == "utf16" else []
        self.units = len(text) + len(self.pairs)
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

    def cuts_pair(self, offset: int) -> bool:
        """Say whether a cut before this unit goes through a pair."""
        at = bisect_left(self.pairs, offset - 1)
        return at < len(self.pairs) and self.pairs[at] == offset - 1

    def ends(self) -> list[int]:
        """Return the offset behind every part."""
        if self.units <= self.alone:
            return [self.units]
        ends, position, first, last = [], 0, 0, 0
        clusters = ucs2.clusters(self.text)
        while self.units - position > self.room:
            position += self.room
            if not self.dense and self.cuts_pair(position):
                position -= 1
            if self.clusters:
                index = self.index(position)
                while last < index:
                    first, last = next(clusters)
                start = self.offset(first)
                # A cluster longer than a part is cut all the same.
                if last > index and self.offset(last) - start <= self.room:
                    position = start
            ends.append(position)
        ends.append(self.units)
        return ends


def _pair_offsets(wide: re.Pattern[str], text: str) -> list[int]:
    return [match.start() + rank for rank, match in enumerate(wide.finditer(text))]


def _allowed(languages: Languages) -> tuple[Tables, ...]:
    if not languages:
        return (_DEFAULT,)
    return allowed_tables(languages if isinstance(languages, str) else tuple(languages))


def _not_text(text: object) -> InputError:
    # Such as NaN, where a table has no text.
    return InputError(f"the text is {type(text).__name__}, not text; pass a string")


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
    if not isinstance(text, str):
        raise _not_text(text)
    best: tuple[int, _Layout, Tables] | None = None
    for pair in () if encoding == Encoding.UNICODE else _allowed(languages):
        if not pair.text(text):
            continue
        layout = _Layout(text, pair, gsm_boundary, reference_bits)
        number = _count(layout)
        if best is None or number < best[0]:
            best = number, layout, pair
        if number == 1 or not layout.pairs:
            # Later pairs of tables take no fewer septets, and their headers leave no more room.
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
    if not layout.clusters:
        high = min(-(-units // (room - 1)), -(-(units + len(layout.pairs)) // room))
        if low == high:
            return low
    return len(layout.ends())


def _count_usual(text: str) -> tuple[Encoding, int, int] | None:
    """Count without tables, with pairs kept whole; None where the cuts have to be looked at.

    The common cases in a look at the octets, or one match, and arithmetic: see :func:`_count`.
    """
    try:
        plain = text.isascii() and not text.encode().translate(None, _PLAIN)
    except AttributeError:
        raise _not_text(text) from None
    if plain:
        units = len(text)
        return _GSM, units, 1 if units <= 160 else -(-units // 153)
    if _DEFAULT_TEXT(text):
        pairs = len(_DEFAULT_WIDE(text))
        units = len(text) + pairs
        if units <= 160:
            return _GSM, units, 1
        low, high = -(-units // 153), min(-(-units // 152), -(-(units + pairs) // 153))
        return (_GSM, units, low) if low == high else None
    units = ucs2.units(text)
    if units <= 70:
        return _UNICODE, units, 1
    pairs = units - len(text)
    low, high = -(-units // 67), min(-(-units // 66), -(-(units + pairs) // 67))
    return (_UNICODE, units, low) if low == high else None


_GSM, _UNICODE = Encoding.GSM, Encoding.UNICODE


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
    pairs = gsm_boundary == unicode_boundary == "pair" and unicode_unit == "utf16"
    if pairs and encoding is None and reference_bits == 8 and not languages:
        counted = _count_usual(text)
        if counted is not None:
            return Measure(*counted)
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


def parted(
    text: str, spans: Sequence[tuple[int, int]], *, encoding: Encoding | None = None, **how: Any
) -> tuple[bool, ...]:
    """Say of spans of code points whether they begin in one part of a text and end in another.

    ``how`` and ``encoding`` are those of :func:`measure`.

    >>> parted("a" * 150 + "b" * 50, [(140, 153), (152, 154)])
    (False, True)
    """
    asked = {
        "gsm_boundary": "pair",
        "unicode_boundary": "pair",
        "unicode_unit": "utf16",
        "reference_bits": 8,
        "languages": (),
        **how,
    }
    layout, _ = _layout(text, encoding=encoding, **asked)
    ends = layout.ends()
    places = [(layout.offset(start), layout.offset(end)) for start, end in spans]
    return tuple(bisect_right(ends, start) < bisect_left(ends, end) for start, end in places)


def cut(
    text: str,
    *,
    parts: int = 1,
    order: str = "before",
    suffix: str = "",
    gsm_boundary: str = "pair",
    unicode_boundary: str = "pair",
    unicode_unit: str = "utf16",
    reference_bits: int = 8,
    languages: Languages = (),
    forcing: str = "",
) -> str:
    """Return the longest prefix that fits in so many parts, with the suffix if something was cut.

    ``order="before"``: the encoding (and the tables) of the whole text and of the suffix decide the
    room and stay. ``"after"``: the longest prefix that, with the suffix, fits by its own encoding.
    A text with a character of ``forcing`` is Unicode, whatever the alphabet has. Raises InputError
    where the suffix alone does not fit.
    """
    keywords: dict[str, Any] = {
        "gsm_boundary": gsm_boundary,
        "unicode_boundary": unicode_boundary,
        "unicode_unit": unicode_unit,
        "reference_bits": reference_bits,
        "languages": languages,
    }

    def laid_out(made: str) -> tuple[_Layout, Tables | None]:
        forced = Encoding.UNICODE if any(each in made for each in forcing) else None
        return _layout(made, **keywords, encoding=forced)

    layout, pair = laid_out(text)
    if _count(layout) <= parts:
        return text
    if suffix:
        layout, pair = laid_out(text + suffix)
    # No part holds more than 160 characters; one more shows whether the last cluster goes on.
    text = text[: 160 * parts + 1]
    boundary = gsm_boundary if pair else unicode_boundary
    stays = order == "before"

    def too_long(length: int) -> bool:
        made = text[:length] + suffix
        if stays:
            return _count(_Layout(made, pair, boundary, reference_bits, unicode_unit)) > parts
        return _count(laid_out(made)[0]) > parts

    if stays:
        gsm = len(text) if pair else 0
    else:
        gsm = _gsm_reach(text, suffix, languages, forcing)
    end = _fitting(
        text,
        too_long,
        # A prefix that is GSM by its own encoding may end within a cluster, as ``pair`` does.
        whole_from=gsm + 1 if unicode_boundary == "grapheme" else None,
        size=ucs2.units if unicode_unit == "utf16" else len,
        longest=part_capacity(Encoding.UNICODE, parts=2, reference_bits=reference_bits),
    )
    if end is None:
        raise InputError(
            f"the suffix alone needs more than {parts} part{'s' * (parts > 1)}; shorten it"
        )
    return text[:end] + suffix


def _gsm_reach(text: str, suffix: str, languages: Languages, forcing: str) -> int:
    """Return how many characters are GSM by their own encoding, together with the suffix."""
    if any(each in suffix for each in forcing):
        return 0
    reach = max((one.reach(text) for one in _allowed(languages) if one.text(suffix)), default=0)
    return min([reach, *(text.find(each) for each in forcing if each in text)])


def _fitting(
    text: str,
    too_long: Callable[[int], bool],
    *,
    whole_from: int | None,
    size: Callable[[str], int],
    longest: int,
) -> int | None:
    """Return the length of the longest prefix that fits; None where not even the empty one does.

    Lengths of ``whole_from`` and more do not end within a cluster, but for one that is larger than
    a part: more than ``longest`` by ``size``.
    """
    lengths: Sequence[int] = range(len(text) + 1)
    if whole_from is not None:
        lengths = [*range(whole_from), *_cluster_ends(text, whole_from, size, longest)]
    # What a prefix takes grows with it, so the longest that fits is found by halving.
    at = bisect_left(lengths, True, key=too_long)
    if at == 0:
        return None
    end, beyond = lengths[at - 1], lengths[at]
    start = next((first for first, last in ucs2.clusters(text) if last > end), end)
    if beyond > end + 1 and size(text[start:beyond]) > longest:
        end = bisect_left(range(beyond), True, lo=end, key=too_long) - 1
    return end


def _cluster_ends(text: str, least: int, size: Callable[[str], int], longest: int) -> Iterator[int]:
    """Yield where a text can be cut without cutting a cluster that fits in a part.

    A longer one can be cut anywhere, but its start, as long as it would fit, moves to a new part as
    a whole: what a prefix takes grows again only behind that, and these lengths are left out.
    """
    for first, last in ucs2.clusters(text):
        end = last
        if size(text[first:last]) > longest:
            end = next(to for to in range(first, last + 1) if size(text[first:to]) > longest)
        yield from range(max(end, least), last + 1)


def culprits(text: str, *, languages: Languages = ()) -> tuple[Culprit, ...]:
    """Return the characters outside the default alphabet and its extension, one per occurrence.

    With ``languages``, those that the allowed pair of national tables which lacks the fewest does
    not have.

    >>> culprits("“a”")
    (Culprit(character='“', position=0), Culprit(character='”', position=2))
    """
    return min((_outside(text, pair) for pair in _allowed(languages)), key=len)


def _outside(text: str, pair: Tables) -> tuple[Culprit, ...]:
    return tuple(Culprit(match.group(), match.start()) for match in pair.outside.finditer(text))


class _Asked(NamedTuple):
    """What :func:`segment` was asked for, beside the text."""

    boundary: Boundary = "pair"
    locking: int = 0
    single_shift: int = 0
    reference_bits: Literal[8, 16] = 8
    reference: int = 0
    languages: tuple[str, ...] | Literal["all"] = ()


_USUAL = _Asked()


class _Open:
    """A segmentation that is being made: counting makes millions, and this is the fastest way."""

    __slots__ = ("_asked", "_parts", "_tables", "encoding", "number_of_parts", "text", "units")

    text: str
    encoding: Encoding
    units: int
    number_of_parts: int
    _tables: Tables | None
    _asked: _Asked
    _parts: tuple[Part, ...] | None


class Segmentation(_Open):
    """What a text takes as a message; made by :func:`segment`, immutable.

    ``units`` are septets for ``GSM`` and UTF-16 code units for ``UNICODE``; the parts are built
    only when asked for.
    """

    __slots__ = ()

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
        """The characters that force Unicode, with positions; none in a GSM message.

        With national tables, those that the allowed pair which lacks the fewest does not have.
        """
        if self.encoding is Encoding.GSM:
            return ()
        asked = self._asked
        if asked.languages:
            return culprits(self.text, languages=asked.languages)
        return _outside(self.text, tables(asked.locking, asked.single_shift))

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
        return _Layout(self.text, self._tables, self._asked.boundary, self._asked.reference_bits)

    def _build(self) -> tuple[Part, ...]:
        layout = self._layout()
        ends = layout.ends()
        for number, end in enumerate(ends, 1):
            if layout.cuts_pair(end):
                raise InputError(
                    f"boundary='dense' cuts a pair between parts {number} and {number + 1}, which "
                    "has no text; count with 'dense' and build parts with 'pair'"
                )
        national = udh.national_elements(self.locking, self.single_shift)
        parts, start = [], 0
        for number, end in enumerate(ends, 1):
            concatenation = b""
            if len(ends) > 1:
                concatenation = udh.concatenation(
                    len(ends), number, self._asked.reference, self._asked.reference_bits
                )
            # The order of elements is that of most encoders: concatenation first.
            header = udh.header(concatenation + national)
            text = self.text[layout.index(start) : layout.index(end)]
            parts.append(_part(text, end - start, header, self._tables))
            start = end
        return tuple(parts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Segmentation):
            return NotImplemented
        return self.text == other.text and self._asked == other._asked

    def __hash__(self) -> int:
        return hash((self.text, self._asked))

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(segment, **self._asked._asdict()), (self.text,)

    def _repr_html_(self) -> str:
        return drawn("messages.segmentation_html", self)

    def __repr__(self) -> str:
        named = "".join(
            f", {name}={value!r}"
            for name, value in self._asked._asdict().items()
            if value != _Asked._field_defaults[name]
        )
        return f"segment({self.text!r}{named})"


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
    clusters of Unicode messages (one longer than a part is cut as by ``pair``), ``dense`` counts
    ceil(units / capacity). Tables asked for by number (``locking``, ``single_shift``) are always
    used and stand in every part's header; a text that they cannot express is Unicode.
    ``languages`` (ISO 639 names, or ``"all"``) takes the cheapest pair of tables among theirs:
    fewest parts, then fewest tables, then lowest numbers. ``reference`` of a concatenated message:
    None means 0.

    Raises :class:`~smsplan.errors.UnencodableText` for a lone surrogate and
    :class:`~smsplan.errors.TooManyParts` above 255 parts.

    >>> segment("Hello").number_of_parts, segment("Hello “you”").encoding
    (1, <Encoding.UNICODE: 'UNICODE'>)
    >>> segment("a" * 152 + "€" + "a" * 152).number_of_parts
    3
    """
    asked, pair = _USUAL, None
    usual = boundary == "pair" and not (locking or single_shift or reference or languages)
    counted = _count_usual(text) if usual and reference_bits == 8 else None
    if counted is not None:
        encoding, units, number = counted
        if encoding is _GSM:
            pair = _DEFAULT
    else:
        _check_options(boundary, locking, single_shift, reference_bits, reference, languages)
        names: tuple[str, ...] | Literal["all"] = "all" if languages == "all" else tuple(languages)
        asked = _Asked(boundary, locking, single_shift, reference_bits, reference or 0, names)
        layout, pair = _laid_out(text, asked)
        encoding, units, number = layout.encoding, layout.units, _count(layout)
    if number > MAX_PARTS:
        raise TooManyParts(number)
    made = _Open()
    made.text = text
    made.encoding = encoding
    made.units = units
    made.number_of_parts = number
    made._tables = pair
    made._asked = asked
    made._parts = None
    # From here on it is immutable.
    made.__class__ = Segmentation
    return made  # type: ignore[return-value]


def _laid_out(text: str, asked: _Asked) -> tuple[_Layout, Tables | None]:
    """Lay a text out by the tables that are asked for by number, or by the cheapest ones."""
    if asked.languages or not (asked.locking or asked.single_shift):
        return _layout(
            text,
            gsm_boundary=asked.boundary,
            unicode_boundary=asked.boundary,
            unicode_unit="utf16",
            reference_bits=asked.reference_bits,
            languages=asked.languages,
            encoding=None,
        )
    chosen = tables(asked.locking, asked.single_shift)
    pair = chosen if chosen.text(text) else None
    return _Layout(text, pair, asked.boundary, asked.reference_bits), pair


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

    ``encoding="before"``: the encoding of the whole text and of the suffix decides the room and
    stays; ``"after"``: the longest prefix that, with the suffix, fits by its own encoding. Either
    way a suffix outside the GSM alphabet, such as an ellipsis, makes the message Unicode. With
    ``boundary="grapheme"`` a Unicode text is cut between clusters; inside one longer than a part.

    Raises :class:`~smsplan.errors.InputError` where the suffix alone does not fit, and
    :class:`~smsplan.errors.UnencodableText` for a lone surrogate.

    >>> truncate("a" * 161, suffix="...")[-5:], len(truncate("a" * 161, suffix="..."))
    ('aa...', 160)
    """
    if not isinstance(parts, int) or isinstance(parts, bool) or not 1 <= parts <= MAX_PARTS:
        raise InputError(f"parts cannot be {parts!r}; use 1 to {MAX_PARTS}")
    if encoding not in ("before", "after"):
        raise InputError(f"encoding cannot be '{encoding}'; use 'before' or 'after'")
    _check_options(boundary, 0, 0, 8, None, ())
    return cut(
        text,
        parts=parts,
        order=encoding,
        suffix=suffix,
        gsm_boundary=boundary,
        unicode_boundary=boundary,
    )
