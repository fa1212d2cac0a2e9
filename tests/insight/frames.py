"""Frames with hostile texts, and what their messages are made of by string operations alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow as pa
import regex

from smsplan import Plan, Profile, Rate, RateCard, Substitution, Template, plan
from smsplan.api.dryruns import characters
from smsplan.encoding import Encoding, culprits, measure
from smsplan.encoding.gsm7 import tables
from smsplan.encoding.substitution import Change, auto_encode, changed, stand_ins
from smsplan.encoding.ucs2 import shortened
from tests.kernel.test_kernel import BODIES, Maker

# Digits, so that a recipient is what was put in.
NUMBERS = ["447911123456", "447781123456", "12015550123", "4915112345678", "33612345678",
           "88213123456", "", "123"]  # fmt: skip
POOLS: list[Any] = [
    ["e\u0301", "s\u0327", "n", " "],
    ["Zoe\u0301", " ", "и\u0306", "\u0301", "a\u0302\u0301"],
    "Παρασκή αβ ΑΘΝ",
    "ab\u200b\u200d\u0301 नमि",
    ["❤\ufe0f", "1½", " ", "\x93", "\x85", "μ", "5"],
    "Nguyễn đặàé ",
    "abcdefgh ijkl€",
    "abc défghij” “kl…",
    "abcdefghijklmnopqrst…",
    "abcdefghijklmnopqrs½😀",
    "abcdefghijklmnopqrs™ 😀🎉",
    "Łódź ążśćęćń abcdef",
    "Привет, Мир",
    "\t\u00a0\u2028ab\r\nΑΒΕç–",
    "漢字かな ab",
    "[]{}€ ab`c",
]
LENGTHS = [1, 3, 8, 20, 40, 60, 64, 66, 69, 70, 71, 80, 100, 130, 134, 150, 153, 160, 161, 200,
           300, 306, 310, 450]  # fmt: skip
MORE_BODIES = [
    "Zoe\u0301 ${a}, ${b}",
    "cafe${a} Π${b}ά",
    "ΑΓΟΡΑ ${a}; Καλή ${b}\u0301",
    "Hi ${a}, “see” you… ${b}",
    "x" * 100 + "‘${a}’ ${b}",
    "x" * 55 + "${a} “€” ${b} 😀",
    "a" * 152 + "€${a}" + "b" * 151 + "${b}",
    "a" * 152 + "€b${a}" + "c" * 149 + "€d “${b}",
    "Привет ${a}… ${b}",
    "½" * 30 + " ${a}",
    "€" * 70 + "… ${a} ${b}" + "[" * 6,
]
SWITCHES: list[dict[str, Any]] = [
    {},
    {},
    {"auto_encoding": "on"},
    {"auto_encoding": "on", "auto_encoding_partial": "partial"},
    {"auto_encoding": "on", "auto_encoding_order": "after_truncation"},
    {"auto_encoding": "on", "auto_encoding_order": "after_truncation", "truncation": "ignored"},
    {"truncation": "parts_only"},
    {"reference_bits": 16},
    {"gsm_boundary": "dense", "unicode_boundary": "dense"},
    {"unicode_boundary": "grapheme"},
    {"unicode_unit": "code_point"},
    {"languages": ("tr", "es")},
    {"languages": "all", "form_feed": "unicode"},
    {"values_in_values": "again"},
    {"line_breaks": "crlf_to_lf"},
    {"form_feed": "unicode", "spaces": "space"},
    {"greek_capitals": "latin", "small_c_cedilla": "gsm"},
    {"controls": "removed"},
]
# What edits do at boundaries: a body around a padding, what values are made of, the switches.
AT_BOUNDARIES: list[tuple[str, str, dict[str, Any]]] = [
    ("［{}${{a}}", "ab［～", {}),
    ("…{}" + "€" * 8 + "${{a}}", "€a", {}),
    ("{}…${{a}}" + "€a" * 12, "€…", {}),
    ("“{}😀😀😀😀${{a}}", "😀b", {}),
    ("{}${{a}}…😀😀😀😀😀${{a}}", "😀…", {"unicode_unit": "code_point"}),
    ("–{}${{a}}👨‍👩‍👧", "👨‍👩‍👧", {"unicode_boundary": "grapheme"}),
    ("{}e\u0301…${{a}}", "e\u0301👨‍👩‍👧", {"unicode_boundary": "grapheme"}),
    ("\r\u200b\n{}${{a}}\n", "\r\n\u200b\u2028", {"line_breaks": "crlf_to_lf"}),
    ("\r\n\r\n{}${{a}}“", "\r\u200b\n", {"line_breaks": "crlf_to_lf"}),
    ("\x00\x1b\x00{}${{a}}", "\x00ab", {"controls": "removed"}),
    ("…{}${{a}}”", "ş€“", {"languages": ("tr",)}),
    ("½{}“${{a}}", "–…", {"auto_encoding": "on"}),
    ("“{}😀${{a}}…", "…–a", {"auto_encoding": "on", "auto_encoding_partial": "partial"}),
]
# Bodies whose value grows character by character.
SWEEPS: list[tuple[str, dict[str, Any]]] = [
    ("［${a}", {}),
    ("x…${a}", {}),
    ("…${a}я", {}),
    ("…€€${a}€€€€", {}),
    ("€${a}…€a€a€a", {}),
    ("“…😀${a}😀😀😀", {}),
    ("–${a}👨‍👩‍👧👨‍👩‍👧a", {"unicode_boundary": "grapheme"}),
    ("…${a}яx", {"unicode_boundary": "grapheme"}),
    ("…${a}€€“", {"gsm_boundary": "dense", "reference_bits": 16}),
    ("…${a}😀😀", {"unicode_boundary": "dense", "unicode_unit": "code_point"}),
    ("…${a}ş€", {"languages": ("tr",)}),
    ("e\u0301${a}я", {}),
    ("“${a}", {"unicode_unit": "code_point", "gsm_boundary": "dense"}),
    ("“${a}…😀", {"auto_encoding": "on", "auto_encoding_partial": "partial"}),
]
PADDINGS = [0, *range(45, 72), *range(110, 162), *range(285, 308)]

# What changes how a body or a number is read is tested beside the kernel.
_OTHER = {
    "malformed_placeholder",
    "empty_body",
    "body_limit",
    "key_limit",
    "min_digits",
    "value_limit",
}


def _rate(price: str, currency: str = "GBP", **keys: Any) -> Rate:
    return Rate(price=Decimal(price), currency=currency, **keys)


CARDS: list[Any] = [
    None,
    {"GB": "0.034 GBP", "*": "0.05 GBP"},
    {"+44": "0.03 GBP", "US": "0.0079 GBP"},
    RateCard(
        [
            _rate("0.1", country="GB", per="message"),
            _rate("0.07"),
            _rate("0.01", "EUR", prefix="1"),
        ],
        mixed_currencies=True,
    ),
    RateCard(
        [
            _rate("0.031", country="GB", mccmnc="23415"),
            _rate("0.035", country="GB", mccmnc="23430", per="message"),
            _rate("0.05", country="US"),
            _rate("0.003", country="US", mccmnc="310410", kind="surcharge"),
            _rate("0.06"),
        ]
    ),
    RateCard(
        [
            _rate("0", country="GB"),
            _rate("0.04", country="GB", tier_from=3),
            _rate("0.1", country="US"),
            _rate("0.08", country="US", tier_from=5),
            _rate("5", country="US", kind="fixed"),
        ]
    ),
]  # fmt: skip


class FrameMaker(Maker):
    """Makes plans from a seed."""

    def text(self) -> str:
        """As hostile as the kernel's, or of characters that have look-alikes."""
        if self.random.random() < 0.35:
            return super().text()
        pool = self.random.choice(POOLS)
        length = self.random.choice(LENGTHS)
        text = "".join(self.random.choices(pool, k=length))
        if self.random.random() < 0.3:
            at = self.random.randrange(len(text) + 1)
            text = text[:at] + self.random.choice("€“…½ж😀ş") + text[at:]
        return text

    def plan(self) -> Plan:
        """A plan of a few recipients, by any switches."""
        pick = self.random.random
        switches = self.random.choice(SWITCHES)
        if pick() < 0.3:
            changed = self.profile().changes().items()
            switches = {**{key: each for key, each in changed if key not in _OTHER}, **switches}
        if pick() < 0.8:
            switches = {"value_limit": None, **switches}
        rows = self.random.choice([1, 6, 12])
        bodies = [*BODIES, *MORE_BODIES]
        body: Any = self.random.choice(bodies)
        named = body
        by = None
        if pick() < 0.2:
            body = {"en": body, "sv": self.random.choice(bodies), "*": self.random.choice(bodies)}
            if pick() < 0.5:
                del body["*"]
            named = "".join(body.values())
            by = "language"
        keys = Template(named).parameters
        columns = [key for key in keys if pick() < 0.9]
        defaults = {key: self.text()[:800] for key in keys if key not in columns or pick() < 0.5}
        languages = self.random.choices(["en", "sv", "xx", None], k=rows)
        table = {
            "to": pa.array(["+" + self.random.choice(NUMBERS) for _ in range(rows)], pa.string()),
            "language": pa.array(languages, pa.string()),
            **{f"column {key}": self.column(rows) for key in columns},
        }
        return plan(
            pa.table(table),
            body,
            body_by=by,
            columns={key: f"column {key}" for key in columns},
            defaults=defaults,
            truncate_concat=pick() < 0.2,
            max_number_of_message_parts=self.random.choice([None, None, None, 2]),
            substitute=self.substitute(0.15),
            limits={key: self.random.choice([1, 2, 7, 60]) for key in keys if pick() < 0.1},
            duplicates=self.random.choice(["keep", "keep", "flag"]),
            rates=self.random.choice(CARDS),
            profile=Profile(**switches),
        )

    def substitute(self, share: float) -> Substitution | None:
        """A policy of look-alikes in a share of plans."""
        choice = self.random.choice
        if self.random.random() > share:
            return None
        return Substitution(
            level=choice(["safe", "lossy"]),
            when=choice(["saves", "always"]),
            partial=choice([True, False]),
            above_one_part=choice([True, False]),
        )

    def plan_at_boundaries(self) -> Plan:
        """A plan of messages about as long as their parts, with what is to be replaced in them."""
        choice = self.random.choice
        body, pool, switches = choice(AT_BOUNDARIES)
        characters = regex.findall(r"\X", pool) if "👨" in pool else list(pool)
        values = [
            "".join(self.random.choices(characters, k=self.random.randrange(9))) for _ in range(6)
        ]
        return plan(
            pa.table({"to": [f"+4479111234{row:02}" for row in range(6)], "a": values}),
            body.format("x" * choice(PADDINGS)),
            substitute=self.substitute(0.1),
            rates=choice(CARDS),
            profile=Profile(**switches),
        )


def sweep(body: str, switches: dict[str, Any]) -> Plan:
    """A plan of messages of every length up to three parts."""
    values = ["x" * size for size in range(330)] + ["…" + "x" * size for size in range(330)]
    # Where everything is a pair or a cluster, each cut is in one or just before it.
    for filler, most in (("€", 165), ("😀", 110), ("👨‍👩‍👧", 28), ("e\u0301\u0302", 70)):
        values += [first + filler * size for first in ("", "x", "x…") for size in range(most)]
    numbers = [f"+4479111{row:05}" for row in range(len(values))]
    return plan(
        pa.table({"to": numbers, "a": values}),
        body,
        rates={"GB": "0.034 GBP"},
        profile=Profile(**switches),
    )


Pieces = list[tuple[str, str]]


@dataclass(frozen=True)
class Message:
    """A message that is sent, in pieces: the place and the text of each."""

    made: Plan
    recipient: str
    body: str
    pieces: Pieces
    billed: int
    row: int

    @property
    def profile(self) -> Profile:
        """The switches of the plan."""
        return self.made.settings.profile

    @property
    def text(self) -> str:
        """What is measured before anything is replaced or cut."""
        return joined(self.pieces, self.profile)

    def edited(self, edit: Culprit) -> int:
        """The parts, before a cut, where a culprit of a place is replaced."""
        text = "".join(text for _, text in self.pieces)
        outside = {each.character for each in culprits(edit.original)}
        changes = [
            change for found, change in placed(self.pieces, outside) if found == edit and change
        ]
        return sent_parts(characters(changed(text, changes), self.profile), self.made)

    def culprits(self) -> list[Culprit]:
        """The distinct culprits, by place."""
        outside = {each.character for each in culprits(self.text, languages=self.profile.languages)}
        if self.profile.form_feed == "unicode":
            outside.add("\f")
        pieces = [(place, characters(text, self.profile)) for place, text in self.pieces]
        return sorted({found for found, _ in placed(pieces, outside)}, key=str)


class Culprit(NamedTuple):
    """Characters of a place that force Unicode, and what stands in for them where they stand."""

    place: str
    original: str
    replacement: str | None
    level: str | None


def placed(pieces: Pieces, outside: set[str]) -> Iterator[tuple[Culprit, Change | None]]:
    """Every culprit of a text in pieces, once, and the change that its stand-in is."""
    places = [place for place, text in pieces for _ in text]
    whole = "".join(text for _, text in pieces)
    covered: set[int] = set()
    for change, level in stand_ins(whole):
        its = range(change.position, change.position + len(change.original))
        covered.update(its)
        first = next((at for at in its if whole[at] in outside), None)
        if first is not None:
            yield Culprit(places[first], change.original, change.replacement, level), change
    for at, character in enumerate(whole):
        if character in outside and at not in covered:
            yield Culprit(places[at], character, None, None), None


def joined(pieces: Pieces, profile: Profile) -> str:
    """The text of pieces, by the profile's switches of characters."""
    return characters("".join(text for _, text in pieces), profile)


def measured(text: str, profile: Profile) -> Any:
    """What a text takes."""
    forced = profile.form_feed == "unicode" and "\f" in text
    return measure(
        text,
        gsm_boundary=profile.gsm_boundary,
        unicode_boundary=profile.unicode_boundary,
        unicode_unit=profile.unicode_unit,
        reference_bits=profile.reference_bits,
        languages=profile.languages,
        encoding=Encoding.UNICODE if forced else None,
    )


def sent_parts(text: str, made: Plan) -> int:
    """The parts of a text as it is sent, before a cut."""
    profile = made.settings.profile
    if made.settings.message.substitution is not None:
        substituted = made.settings.message.substitution.apply(
            text, lambda text: measured(characters(text, profile), profile)
        )
        if substituted.text != text:
            text = characters(substituted.text, profile)
    found = measured(text, profile)
    cut = made.settings.message.truncate_concat and profile.truncation == "cut"
    if (
        profile.auto_encoding == "on"
        and found.encoding is Encoding.UNICODE
        and found.number_of_parts > 1
        and not (cut and profile.auto_encoding_order == "after_truncation")
    ):
        replaced = auto_encode(text, partial=profile.auto_encoding_partial == "partial")
        found = measured(replaced, profile)
    parts: int = found.number_of_parts
    return parts


def messages(made: Plan) -> Iterator[Message]:
    """The messages of a plan that are sent."""
    options = made.settings
    rows = made.rows.to_pylist()
    for at, row in enumerate(rows):
        if not row["sendable"]:
            continue
        body, name = options.message.template, "template"
        if options.message.body_by is not None:
            value = row["language"] if row["language"] in options.message.templates else "*"
            body, name = options.message.templates[value], f"template '{value}'"
        template = Template(body.body, dollar_escapes=options.profile.double_dollar == "escape")
        values = dict(options.message.defaults)
        for key, column in options.reading.columns.items():
            if row[column] is not None:
                values[key] = row[column]
        values = {
            key: shortened(text, options.message.limits[key])
            if key in options.message.limits
            else text
            for key, text in values.items()
        }
        again = options.profile.values_in_values == "again"
        values = {key: text for key, text in values.items() if key in template.parameters}
        pieces = []
        for number, piece in enumerate(template.pieces):
            place, text = "template", piece
            if number % 2:
                text = Template(f"${{{piece}}}").expand(values, again=again).text
                if piece in options.reading.columns:
                    place = f"parameter '{piece}'"
            pieces.append((place, text))
        yield Message(made, row["recipient"], name, pieces, row["billed_parts"], at)


def dense(units: int, profile: Profile, *, gsm: bool) -> int:
    """Parts of units in one run."""
    alone = 160 if gsm else 70
    part = {(True, 8): 153, (True, 16): 152, (False, 8): 67, (False, 16): 66}[
        gsm, profile.reference_bits
    ]
    return 1 if units <= alone else -(-units // part)


def wide(text: str, profile: Profile, found: Any) -> int:
    """How many characters of a GSM message take two septets."""
    codes = tables(found.locking, found.single_shift).septets
    return sum(len(codes[each]) == 2 for each in characters(text, profile))
