"""Synthetic recipients from a fixed seed: names and cities as frequent as in life, some hostile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsplan import Rate, RateCard

NAMES, CITIES = 100_000, 30_000
BODY = (
    "Hello ${name}, your order is ready for collection in ${city}. Reply STOP to opt out. "
    "Thank you for shopping with us!"
)
DEFAULTS = {"name": "there"}
RATES = {"GB": "0.034 GBP", "DE": "0.07 GBP", "FR": "0.06 GBP", "*": "0.05 GBP"}
# Prices by operator, with surcharges by operator in the United States.
OPERATORS = RateCard(
    [
        *RateCard.of({**RATES, "US": "0.0079 GBP"}).rates,
        *(
            Rate(country=country, mccmnc=operator, price=Decimal(price), currency="GBP")
            for country, operator, price in (
                ("DE", "26201", "0.071"), ("DE", "26202", "0.068"), ("FR", "20801", "0.055"),
                ("GB", "23415", "0.031"), ("GB", "23430", "0.035"), ("IN", "40410", "0.012"),
            )
        ),
        *(
            Rate(country="US", mccmnc=operator, kind="surcharge", price=Decimal(price),
                 currency="GBP")
            for operator, price in (("310410", "0.0035"), ("310260", "0.0045"))
        ),
    ]
)  # fmt: skip
# Prefixes of mobile numbers, so that most made numbers are in a range that exists.
_PREFIXES = (44791, 49151, 33612, 34612, 46701, 1415, 91981, 55119)
_LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))


@dataclass(frozen=True, slots=True)
class People:
    """The same recipients with dictionary columns and with string columns."""

    dictionary: pa.Table
    plain: pa.Table

    def head(self, rows: int) -> People:
        """Return the first of them."""
        return People(self.dictionary.slice(0, rows), self.plain.slice(0, rows))


def people(rows: int, seed: int = 7) -> People:
    """Make recipients: 3 % of the names outside GSM, 5 % with accents in it, 1 % missing."""
    chance = np.random.default_rng(seed)
    names = _vocabulary(chance, NAMES, 3, 11)
    cities = _vocabulary(chance, CITIES, 4, 14)
    name = pa.DictionaryArray.from_arrays(
        pa.array(_zipf(chance, rows, NAMES), mask=chance.random(rows) < 0.01), names
    )
    city = pa.DictionaryArray.from_arrays(pa.array(_zipf(chance, rows, CITIES)), cities)
    prefix = chance.choice(_PREFIXES, rows)
    digits = prefix * 10**7 + chance.integers(0, 10**7, rows)
    to = pc.binary_join_element_wise("+", pa.array(digits).cast(pa.string()), "")
    return People(
        pa.table({"to": to, "name": name, "city": city}),
        pa.table({"to": to, "name": name.cast(pa.string()), "city": city.cast(pa.string())}),
    )


def _vocabulary(chance: np.random.Generator, count: int, low: int, high: int) -> pa.Array:
    out = []
    for length, pick in zip(chance.integers(low, high, count), chance.random(count), strict=True):
        word = "".join(_LETTERS[chance.integers(0, 26, length)]).capitalize()
        if pick < 0.03:
            word = word[:-1] + str(chance.choice(list("çşžя")))
        elif pick < 0.08:
            word = word[:-1] + str(chance.choice(list("éüñ")))
        out.append(word)
    return pa.array(out, pa.string())


def _zipf(chance: np.random.Generator, rows: int, count: int) -> npt.NDArray[np.int32]:
    weights = 1 / np.arange(1, count + 1) ** 0.9
    edges = np.cumsum(weights / weights.sum())
    return np.searchsorted(edges, chance.random(rows)).clip(max=count - 1).astype(np.int32)


def hostile(kind: str, rows: int, seed: int = 7) -> pa.Table:
    """Make one adversarial class of recipients; fewer of them where a text is long."""
    chance = np.random.default_rng(seed)
    rows //= _FEWER.get(kind, 1)
    make = HOSTILE[kind]
    known = pa.array([make(chance) for _ in range(min(rows, 2_000))], pa.string())
    texts = known.take(pa.array(chance.integers(0, len(known), rows)))
    # No two are the same.
    digits = pc.utf8_lpad(pa.array(np.arange(rows)).cast(pa.string()), 6, "0")
    texts = pc.binary_join_element_wise(digits, texts, "")
    if kind == "null slots with octets behind them":
        gaps = np.packbits(chance.random(rows) < 0.5, bitorder="little")
        buffers = [pa.py_buffer(gaps), *texts.buffers()[1:]]
        texts = pa.Array.from_buffers(texts.type, rows, buffers)
    elif kind == "dictionaries with nulls":
        values = pa.array([None if n % 3 else text for n, text in enumerate(known.to_pylist())])
        places = pa.array(chance.integers(0, len(values), rows), mask=chance.random(rows) < 0.2)
        texts = pa.DictionaryArray.from_arrays(places, values)
    elif kind == "a small slice of a huge dictionary":
        values = pa.array(
            [f"{number} {text}" for number, text in enumerate(known.to_pylist() * 50)]
        )
        places = pa.array(chance.integers(0, len(values), rows))
        rows = rows // 50
        texts = pa.DictionaryArray.from_arrays(places, values).slice(100, rows)
    numbers = pa.array([f"+44791{number:07}" for number in range(rows)])
    return pa.table({"to": numbers, "text": texts})


def _letters(chance: np.random.Generator, count: int) -> str:
    return "".join(_LETTERS[chance.integers(0, 26, count)])


def _some(choices: Sequence[str], count: int) -> Callable[[np.random.Generator], str]:
    return lambda chance: "".join(chance.choice(list(choices), count))


_NAMES = _some(("Ana", "José", "Иван", "[x]", "€", "😀", " "), 8)

HOSTILE: dict[str, Callable[[np.random.Generator], str]] = {
    "free text of three parts": lambda chance: " ".join(
        _letters(chance, int(size)) for size in chance.integers(2, 9, 64)
    ),
    "free text of three parts, accents in it": lambda chance: " ".join(
        _letters(chance, int(size)) + str(chance.choice(list("aeoéüà")))
        for size in chance.integers(2, 8, 62)
    ),
    "all extension characters": _some("€[]{}^~|\\", 120),
    "all emoji": _some("😀🎉🚀🌍💡", 120),
    "every row on a boundary": lambda chance: (
        "a" * 145 + "€" + "b" * int(chance.integers(150, 156))
    ),
    "45 parts": lambda chance: "a€" * 2295,
    "more than 65,535 units": lambda chance: _letters(chance, 70_000),
    "unique texts of 300": lambda chance: _letters(chance, 300),
    "all Cyrillic": _some("абвгдежзиклмноп", 80),
    "clusters": _some(("e\u0301", "🇩🇪", "👨‍👩‍👧", "я"), 60),
    "NUL in it": lambda chance: _letters(chance, 40) + "\0" + _letters(chance, 40),
    "null slots with octets behind them": _NAMES,
    "dictionaries with nulls": _NAMES,
    "a small slice of a huge dictionary": _NAMES,
}
_FEWER = {"45 parts": 20, "more than 65,535 units": 100}
