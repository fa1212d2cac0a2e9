"""Make _tables.py, _ranges.py, _toll_free.py and _zones.py of smsplan/numbers from phonenumbers.

    python data/make_numbers.py

phonenumbers (a development dependency) is the Python port of Google's libphonenumber, Apache-2.0;
see NOTICE. After a new release of it, run this script and commit what it writes; it writes the same
at every run.

Which country a prefix belongs to is computed, not sampled: the patterns of all regions that share
a calling code become one automaton, and the numbers that are valid behind each prefix are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import phonenumbers
import regex
from phonenumbers.phonemetadata import PhoneMetadata
from phonenumbers.tzdata import TIMEZONE_DATA

from smsplan.numbers.fiction import FICTION

ROOM = Path(__file__).resolve().parent.parent / "smsplan" / "numbers"
TARGET = ROOM / "_tables.py"
RANGES = ROOM / "_ranges.py"
TOLL_FREE = ROOM / "_toll_free.py"
ZONES = ROOM / "_zones.py"

# A prefix, calling code included, has at most this many digits. Seven would tell all countries
# apart but for a few blocks of Saint Barthélemy, Saint Martin and two Australian islands.
PREFIX_DIGITS = 8

# The types that make a number valid, as phonenumbers' own `_number_type_helper` asks them.
TYPES = (
    "mobile",
    "fixed_line",
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)
DIGITS = "0123456789"

Lengths = tuple[int, ...]


class Region(NamedTuple):
    """What is needed of a region; see `_tables.py` for the meaning of the fields."""

    code: str
    calling_code: str
    lengths: Lengths
    local_lengths: Lengths
    leading: str
    trunk: str
    trunk_pattern: str
    trunk_rule: str
    general: str
    patterns: tuple[tuple[Lengths, bool, str], ...]  # lengths, whether mobile


def _region(code: str, metadata: Any) -> Region:
    general = metadata.general_desc
    patterns: dict[tuple[Lengths, bool], list[str]] = {}
    for kind in TYPES:
        description = getattr(metadata, kind)
        if description is None or not description.national_number_pattern:
            continue
        lengths = tuple(description.possible_length) or tuple(general.possible_length)
        pattern = description.national_number_pattern
        # Where fixed and mobile numbers look alike the metadata says the same twice.
        if pattern not in patterns.get((lengths, True), []):
            patterns.setdefault((lengths, kind == "mobile"), []).append(pattern)
    return Region(
        code=code,
        calling_code=str(metadata.country_code),
        lengths=tuple(general.possible_length),
        local_lengths=tuple(general.possible_length_local_only),
        leading=metadata.leading_digits or "",
        trunk=metadata.national_prefix or "",
        trunk_pattern=metadata.national_prefix_for_parsing or "",
        trunk_rule=metadata.national_prefix_transform_rule or "",
        general=general.national_number_pattern or "",
        patterns=tuple(
            (lengths, mobile, "|".join(found)) for (lengths, mobile), found in patterns.items()
        ),
    )


def regions() -> dict[str, tuple[Region, ...]]:
    """Return the regions of each calling code, the main one first; one without a place is 001."""
    found: dict[str, tuple[Region, ...]] = {}
    for number, codes in sorted(
        phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items(), key=lambda item: str(item[0])
    ):
        found[str(number)] = tuple(
            _region(code, PhoneMetadata.metadata_for_region_or_calling_code(number, code))
            for code in codes
        )
    return found


class _Automaton:
    """The regular expressions of a calling code as one automaton over digits.

    It reads the dialect of the metadata: digits, \\d, [...], (?:...), |, ?, *, {n}, {n,m}.
    """

    def __init__(self) -> None:
        self.steps: list[list[tuple[str, int]]] = []  # per state: digits, next state
        self.free: list[list[int]] = []  # per state: states that are entered at once
        self.accepting: dict[int, tuple[int, int]] = {}  # state: region, pattern
        self._moves: dict[tuple[frozenset[int], str], frozenset[int]] = {}

    def _state(self) -> int:
        self.steps.append([])
        self.free.append([])
        return len(self.steps) - 1

    def add(self, pattern: str, label: tuple[int, int], *, any_rest: bool = False) -> int:
        """Add a pattern; returns its first state. ``any_rest``: it need only match the start."""
        first = self._state()
        last, at = self._alternatives(pattern, 0, first)
        if at != len(pattern):
            raise ValueError(f"cannot read {pattern!r} at {at}")
        if any_rest:
            self.steps[last].append((DIGITS, last))
        self.accepting[last] = label
        return first

    def _alternatives(self, pattern: str, at: int, start: int) -> tuple[int, int]:
        end = self._state()
        while True:
            last, at = self._sequence(pattern, at, start)
            self.free[last].append(end)
            if at >= len(pattern) or pattern[at] != "|":
                return end, at
            at += 1

    def _sequence(self, pattern: str, at: int, state: int) -> tuple[int, int]:
        while at < len(pattern) and pattern[at] not in "|)":
            begin = at
            # Read once for its extent, then again for every repetition.
            extent = self._atom(pattern, begin, self._state())[1]
            low, high, at = self._repetition(pattern, extent)
            for _ in range(low):
                state = self._atom(pattern, begin, state)[0]
            if high is None:
                loop = self._state()
                self.free[state].append(loop)
                self.free[self._atom(pattern, begin, loop)[0]].append(loop)
                state = loop
            else:
                ends = [state]
                for _ in range(high - low):
                    state = self._atom(pattern, begin, state)[0]
                    ends.append(state)
                for end in ends[:-1]:
                    self.free[end].append(state)
        return state, at

    def _atom(self, pattern: str, at: int, state: int) -> tuple[int, int]:
        if pattern.startswith("(?:", at):
            last, at = self._alternatives(pattern, at + 3, state)
            return last, at + 1
        if pattern[at] == "(":
            last, at = self._alternatives(pattern, at + 1, state)
            return last, at + 1
        if pattern.startswith("\\d", at):
            digits, at = DIGITS, at + 2
        elif pattern[at] == "[":
            close = pattern.index("]", at)
            digits, at = _members(pattern[at + 1 : close]), close + 1
        elif pattern[at] in DIGITS:
            digits, at = pattern[at], at + 1
        else:
            raise ValueError(f"cannot read {pattern!r} at {at}")
        following = self._state()
        self.steps[state].append((digits, following))
        return following, at

    @staticmethod
    def _repetition(pattern: str, at: int) -> tuple[int, int | None, int]:
        mark = pattern[at : at + 1]
        if mark == "?":
            return 0, 1, at + 1
        if mark == "*":
            return 0, None, at + 1
        if mark != "{":
            return 1, 1, at
        close = pattern.index("}", at)
        low, _, high = pattern[at + 1 : close].partition(",")
        return int(low), int(high or low), close + 1

    def closure(self, states: Sequence[int]) -> frozenset[int]:
        """Add the states that are entered without a digit."""
        seen = set(states)
        waiting = list(states)
        while waiting:
            for state in self.free[waiting.pop()]:
                if state not in seen:
                    seen.add(state)
                    waiting.append(state)
        # Of the others nothing can come.
        return frozenset(s for s in seen if self.steps[s] or s in self.accepting)

    def move(self, states: frozenset[int], digit: str) -> frozenset[int]:
        """Read one digit."""
        key = (states, digit)
        if key not in self._moves:
            self._moves[key] = self.closure(
                [to for s in states for digits, to in self.steps[s] if digit in digits]
            )
        return self._moves[key]


def _members(text: str) -> str:
    members = ""
    at = 0
    while at < len(text):
        if text[at + 1 : at + 2] == "-":
            members += DIGITS[int(text[at]) : int(text[at + 2]) + 1]
            at += 3
        else:
            members += text[at]
            at += 1
    return members


class Numbering:
    """The valid numbers of one calling code, and the region that phonenumbers gives each."""

    LEADING, GENERAL, FIRST_TYPE = 0, 1, 2

    def __init__(self, members: tuple[Region, ...]) -> None:
        self.members = members
        self._automaton = _Automaton()
        first = []
        for index, region in enumerate(members):
            if region.leading:
                first.append(
                    self._automaton.add(region.leading, (index, self.LEADING), any_rest=True)
                )
            first.append(self._automaton.add(region.general, (index, self.GENERAL)))
            first += [
                self._automaton.add(pattern, (index, self.FIRST_TYPE + kind))
                for kind, (_, _, pattern) in enumerate(region.patterns)
            ]
        self.start = self._automaton.closure(first)
        self.longest = max(max(region.lengths) for region in members)
        self._counts: dict[tuple[int, frozenset[int]], Counter[str]] = {}

    def region(self, length: int, states: frozenset[int]) -> str | None:
        """Return the region of the number of so many digits that ends here, if it is valid."""
        labels = {
            self._automaton.accepting[state]
            for state in states
            if state in self._automaton.accepting
        }
        for index, region in enumerate(self.members):
            valid = (
                (index, self.GENERAL) in labels
                and length in region.lengths
                and any(
                    (index, self.FIRST_TYPE + kind) in labels and length in lengths
                    for kind, (lengths, _, _) in enumerate(region.patterns)
                )
            )
            # One calling code, one region: no further question. Leading digits decide alone.
            if (index, self.LEADING) in labels:
                return region.code if valid else None
            if valid and (not region.leading or len(self.members) == 1):
                return region.code
        return None

    def counts(self, length: int, states: frozenset[int]) -> Counter[str]:
        """Count the valid numbers from here on by region; so many digits have been read."""
        key = (length, states)
        if key not in self._counts:
            found: Counter[str] = Counter()
            region = self.region(length, states)
            if region is not None:
                found[region] = 1
            if length < self.longest and states:
                for digit in DIGITS:
                    found.update(self.counts(length + 1, self._automaton.move(states, digit)))
            self._counts[key] = found
        return self._counts[key]

    def prefixes(self, code: str) -> Iterator[tuple[str, str, int, int]]:
        """Yield prefix, region, and of the valid numbers behind it how many are and are not its."""
        main = self.members[0].code
        yield code, main, 0, 0
        waiting = [(code, 0, self.start)]
        while waiting:
            prefix, length, states = waiting.pop()
            by_region = self.counts(length, states)
            if len(by_region) > 1 and len(prefix) < PREFIX_DIGITS:
                waiting += [
                    (prefix + digit, length + 1, self._automaton.move(states, digit))
                    for digit in DIGITS
                ]
            elif by_region:
                # Of equals the earlier in the order of phonenumbers.
                order = [region.code for region in self.members]
                region, own = max(by_region.items(), key=lambda i: (i[1], -order.index(i[0])))
                yield prefix, region, own, by_region.total() - own


class Tables(NamedTuple):
    """What the script computes; ``undecided`` counts valid numbers in the prefix of another."""

    calling_codes: dict[str, tuple[Region, ...]]
    prefixes: dict[str, str]
    shared: int
    undecided: Counter[str]


def compute() -> Tables:
    """Compute everything that the module holds."""
    calling_codes = regions()
    prefixes: dict[str, str] = {}
    undecided: Counter[str] = Counter()
    shared = 0
    for code, members in calling_codes.items():
        if members[0].code == "001":
            continue
        for prefix, region, own, others in Numbering(members).prefixes(code):
            if len(members) > 1:
                shared += own + others
                undecided[code] += others
            # Said already by a shorter prefix.
            if prefix == code or region != _longest(prefixes, prefix):
                prefixes[prefix] = region
    return Tables(calling_codes, prefixes, shared, +undecided)


def _longest(prefixes: dict[str, str], number: str) -> str | None:
    for end in range(len(number), 0, -1):
        if number[:end] in prefixes:
            return prefixes[number[:end]]
    return None


def _words(words: Sequence[object]) -> str:
    return " ".join(map(str, words))


def source() -> str:
    """Return the source of smsplan/numbers/_tables.py."""
    tables = compute()
    by_region: dict[str, list[str]] = {}
    for prefix, code in sorted(tables.prefixes.items()):
        by_region.setdefault(code, []).append(prefix)
    version = phonenumbers.__version__
    undecided = ", ".join(f"+{code}: {count:,}" for code, count in tables.undecided.items())
    lines = [
        f'"""Numbering plans, made by data/make_numbers.py from phonenumbers {version}.',
        "",
        "Do not edit. The metadata is libphonenumber's, Apache-2.0; see NOTICE.",
        "",
        f"{len(tables.calling_codes)} calling codes, {len(tables.prefixes)} prefixes. Of the valid "
        f"numbers of shared codes {tables.undecided.total():,}",
        f"of {tables.shared:,} lie behind a prefix of {PREFIX_DIGITS} digits that another country "
        "has more of:",
        f"{undecided or 'none'}.",
        '"""',
        "",
        "# ruff: noqa: E501",
        "# fmt: off",
        "",
        "from __future__ import annotations",
        "",
        "# Calling code: its regions, the main one first; 001 has no place.",
        "CALLING_CODES: dict[str, str] = {",
        *(
            f"    {code!r}: {_words([member.code for member in members])!r},"
            for code, members in tables.calling_codes.items()
        ),
        "}",
        "",
        "# Country: its prefixes; the longest that a number begins with decides.",
        "PREFIXES: dict[str, str] = {",
        *(f"    {code!r}: {_words(found)!r}," for code, found in sorted(by_region.items())),
        "}",
        "",
        "# Region, or calling code without a place: calling code, possible lengths of a national",
        "# number, lengths possible only within an area, leading digits, trunk prefix, pattern and",
        "# rule that take the trunk prefix away, pattern of every number, and the patterns of the",
        "# types of number: lengths, whether mobile, pattern.",
        "_Types = tuple[tuple[str, bool, str], ...]",
        "REGIONS: dict[str, tuple[str, str, str, str, str, str, str, str, _Types]] = {",
    ]
    for code, members in tables.calling_codes.items():
        for member in members:
            key = code if member.code == "001" else member.code
            lines.append(f"    {key!r}: (")
            lines += [
                f"        {(_words(field) if isinstance(field, tuple) else field)!r},"
                for field in member[1:-1]
            ]
            lines.append("        (")
            lines += [
                f"            ({_words(lengths)!r}, {mobile}, {pattern!r}),"
                for lengths, mobile, pattern in member.patterns
            ]
            lines += ["        ),", "    ),"]
    lines.append("}")
    return "\n".join(lines) + "\n"


# What a number of some length behind a prefix can be, as bits.
_NOTHING, _VALID, _FICTITIOUS = 1, 2, 4
# A number has at most so many digits here, and a prefix as many as stand in a 64-bit integer.
RANGE_DIGITS = 18
# Numbers behind a prefix of so many digits that may have a trunk prefix are told apart no further.
_ASKED_DIGITS = 7


class Range(NamedTuple):
    """What all numbers behind a prefix have in common: a bit for each number of digits."""

    valid: int
    fictitious: int
    country: str
    trunk: bool  # a trunk prefix may stand behind the calling code


_EMPTY = Range(0, 0, "", False)


class _Ranges:
    """The ranges of one calling code."""

    def __init__(self, code: str, members: tuple[Region, ...], prefixes: dict[str, str]) -> None:
        self.code = code
        self._numbering = Numbering(members)
        self._automaton = self._numbering._automaton
        self._start = self._numbering.start
        for calling_code, pattern, _ in FICTION:
            if calling_code == code:
                first = self._automaton.add(pattern, (-1, 0))
                self._start |= self._automaton.closure([first])
        self._trunk = members[0].trunk
        self._trunk_pattern = members[0].trunk_pattern
        self._prefixes = prefixes
        self._inner = {prefix[:end] for prefix in prefixes for end in range(len(prefix))}
        self._outcomes: dict[tuple[int, frozenset[int]], tuple[int, ...]] = {}

    def outcomes(self, length: int, states: frozenset[int]) -> tuple[int, ...]:
        """What the numbers with 0, 1, 2, ... more digits are."""
        key = (length, states)
        if key not in self._outcomes:
            found = [self._here(length, states)]
            if states and length < RANGE_DIGITS:
                below = [self.outcomes(length + 1, self._move(states, digit)) for digit in DIGITS]
                for more in range(max(map(len, below))):
                    bits = 0
                    for outcome in below:
                        bits |= outcome[more] if more < len(outcome) else _NOTHING
                    found.append(bits)
            while len(found) > 1 and found[-1] == _NOTHING:
                found.pop()
            self._outcomes[key] = tuple(found)
        return self._outcomes[key]

    def _here(self, length: int, states: frozenset[int]) -> int:
        accepting = self._automaton.accepting
        if any(accepting.get(state) == (-1, 0) for state in states):
            return _FICTITIOUS
        return _NOTHING if self._numbering.region(length, states) is None else _VALID

    def _move(self, states: frozenset[int], digit: str) -> frozenset[int]:
        return self._automaton.move(states, digit)

    def _may_have_trunk(self, rest: str) -> bool:
        if self._trunk and (rest.startswith(self._trunk) or self._trunk.startswith(rest)):
            return True
        if not self._trunk_pattern:
            return False
        match = regex.match(self._trunk_pattern, rest, partial=True)
        return match is not None and (match.partial or match.end() > 0)

    def __iter__(self) -> Iterator[tuple[str, Range]]:
        """Yield every prefix that is told apart no further, in order."""
        waiting: list[tuple[str, frozenset[int], Range]] = [(self.code, self._start, _EMPTY)]
        while waiting:
            prefix, states, shorter = waiting.pop()
            length = len(prefix) - len(self.code)
            outcomes = self.outcomes(length, states)
            trunk = self._may_have_trunk(prefix[len(self.code) :])
            alike = all(bits in (_NOTHING, _VALID, _FICTITIOUS) for bits in outcomes)
            if alike and prefix not in self._inner and not (trunk and len(prefix) < _ASKED_DIGITS):
                valid, fictitious = (
                    sum(
                        1 << len(prefix) + more for more, bits in enumerate(outcomes) if bits == bit
                    )
                    for bit in (_VALID, _FICTITIOUS)
                )
                country = _longest(self._prefixes, prefix) or ""
                yield (
                    prefix,
                    Range(valid | shorter.valid, fictitious | shorter.fictitious, country, trunk),
                )
                continue
            for digit in reversed(DIGITS):
                # The number that ends here is found behind its prefix padded with zeros.
                inherited = _EMPTY
                if digit == "0":
                    inherited = Range(
                        shorter.valid | (outcomes[0] == _VALID) << len(prefix),
                        shorter.fictitious | (outcomes[0] == _FICTITIOUS) << len(prefix),
                        "",
                        False,
                    )
                waiting.append((prefix + digit, self._move(states, digit), inherited))


class _TollFree(_Ranges):
    """The toll-free ranges of one calling code: what phonenumbers' ``number_type`` calls so."""

    TOLL_FREE, PREMIUM = -2, -3

    def __init__(self, code: str, members: tuple[Region, ...], prefixes: dict[str, str]) -> None:
        super().__init__(code, members, {})
        self._regions = {region.code: index for index, region in enumerate(members)}
        self._lengths: dict[tuple[int, int], Lengths] = {}
        for index, region in enumerate(members):
            metadata = PhoneMetadata.metadata_for_region_or_calling_code(int(code), region.code)
            assert metadata is not None, "regions() has read it"
            for label, description in (
                (self.TOLL_FREE, metadata.toll_free),
                (self.PREMIUM, metadata.premium_rate),
            ):
                if description is None or not description.national_number_pattern:
                    continue
                self._lengths[index, label] = tuple(description.possible_length) or region.lengths
                first = self._automaton.add(description.national_number_pattern, (index, label))
                self._start |= self._automaton.closure([first])

    def _here(self, length: int, states: frozenset[int]) -> int:
        region = self._numbering.region(length, states)
        if region is None:
            return _NOTHING
        accepting, index = self._automaton.accepting, self._regions[region]
        labels = {accepting[state] for state in states if state in accepting}
        toll_free, premium = (
            (index, label) in labels and length in self._lengths[index, label]
            for label in (self.TOLL_FREE, self.PREMIUM)
        )
        # A number of both kinds is asked for premium rates first.
        return _VALID if toll_free and not premium else _NOTHING

    def _may_have_trunk(self, rest: str) -> bool:
        return False


def ranges(made: type[_Ranges] = _Ranges) -> list[tuple[str, Range]]:
    """Return where each range starts, as digits without trailing zeros."""
    tables = compute()
    found: list[tuple[str, Range]] = []
    end = 0
    for code, members in sorted(tables.calling_codes.items()):
        for prefix, kind in made(code, members, tables.prefixes):
            start = int(prefix.ljust(RANGE_DIGITS, "0"))
            if start > end and (not found or found[-1][1] != _EMPTY):
                found.append((_digits(end), _EMPTY))
            if found[-1][1] != kind:
                found.append((_digits(start), kind))
            end = start + 10 ** (RANGE_DIGITS - len(prefix))
    return [*found, (_digits(end), _EMPTY)]


def _digits(start: int) -> str:
    return str(start).zfill(RANGE_DIGITS).rstrip("0")


def _head(what: str) -> list[str]:
    """Return how a module begins that is not to be edited."""
    return [
        f'"""{what}, made by data/make_numbers.py from phonenumbers {phonenumbers.__version__}.',
        "",
        "Do not edit. The metadata is libphonenumber's, Apache-2.0; see NOTICE.",
        '"""',
        "",
        "# ruff: noqa: E501",
        "# fmt: off",
        "",
        "from __future__ import annotations",
        "",
    ]


def ranges_source() -> str:
    """Return the source of smsplan/numbers/_ranges.py."""
    starts: dict[Range, list[str]] = {}
    for start, kind in ranges():
        starts.setdefault(kind, []).append(start)
    lines = [
        *_head("Ranges of numbers"),
        "# Each kind of number: the numbers of digits (as bits) that are valid and fictitious, the",
        "# country, whether a trunk prefix may stand behind the calling code; and the digits with",
        f"# which its ranges start, padded with zeros to {RANGE_DIGITS}. A range ends where",
        "# another starts; in the first kind nothing is.",
        "RANGES: tuple[tuple[int, int, str, bool, str], ...] = (",
    ]
    for kind in sorted(starts, key=lambda kind: (kind != _EMPTY, kind)):
        valid, fictitious, country, trunk = kind
        words = _words([start or "0" for start in starts[kind]])
        lines.append(f"    ({valid}, {fictitious}, {country!r}, {trunk}, {words!r}),")
    lines.append(")")
    return "\n".join(lines) + "\n"


def toll_free_source() -> str:
    """Return the source of smsplan/numbers/_toll_free.py."""
    starts: dict[int, list[str]] = {}
    for start, kind in ranges(_TollFree):
        starts.setdefault(kind.valid, []).append(start or "0")
    lines = [
        *_head("Toll-free numbers"),
        "# The numbers of digits (as bits) of which numbers are toll-free, and the digits with",
        f"# which such ranges start, padded with zeros to {RANGE_DIGITS}. A range ends where",
        "# another starts; in the first kind nothing is.",
        "TOLL_FREE: tuple[tuple[int, str], ...] = (",
        *(f"    ({mask}, {_words(starts[mask])!r})," for mask in sorted(starts)),
        ")",
    ]
    return "\n".join(lines) + "\n"


def zones_source() -> str:
    """Return the source of smsplan/numbers/_zones.py."""
    data = {str(prefix): zones for prefix, zones in TIMEZONE_DATA.items()}
    by_zones: dict[tuple[str, ...], list[str]] = {}
    for prefix, zones in sorted(data.items()):
        above = next((data[prefix[:end]] for end in range(len(prefix) - 1, 0, -1)
                      if prefix[:end] in data), None)  # fmt: skip
        if zones != above:
            by_zones.setdefault(tuple(zones), []).append(prefix)
    lines = [
        *_head("Time zones by prefix"),
        "# Zones (IANA), and the prefixes of numbers that may lie in them; the longest decides.",
        "ZONES: tuple[tuple[str, str], ...] = (",
    ]
    for zones, prefixes in sorted(by_zones.items(), key=lambda item: item[1]):
        lines.append(f"    ({_words(zones)!r}, {_words(prefixes)!r}),")
    lines.append(")")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the modules."""
    ZONES.write_text(zones_source(), encoding="utf-8", newline="\n")
    TARGET.write_text(source(), encoding="utf-8", newline="\n")
    RANGES.write_text(ranges_source(), encoding="utf-8", newline="\n")
    TOLL_FREE.write_text(toll_free_source(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
