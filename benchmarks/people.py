"""Synthetic recipients from a fixed seed: names and cities as frequent as in life, some hostile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

NAMES, CITIES = 100_000, 30_000
BODY = (
    "Hello ${name}, your order is ready for collection in ${city}. Reply STOP to opt out. "
    "Thank you for shopping with us!"
)
DEFAULTS = {"name": "there"}
RATES = {"GB": "0.034 GBP", "DE": "0.07 GBP", "FR": "0.06 GBP", "*": "0.05 GBP"}
# Prefixes of mobile numbers, so that most made numbers are in a range that exists.
_PREFIXES = (44791, 49151, 33612, 34612, 46701, 1415, 91981, 55119)
_LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))


@dataclass(frozen=True, slots=True)
class People:
    """The same recipients with dictionary columns and with string columns."""

    dictionary: pa.Table
    plain: pa.Table


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
    """Make one adversarial class of recipients."""
    chance = np.random.default_rng(seed)
    makers: dict[str, Callable[[], str]] = {
        "all extension characters": lambda: "".join(chance.choice(list("€[]{}^~|\\"), 120)),
        "all emoji": lambda: "".join(chance.choice(list("😀🎉🚀🌍💡"), 120)),
        "every row on a boundary": lambda: "a" * 151 + "€" + "b" * int(chance.integers(150, 156)),
        "45 parts": lambda: "a€" * 2295,
        "unique texts of 300": lambda: "".join(_LETTERS[chance.integers(0, 26, 300)]),
        "all Cyrillic": lambda: "".join(chance.choice(list("абвгдежзиклмноп"), 80)),
        "clusters": lambda: "".join(chance.choice(["e\u0301", "🇩🇪", "👨‍👩‍👧", "я"], 60)),
    }
    make = makers[kind]
    known = [make() for _ in range(min(rows, 2_000))]
    texts = [known[place] for place in chance.integers(0, len(known), rows)]
    numbers = [f"+44791{number:07}" for number in range(rows)]
    return pa.table({"to": numbers, "text": texts})


HOSTILE = (
    "all extension characters",
    "all emoji",
    "every row on a boundary",
    "45 parts",
    "unique texts of 300",
    "all Cyrillic",
    "clusters",
)
