"""Curves by length against brute force: every point planned anew by ``measure`` and strings."""

from __future__ import annotations

import json
import random
import re
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pytest
import regex

from smsplan import InputError, Plan, Profile, Rate, RateCard, Substitution, Template, plan
from smsplan.encoding import Encoding, Measure, measure
from smsplan.encoding.substitution import auto_encode
from smsplan.insight.lengths import Curve, Lengths, Point
from smsplan.numbers import country
from smsplan.ratecards import Cost, Terms

GSM = "abc XYZ0"
EXTENSION = "€[]{}^~|\\\f"
UNICODE = "яжşçāđ“”’–…İ"
ASTRAL = "😀𝒳🇩🇪👨‍👩‍👧"
CLUSTERS = "e\u0301ก็한\u1100\u1161क्षि\u0600a"
POOLS = [
    GSM,
    GSM * 3 + EXTENSION,
    EXTENSION,
    UNICODE + GSM,
    ASTRAL,
    ASTRAL + GSM * 2,
    CLUSTERS,
    "\r\n\r\n\t\x00\x1b\u00a0\u2028" + GSM,
    "ΑΒΕΖΓΔ\u2126\u03bc" + GSM,
    GSM * 20 + "“”",
    "é" * 3 + GSM,
]
# What fixed text fills up: near the boundaries, so that a few characters matter.
FILLERS = [0, 0, 30, 55, 60, 66, 120, 128, 135, 145, 150, 155, 290, 300, 450]
BODIES = [
    "%${a}",
    "%${a} and ${b}!",
    "Hi ${a}, %${b}",
    "${a}${b}",
    "%${a}\n${b}\r${a}",
    "é%${a}[€]",
    "я%${a}",
    "${a} % 😀",
    "$${a}%x${b}",
    "%no parameter€€",
    "${a}${a}%${a}",
    "${a}%e\u0301\u0301",
    "${a}%$",
    "%${a}“",
    "Hi ${a}, % Reply STOP to opt out",
    "% Reply STOP ${a}",
]
NUMBERS = ["+447700900123", "+447781123456", "+12025550123", "+33612345678", "+88213123456", "12"]


def _rate(country: str, price: str, **more: Any) -> Rate:
    return Rate(country=country, price=Decimal(price), currency="GBP", **more)


PRICES: list[Any] = [
    None,
    "0.034 GBP",
    {"GB": "0.034 GBP", "US": "0.01 USD", "+33": "0.06 GBP"},
    RateCard([_rate("GB", "0.04", per="message"), _rate("US", "0.01"),
              _rate("US", "0.003", kind="surcharge", per="message")]),
    RateCard([_rate("GB", "0.04"), _rate("GB", "0.031", mccmnc="23415"), _rate("", "0.05")]),
    RateCard([_rate("GB", "0.04"), _rate("GB", "0.02", tier_from=5), _rate("US", "0.01"),
              _rate("GB", "7", kind="fixed"), _rate("FR", "3", kind="fixed")]),
]  # fmt: skip


@dataclass
class Case:
    """A frame and how it is planned."""

    rows: list[dict[str, Any]]
    bodies: dict[str, str]
    options: dict[str, Any]
    rates: Any
    longer: int

    @property
    def profile(self) -> Profile:
        """The profile of the plan."""
        profile: Profile = self.options["profile"]
        return profile


class Maker:
    """Makes hostile cases from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def text(self) -> str:
        """A value: short, or long enough to matter."""
        pick = self.random.random()
        if pick < 0.06:
            return ""
        if pick < 0.1:
            return self.random.choice(["${b}", "${a}x", "\n", "\r", "\r\n", "${x}"])
        pool = self.random.choice(POOLS)
        text = "".join(self.random.choices(pool, k=self.random.choice([1, 2, 3, 5, 9, 20])))
        if self.random.random() < 0.3:
            at = self.random.randrange(len(text))
            text = text[:at] + self.random.choice(EXTENSION + UNICODE + ASTRAL) + text[at:]
        return text

    def profile(self, share: float) -> Profile:
        """A profile that differs in a share of its switches."""
        switches: dict[str, Any] = {}
        for name, hint in typing.get_type_hints(Profile).items():
            if self.random.random() >= share:
                continue
            if typing.get_origin(hint) is Literal:
                switches[name] = self.random.choice(typing.get_args(hint))
            elif name == "value_limit":
                switches[name] = self.random.choice([None, 160, 5])
            elif name == "languages" and self.random.random() < 0.5:
                switches[name] = self.random.choice([("tr",), ("es", "pt"), "all"])
        return Profile(
            **{**switches, "malformed_placeholder": "literal", "default_originator": True}
        )

    def body(self) -> str:
        """A body, filled up to where parts end."""
        body = self.random.choice(BODIES)
        pool = self.random.choice(["x", "x", "x", "x€", "xж", "x😀", "€"])
        filler = "".join(self.random.choices(pool, k=self.random.choice(FILLERS)))
        return body.replace("%", filler)

    def case(self, share: float) -> Case:
        """A frame of a few rows, some of them alike."""
        by = self.random.random() < 0.2
        bodies = {key: self.body() for key in (("en", "sv", "*") if by else ("",))}
        pool = [None, *(self.text() for _ in range(self.random.choice([2, 5, 12])))]
        rows = [
            {
                "to": self.random.choice(NUMBERS),
                "lang": self.random.choice(["en", "sv", "de"]),
                "a": self.random.choice(pool),
                "b": self.random.choice(pool),
            }
            for _ in range(self.random.choice([0, 1, 4, 9]))
        ]
        options: dict[str, Any] = {
            "duplicates": self.random.choice(["keep", "keep", "flag"]),
            "truncate_concat": self.random.random() < 0.1,
            "max_number_of_message_parts": self.random.choice([None, None, None, 1, 2, 4]),
            "profile": self.profile(share),
            "bodies": self.random.random() < 0.2,
            "limits": {},
            "substitute": None,
        }
        if self.random.random() < 0.2:
            options["substitute"] = self.random.choice(
                ["safe", "lossy", Substitution(partial=True), Substitution(above_one_part=True)]
            )
        keys = {key for body in bodies.values() for key in re.findall(r"\$\{(\w)\}", body)}
        defaults = {key: self.text() for key in sorted(keys) if self.random.random() < 0.6}
        options["defaults"] = defaults
        if keys and self.random.random() < 0.2:
            options["limits"] = {self.random.choice(sorted(keys)): self.random.choice([1, 2, 6])}
        if by:
            options["body_by"] = "lang"
        rates = self.random.choice(PRICES)
        return Case(rows, bodies, options, rates, self.random.choice([0, 3, 20]))

    def frame(self, case: Case) -> pa.Table:
        """The rows as columns of text, or as dictionaries."""
        columns = {}
        for name in ("to", "lang", "a", "b"):
            array = pa.array([row[name] for row in case.rows], pa.string())
            pick = self.random.random()
            if pick < 0.3:
                array = array.dictionary_encode()
            elif pick < 0.5 and name in "ab" and case.rows:
                known = list(dict.fromkeys(row[name] for row in case.rows))
                spare = [None, "я", *known, "zz" * 40]
                places = [spare.index(row[name]) for row in case.rows]
                array = pa.DictionaryArray.from_arrays(pa.array(places), pa.array(spare))
            columns[name] = array
        return pa.table(columns)


# Brute force.


def whole_clusters(text: str, most: int) -> str:
    """The longest prefix of whole grapheme clusters with at most so many code points.

    Where the first cluster is longer, it is cut.
    """
    ends = [end for match in regex.finditer(r"\X", text) if (end := match.end()) <= most]
    return text[: max(ends, default=most)]


def expand(
    pieces: Sequence[str], values: Mapping[str, str], again: bool, inside: tuple[str, ...] = ()
) -> str:
    """Put values in the place of keys; where asked for, also in values."""
    out = []
    for place, piece in enumerate(pieces):
        if place % 2 == 0:
            out.append(piece)
        elif piece in inside or piece not in values:
            out.append("${" + piece + "}")
        elif again:
            nested = re.split(r"\$\{([A-Za-z0-9_.\-]+)\}", values[piece])
            out.append(expand(nested, values, again, (*inside, piece)))
        else:
            out.append(values[piece])
    return "".join(out)


def switched(text: str, profile: Profile) -> str:
    """Apply the switches of characters."""
    if profile.line_breaks == "crlf_to_lf":
        text = text.replace("\r\n", "\n")
    if profile.spaces == "space":
        text = re.sub("[\t\u00a0\u2028]", " ", text)
    if profile.controls == "removed":
        text = re.sub("[\x00\x1b]", "", text)
    if profile.greek_capitals == "latin":
        for old, new in zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ\u2126\u03bc", "ABEZHIKMNOPTYX\u03a9u", strict=True):
            text = text.replace(old, new)
    return text.replace("ç", "Ç") if profile.small_c_cedilla == "gsm" else text


def parts_of(text: str, case: Case) -> int:
    """The parts that are billed for a text; 0 where it is not sent."""
    profile = case.profile
    if case.options["truncate_concat"]:
        return 1
    text = switched(text, profile)

    def measured(text: str) -> Measure:
        forced = Encoding.UNICODE if profile.form_feed == "unicode" and "\f" in text else None
        return measure(
            text,
            gsm_boundary=profile.gsm_boundary,
            unicode_boundary=profile.unicode_boundary,
            unicode_unit=profile.unicode_unit,
            reference_bits=profile.reference_bits,
            languages=profile.languages,
            encoding=forced,
        )

    substitution = Substitution.of(case.options["substitute"])
    if substitution is not None:
        replaced = substitution.apply(text, lambda text: measured(switched(text, profile))).text
        text = switched(replaced, profile)
    encoding, _, parts, *_ = measured(text)
    if profile.auto_encoding == "on" and encoding == Encoding.UNICODE and parts > 1:
        text = auto_encode(text, partial=profile.auto_encoding_partial == "partial")
        parts = measured(text).number_of_parts
    limit = case.options["max_number_of_message_parts"]
    return 0 if parts > 255 or (limit is not None and parts > limit) else parts


@dataclass
class Row:
    """A row that is sent: its number, the pieces of its body, and its own values."""

    number: str
    pieces: list[str]
    values: dict[str, str]


class Brute:
    """The points of a case, each planned from nothing."""

    def __init__(self, case: Case, made: Plan) -> None:
        self.case = case
        self.terms = None if case.rates is None else Terms.of(case.rates)
        escapes = case.profile.double_dollar == "escape"
        problems = [row["problem"] for row in made.rows.to_pylist()]
        self.rows = []
        for row, problem in zip(case.rows, problems, strict=True):
            if problem is None:
                body = case.bodies.get(row["lang"], case.bodies.get("*", case.bodies.get("")))
                assert body is not None
                pieces = list(Template(body, dollar_escapes=escapes).pieces)
                values = {key: row[key] for key in "ab" if row[key] is not None}
                self.rows.append(Row(row["to"].lstrip("+"), pieces, values))

    def values(self, row: Row) -> dict[str, str]:
        """The values of a row and the defaults, within the limits of the plan."""
        return self.within({**self.case.options["defaults"], **row.values})

    def within(self, values: Mapping[str, str]) -> dict[str, str]:
        """Cut values to the limits of the plan."""
        limits = self.case.options["limits"]
        return {
            key: whole_clusters(text, limits.get(key, len(text))) for key, text in values.items()
        }

    def texts(self, change: Callable[[Row], tuple[Sequence[str], Mapping[str, str]]]) -> list[str]:
        """The text of every row, changed."""
        again = self.case.profile.values_in_values == "again"
        return [expand(*change(row), again) for row in self.rows]

    def point(self, characters: int, parts: list[int]) -> Point:
        """Add up messages of so many parts."""
        cost = None
        if self.terms is not None:
            cost = Cost() if any(parts) else Cost(dict.fromkeys(self.terms.currencies, Decimal(0)))
            units: dict[Any, int] = {}
            there = set()
            for row, count in zip(self.rows, parts, strict=True):
                if count:
                    charge = self.terms.charge(row.number)
                    there.add(country(row.number))
                    cost += Cost(unpriced=1) if charge is None else charge.cost(count)
                    for ladder in charge.tiered if charge is not None else ():
                        units[ladder] = units.get(ladder, 0) + ladder.units(count, 1)
            cost = sum((line.cost for line in self.terms.lines(units, there)), cost)
        return Point(characters, sum(count > 0 for count in parts), sum(parts), cost)

    def parts(self, texts: list[str]) -> list[int]:
        """The parts of texts."""
        return [parts_of(text, self.case) for text in texts]

    def template(self, characters: int) -> Point:
        """The last fixed text that is not empty, shorter or longer."""

        def change(row: Row) -> tuple[list[str], dict[str, str]]:
            pieces = list(row.pieces)
            filled = [place for place in range(0, len(pieces), 2) if pieces[place]]
            last = filled[-1] if filled else len(pieces) - 1
            # What says how to opt out stays, at the end.
            text, stop, rest = pieces[last].partition("Reply STOP")
            rest = stop + rest
            text += "a" * max(characters, 0)
            pieces[last] = text[: max(len(text) + min(characters, 0), 0)] + rest
            return pieces, self.values(row)

        return self.point(characters, self.parts(self.texts(change)))

    def shorter(self, key: str, most: int) -> Point:
        """Every value of a parameter cut, and its default."""

        def change(row: Row) -> tuple[list[str], dict[str, str]]:
            values = self.values(row)
            if key in values:
                values[key] = whole_clusters(values[key], most)
            return row.pieces, values

        return self.point(most, self.parts(self.texts(change)))

    def default(self, key: str, now: Point) -> tuple[int, int, Cost | None]:
        """The rows, parts and cost that a default saves."""
        default = self.within({key: self.case.options["defaults"][key]})
        before = self.parts(self.texts(lambda row: (row.pieces, self.values(row))))
        after = self.parts(self.texts(lambda row: (row.pieces, {**self.values(row), **default})))
        better = [0 < new < old and key in row.values
                  for row, old, new in zip(self.rows, before, after, strict=True)]  # fmt: skip
        chosen = [new if on else old
                  for on, old, new in zip(better, before, after, strict=True)]  # fmt: skip
        then = self.point(0, chosen)
        cost = None if now.cost is None or then.cost is None else now.cost - then.cost
        return sum(better), now.parts - then.parts, cost


def planned(maker: Maker, case: Case) -> Plan | None:
    """The plan of a case; None where the API would refuse it."""
    body: Any = case.bodies.get("", case.bodies)
    try:
        return plan(maker.frame(case), body, rates=case.rates, **case.options)
    except InputError:
        return None


def equal(found: Curve, expected: list[Point]) -> None:
    """Compare curves point by point."""
    assert [point.characters for point in found.points] == [point.characters for point in expected]
    for got, wanted in zip(found.points, expected, strict=True):
        assert got == wanted


def check(case: Case, made: Plan, found: Lengths) -> None:
    """Hold every curve and saving of a case to brute force."""
    brute = Brute(case, made)
    points = [point.characters for point in found.template.points]
    escapes = case.profile.double_dollar == "escape"
    templates = [Template(body, dollar_escapes=escapes) for body in case.bodies.values()]
    last = [next((text for text in reversed(each.literals) if text), "") for each in templates]
    # The words of the opt-out stay, whatever is cut.
    cuts = [text.partition("Reply STOP")[0] for text in last]
    assert points == list(range(-max(map(len, cuts)), case.longer + 1))
    equal(found.template, [brute.template(characters) for characters in points])
    now = found.template.at(0)
    assert (now.messages, now.parts) == (made.messages, made.parts)
    assert now.cost == (made.cost if case.rates is not None else None)
    keys = {key for each in templates for key in each.parameters}
    assert set(found.parameters) == keys
    for key, curve in found.parameters.items():
        using = [row for row in brute.rows if key in row.pieces[1::2]]
        longest = max((len(brute.values(row)[key]) for row in using), default=0)
        equal(curve, [brute.shorter(key, most) for most in range(longest + 1)])
        assert curve.points[-1] == Point(longest, now.messages, now.parts, now.cost)
    for saving in found.defaults:
        expected = brute.default(saving.parameter, now)
        assert (saving.rows, saving.parts, saving.cost) == expected
    assert {saving.parameter for saving in found.defaults} == keys & {*case.options["defaults"]}


@pytest.mark.parametrize("seed", range(22))
def test_equal_to_brute_force(seed: int) -> None:
    """Every point of every curve is what planning it anew gives: 528 frames, any switches."""
    maker = Maker(seed)
    done = 0
    while done < 24:
        # Most plans have the switches as they are; then sums decide.
        case = maker.case(maker.random.choice([0, 0, 0.1]))
        made = planned(maker, case)
        if made is None:
            continue
        done += 1
        check(case, made, made.by_length(longer=case.longer))


@pytest.mark.parametrize("seed", range(100, 104))
def test_pieces_of_work_of_any_size(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """However few rows, cells and octets are looked at together: the curves are the same."""
    monkeypatch.setattr("smsplan.lists.source.BATCH_ROWS", 3)
    monkeypatch.setattr("smsplan.whatif.altered_sums._CELLS", 7)
    monkeypatch.setattr("smsplan.whatif.alterations._OCTETS", 40)
    monkeypatch.setattr("smsplan.whatif.altered_sums._CHUNK", 500)
    monkeypatch.setattr("smsplan.whatif.altered_sums._KINDS", 2)
    monkeypatch.setattr("smsplan.whatif.step_counts._SMALL", 5)
    maker = Maker(seed)
    done = 0
    while done < 10:
        case = maker.case(maker.random.choice([0, 0, 0.1]))
        made = planned(maker, case)
        if made is not None:
            done += 1
            check(case, made, made.by_length(longer=case.longer))


@pytest.mark.parametrize(
    ("body", "values", "default", "switches"),
    [
        pytest.param("x" * 160 + "${a}", ["\r\n", "\n\r"], None, {}, id="a line break is whole"),
        pytest.param("x" * 159 + "${a}", ["\0z", "\x1b\0yz"], None, {"controls": "removed"},
                     id="removed characters count for a cut"),
        pytest.param("x" * 100 + "${a}", ["e\u0301" * 40, "👨‍👩‍👧" * 9], "e\u0301" * 20,
                     {"unicode_boundary": "grapheme"}, id="clusters stay whole at a boundary"),
        pytest.param("${a}" + "e\u0301" * 34 + "zz", ["x" * 65], None,
                     {"unicode_boundary": "grapheme"}, id="clusters in fixed text"),
        pytest.param("x" * 60 + "${a}", ["“" * 9, "я“" * 9, "y" * 120], "“" * 30,
                     {"auto_encoding": "on"}, id="look-alikes are replaced above one part"),
        pytest.param("x" * 60 + "${a}", ["“" * 9, "я“" * 9, "y" * 120], None,
                     {"auto_encoding": "on", "auto_encoding_partial": "partial"},
                     id="and where some stay"),
        pytest.param("x" * 140 + "${a}", ["ş" * 9, "şя" * 9, "[" * 12, "y" * 30], "ğ" * 20,
                     {"languages": ("tr",)}, id="national tables"),
        pytest.param("x" * 30 + "${a}", ["y" * 200], "ğ" * 20, {"languages": ("tr",)},
                     id="a default alone needs national tables"),
        pytest.param("x" * 30 + "${a}", ["y" * 200], "€" * 70, {"languages": ("tr",)},
                     id="a national table has the euro"),
        pytest.param("x" * 10 + "${a}", ["y" * 200], "“" * 80, {"auto_encoding": "on"},
                     id="a default alone has look-alikes"),
        pytest.param("x" * 155 + "${a}\n", ["\r", "a\r\n", "b"], "\r",
                     {"line_breaks": "crlf_to_lf"}, id="a line break over two pieces"),
        pytest.param("x" * 155 + "${a}", ["${a}bcdefg", "x${a"], "y${a}",
                     {"values_in_values": "again"}, id="a parameter in a value"),
        pytest.param("x" * 66 + "${a}", ["😀" * 40, "z😀" * 30], None,
                     {"unicode_unit": "code_point"}, id="characters beyond the BMP are one unit"),
        pytest.param("€" * 70 + "${a}€€", ["€" * 90, "z€" * 60, "z" * 160], "€" * 40,
                     {"gsm_boundary": "dense"}, id="dense"),
        pytest.param("€" * 70 + "${a}€€", ["€" * 90, "z€" * 60, "z" * 160], "€" * 40,
                     {"reference_bits": 16}, id="parts of 152"),
        pytest.param("${a}" * 10, ["", "z" * 100], "z" * 26215, {"value_limit": None},
                     id="a default that cannot be sent"),
        pytest.param("x${a}", ["z" * 39014, "z" * 39015, "€" * 19000], "z", {"value_limit": None},
                     id="no more than 255 parts"),
    ],
)  # fmt: skip
def test_what_one_cut_decides(
    body: str, values: list[str | None], default: str | None, switches: dict[str, Any]
) -> None:
    """Cases in which one switch, or one cluster, decides a point: the same as brute force."""
    options: dict[str, Any] = {
        "duplicates": "keep",
        "truncate_concat": False,
        "max_number_of_message_parts": None,
        "profile": Profile(body_limit=None, **switches),
        "defaults": {} if default is None else {"a": default},
        "limits": {},
        "substitute": None,
    }
    rows = [{"to": "+447700900123", "lang": "en", "a": value, "b": None} for value in values]
    case = Case(rows, {"": body}, options, "0.034 GBP", 20)
    made = plan(pa.Table.from_pylist(rows), body, rates=case.rates, **options)
    found = made.by_length(longer=20)
    if max(len(value or "") for value in values) > 5000:
        # The last points decide, and all of them would take minutes.
        brute = Brute(case, made)
        equal(found.template, [brute.template(n) for n in range(-len("x"), 21)])
        for most in (*range(3), 19_000, *range(39_012, 39_015)):
            assert found.parameters["a"].at(most) == brute.shorter("a", most)
        return
    check(case, made, found)


BODY = "Hi ${name}, " + "x" * 147 + "!!!"
PEOPLE = [{"to": "+447700900123", "name": name} for name in ("Ana", "Olivia", "Maximilian")]


def test_points_are_plans() -> None:
    """A point is the plan of the shorter body, the longer body, or the limit; a default too."""
    flags: dict[str, Any] = {"rates": "0.034 GBP", "duplicates": "keep"}
    found = plan(PEOPLE, BODY, **flags).by_length(longer=10)
    for characters in range(-3, 11):
        body = BODY[: len(BODY) + characters] + "a" * characters
        made = plan(PEOPLE, body, **flags)
        assert found.template.at(characters) == Point(characters, 3, made.parts, made.cost)
    for most in range(1, 11):
        made = plan(PEOPLE, BODY, limits={"name": most}, **flags)
        assert found.parameters["name"].at(most) == Point(most, 3, made.parts, made.cost)
    missing: Any = [{"to": "+447700900123", "name": None}]
    default = plan(missing, BODY, defaults={"name": "Maximilian"}, **flags).by_length()
    assert [point.parts for point in default.parameters["name"].points] == [1] * 6 + [2] * 5


def test_steps() -> None:
    """Steps are where parts or messages change; the first point is one."""
    flags: dict[str, Any] = {"duplicates": "keep"}
    found = plan(PEOPLE, BODY, max_number_of_message_parts=1, **flags).by_length(longer=6)
    messages = [(each.characters, each.messages) for each in found.template.steps]
    assert messages == [(-152, 1), (3, 0)]
    found = plan(PEOPLE, BODY, **flags).by_length(longer=6)
    steps = [(each.characters, each.parts) for each in found.template.steps]
    assert steps == [(-152, 3), (-4, 4), (0, 5), (3, 6)]


def test_rows_that_the_limit_stops() -> None:
    """Above the limit of parts nothing is sent; what the plan does not send stays out."""
    made = plan(PEOPLE, BODY, max_number_of_message_parts=1, rates="0.034 GBP")
    found = made.by_length(longer=10)
    assert made.messages == 1
    assert found.template.at(-10) == Point(-10, 1, 1, Cost({"GBP": Decimal("0.034")}))
    assert found.template.at(10) == Point(10, 0, 0, Cost({"GBP": Decimal(0)}))


def test_sentences() -> None:
    """What is worth most comes first; then how much room there is."""
    flags: dict[str, Any] = {
        "rates": "0.034 GBP",
        "duplicates": "keep",
        "defaults": {"name": "you"},
    }
    assert plan(PEOPLE, BODY, **flags).by_length().sentences == (
        "cut 1 character at the end of the last fixed text: GBP 0.034 less (1 part)",
        "write 'you' instead of 'name' where that saves a part: GBP 0.068 less (2 parts), in 2 "
        "messages",
        "room for 2 more characters at no cost",
    )
    full = BODY + "!!"
    assert plan(PEOPLE, full, **flags).by_length().sentences[-1] == (
        "one more character: GBP 0.034 more (1 part)"
    )
    stopped = plan(PEOPLE, full, max_number_of_message_parts=1, **flags).by_length()
    assert stopped.sentences[-1] == "one more character: 1 message not sent: too many parts"
    free = plan(PEOPLE, BODY, duplicates="keep").by_length()
    assert free.sentences[0] == ("cut 1 character at the end of the last fixed text: 1 part less")
    nobody = plan(["n/a"], "x" * 200).by_length()
    assert nobody.sentences == ("nothing can be saved by a shorter text",)
    assert plan(PEOPLE, "Hi ${name}", **flags).by_length(longer=9).sentences == (
        "nothing can be saved by a shorter text",
        "room for at least 9 more characters at no cost",
    )


def with_names(*names: str) -> list[dict[str, str]]:
    """People of these names."""
    return [{"to": f"+4477009{n:05}", "name": name} for n, name in enumerate(names)]


def test_a_limit_that_cuts_many_is_no_advice() -> None:
    """One value in 20 may be cut, no more; the longest limit of those that save as much is told."""
    body = "Hi ${name}, " + "x" * 149
    few = plan(with_names(*["Ana"] * 95, *["Alexander"] * 5), body).by_length()
    assert "at most 6 characters in 'name': 5 parts less, 5 values cut" in few.sentences
    many = plan(with_names(*["Ana"] * 94, *["Alexander"] * 6), body).by_length()
    assert not any("at most" in sentence for sentence in many.sentences)
    assert many.parameters["name"].at(6).parts == 100, "the curve has it none the less"


def test_advice_is_not_to_cut_the_text_away() -> None:
    """More than a quarter of the fixed text is no advice; the curve has it none the less."""
    nothing = "nothing is saved by cutting up to a quarter of the text, or one value in 20"
    for extra, said in ((53, "cut 53 characters"), (54, nothing)):
        found = plan(with_names("Ana"), "x" * (160 + extra)).by_length()
        assert found.sentences[0].startswith(said)
        assert found.template.at(-extra).parts == 1
    assert len(found.sentences) == 2


def test_no_cut_takes_the_opt_out_away() -> None:
    """What is advised is cut before the words that say how to stop; what cuts them says so."""
    body = "Our spring sale starts on Friday at ten, come early! " * 3 + "Reply STOP to opt out"
    found = plan(["+447700900123"], body).by_length()
    assert len(body) == 180
    assert found.sentences[0] == "cut 20 characters before the opt-out: 1 part less"
    assert found.template.points[0].characters == -len(body) + len("Reply STOP to opt out")
    made = plan(["+447700900123"], body, truncate_concat=True)
    (told,) = [each.sentence for each in made.findings if each.kind == "opt_out_cut"]
    assert told.startswith("truncate_concat cuts 1 message at the end")
    assert not [each for each in plan(["+447700900123"], "Stop by! " * 30,
                truncate_concat=True).findings if each.kind == "opt_out_cut"]  # fmt: skip


def test_what_changes_many_messages_stands_behind() -> None:
    """A default that replaces a third of the names saves more than a small cut, and comes later."""
    people = with_names(*["Ana"] * 40, *["Maximilian"] * 20)
    body = "Hi ${name}, " + "x" * 148
    found = plan(people, body, defaults={"name": "you"}).by_length()
    assert [sentence.partition(":")[0] for sentence in found.sentences[:2]] == [
        "cut 3 characters at the end of the last fixed text",
        "write 'you' instead of 'name' where that saves a part",
    ]


@pytest.mark.parametrize("seed", range(25))
def test_advised_figures_are_those_of_plans(seed: int) -> None:
    """What a sentence says is saved is what such a plan saves; no better advice is left out."""
    chance = random.Random(seed)
    pool = chance.choice(["ab", "abcdefgh", "aşб😀", "ab€["])
    names = [
        "".join(chance.choices(pool, k=chance.choice([3, 4, 5, *[chance.randint(0, 30)]])))
        for _ in range(chance.choice([30, 80]))
    ]
    people = with_names(*names)
    body = "Hi ${name}, " + "x" * chance.randint(40, 170) + chance.choice(["", "–"])
    rates = chance.choice([None, "0.034 GBP"])
    made = plan(people, body, rates=rates)
    found = made.by_length()
    limits = {most: plan(people, body, rates=rates, limits={"name": most}) for most in range(1, 31)}
    small = [
        (made.parts - other.parts, most)
        for most, other in limits.items()
        if sum(len(name) > most for name in names) * 20 <= len(names)
    ]
    best = max(small, default=(0, 0))
    advice = [each for each in found.sentences if each.startswith("at most")]
    assert len(advice) == len(found.limits) == (best[0] > 0)
    for limit in found.limits:
        other = limits[limit.characters]
        assert (limit.parts, limit.characters) == best
        assert limit.values == other.summary.notes["shortened"]
        assert limit.cost == (None if rates is None else made.cost - other.cost)
    for sentence in advice:
        said = re.fullmatch(
            r"at most (\d+) characters? in 'name': (?:GBP ([\d.]+) less \((\d+) parts?\)|"
            r"(\d+) parts? less), (\d+) values? cut",
            sentence,
        )
        assert said is not None
        other = limits[int(said[1])]
        assert (int(said[3] or said[4]), int(said[1])) == best
        assert made.parts - other.parts == best[0]
        assert int(said[5]) == other.summary.notes["shortened"]
        assert said[2] is None or f"GBP {said[2]}" == str(made.cost - other.cost)
    for sentence in found.sentences:
        if cut := re.match(r"cut (\d+) ch.*? (\d+) parts?(?:\)| less)$", sentence):
            assert int(cut[1]) * 4 <= len(body) - len("${name}")
            shorter = plan(people, body[: -int(cut[1])], rates=rates)
            assert made.parts - shorter.parts == int(cut[2])


@pytest.mark.parametrize("longer", [-1, 39_016, 1.5, "3"])
def test_longer_has_bounds(longer: Any) -> None:
    """Behind 255 parts there is nothing to count."""
    with pytest.raises(InputError, match="use 0 to 39015"):
        plan(PEOPLE, BODY).by_length(longer=longer)


def test_no_such_point() -> None:
    """A curve says which points it has."""
    curve = plan(PEOPLE, BODY).by_length(longer=5).template
    with pytest.raises(InputError, match="use -152 to 5"):
        curve.at(6)


def test_json() -> None:
    """The result is JSON, money as text; without rates the cost is null."""
    found = plan(PEOPLE, BODY, rates="0.034 GBP", defaults={"name": "you"}, duplicates="keep")
    data = json.loads(json.dumps(found.by_length(longer=1).to_dict()))
    assert data["template"]["points"][-1] == {
        "characters": 1,
        "messages": 3,
        "parts": 5,
        "cost": {"amounts": {"GBP": "0.170"}, "unpriced": 0},
    }
    assert data["parameters"]["name"]["points"][0]["characters"] == 0
    assert data["defaults"][0]["rows"] == 2
    free = plan(PEOPLE, BODY, defaults={"name": "you"}).by_length().to_dict()
    assert free["template"]["points"][0]["cost"] is None
    assert free["defaults"][0]["cost"] is None


def test_of_a_file(tmp_path: Path) -> None:
    """A plan that was saved has the curves of the plan, prices included."""
    made = plan(PEOPLE, BODY, rates="0.034 GBP", defaults={"name": "you"}, duplicates="keep")
    made.save(tmp_path / "plan.parquet")
    assert Plan.open(tmp_path / "plan.parquet").by_length() == made.by_length()


@pytest.mark.parametrize("seed", range(12))
def test_with_substitution_and_limits(seed: int) -> None:
    """With look-alikes replaced and values limited, each point is that of a plan made anew."""
    chance = random.Random(seed)
    pools = ["abc", "abc“–", "a’é", "ş…b", "e\u0301“", "😀a–"]
    rows: list[dict[str, Any]] = [
        {
            "to": f"+4477009001{place:02}",
            "a": chance.choice([None, *("".join(chance.choices(pool, k=9)) for pool in pools)]),
            "b": "".join(chance.choices(chance.choice(pools), k=chance.randint(0, 12))),
        }
        for place in range(12)
    ]
    last = "!“…" + "x" * chance.choice([0, 3])
    head = "x" * chance.choice([40, 58, 120, 140]) + "–${a} ${b} "
    limits = chance.choice([{}, {"a": 4}, {"a": 3, "b": 5}])
    flags: dict[str, Any] = {
        "defaults": {"a": "dear “you”"},
        "substitute": chance.choice([None, "safe", "lossy"]),
        "rates": "0.03 GBP",
    }

    def parts(body: str, limits: Mapping[str, int]) -> int:
        return plan(rows, body, limits=limits, **flags).parts

    found = plan(rows, head + last, limits=limits, **flags).by_length(longer=40)
    for characters in range(-len(last), 41):
        text = last[: max(len(last) + characters, 0)] + "a" * max(characters, 0)
        assert found.template.at(characters).parts == parts(head + text, limits)
    for key, curve in found.parameters.items():
        for most in range(1, len(curve.points)):
            assert curve.at(most).parts == parts(head + last, {**limits, key: most})
