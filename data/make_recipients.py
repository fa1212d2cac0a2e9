"""Make data/recipients.csv and smsplan/example_data.py: invented people, the same at every run.

    python data/make_recipients.py

The names are those of smsplan/planning/first_names.py, written by hand. The numbers are drawn at
random from the mobile ranges of each country, or from ranges set aside for fiction; see
data/README.md.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

from smsplan.planning.first_names import NAMES

ROWS = 10_000
SEED = 20_260_401
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Market:
    """A country: its share of the rows, how its mobile numbers begin, who lives there and where."""

    country: str
    weight: int
    code: str
    prefixes: str
    digits: int  # of the national number, prefix included
    languages: str  # as often as they are repeated
    cities: str


MARKETS = (
    Market("GB", 38, "44", "7400 7404 7520 7704 7800 7903 7974", 10,
           "en en en en en en en en en en en en en pl pl ar hi bn es ru zh",
           "London, Manchester, Leeds, Bristol, York, Birmingham, Glasgow, Cardiff, Liverpool, "
           "Edinburgh, Newcastle upon Tyne, Stoke-on-Trent"),
    Market("US", 14, "1", "201555 212555 312555 415555 646555 713555 818555", 10,
           "en en en en en en en en es es es zh ko vi ru",
           "New York, Chicago, Boston, Houston, Miami, San Francisco, Los Angeles, Philadelphia"),
    Market("DE", 8, "49", "1512 1573 1605 1704 1725 1761", 11, "de de de de de de tr tr ru ar pl",
           "Berlin, Hamburg, München, Köln, Leipzig, Düsseldorf, Frankfurt am Main"),
    Market("FR", 7, "33", "601 612 623 635 650 668 751 767", 9, "fr fr fr fr fr fr ar pt",
           "Paris, Lyon, Marseille, Lille, Nantes, Nîmes, Orléans, Aix-en-Provence"),
    Market("ES", 6, "34", "600 612 627 636 651 679 690 722", 9, "es es es es es es ar",
           "Madrid, Barcelona, Valencia, Sevilla, Bilbao, Málaga, Córdoba, A Coruña"),
    Market("PL", 4, "48", "501 512 531 570 600 660 691 728 790 884", 9, "pl pl pl pl pl uk",
           "Warszawa, Kraków, Gdynia, Łódź, Poznań, Wrocław"),
    Market("TR", 3, "90", "501 532 536 542 544 555", 10, "tr",
           "Ankara, İstanbul, İzmir, Bursa, Eskişehir, Gaziantep"),
    Market("GR", 2, "30", "690 693 694 697 698", 10, "el", "Athens, Thessaloniki, Patras, Chania"),
    Market("SE", 3, "46", "70 72 73 76", 9, "sv sv sv sv en ar",
           "Stockholm, Malmö, Göteborg, Umeå, Örebro"),
    Market("PT", 3, "351", "91 92 93 96", 9, "pt", "Lisboa, Porto, Braga, Faro, Évora, Setúbal"),
    Market("BR", 4, "55", "1198 2199 3197 4199 7198", 11, "pt",
           "São Paulo, Rio de Janeiro, Curitiba, Salvador, Belo Horizonte"),
    Market("UA", 2, "380", "50 63 66 67 68 93 96 97", 9, "uk uk uk ru",
           "Kyiv, Lviv, Odesa, Kharkiv"),
    Market("IL", 2, "972", "502 524 526 543 546", 9, "he he he ar ru en",
           "Tel Aviv, Haifa, Jerusalem"),
    Market("AE", 2, "971", "50 52 54 55 56", 9, "ar ar en en hi", "Dubai, Abu Dhabi, Sharjah"),
    Market("IN", 3, "91", "98110 98200 98300 98450 99100 99300", 10, "hi hi hi bn en en",
           "Mumbai, Delhi, Bengaluru, Kolkata, Thiruvananthapuram"),
    Market("TH", 1, "66", "81 84 86 89 91 94", 9, "th", "Bangkok, Chiang Mai, Phuket"),
    Market("JP", 2, "81", "8012 8045 9013 9044 9080", 10, "ja", "Tokyo, Osaka, Kyoto"),
    Market("KR", 1, "82", "102 103 104 109", 10, "ko", "Seoul, Busan, Incheon"),
    Market("VN", 1, "84", "32 35 70 79 90 91 98", 9, "vi", "Hà Nội, Đà Nẵng, Huế"),
    Market("HK", 1, "852", "510 531 610 620 640 901 920", 8, "zh zh zh en",
           "Kowloon, Central, Sha Tin"),
)  # fmt: skip

# What people type, paste, or try.
UNUSUAL_NAMES = (
    "Lily 🌸", "🎉 Max 🎉", "Sam 👩🏽‍🚀", "Nina ❤️", "O’Brien", "O’Brien", "Siân", "Ann\u00a0Marie",
    "José\u00a0Luis", "Rene\u0301e", "Zoe\u0308", "Jo\u200b", " Peter", "Paula ", "JOHN", "maria",
    "Dr. Ellen Fairweather-Montgomery", "Bartholomew Christopher", "N/A", "null", "-", "Test {1}",
    "=1+1", '=HYPERLINK("http://example.com","Click")', "@SUM(A1:A9)", "+1", "<b>Ann</b>",
    "<script>alert(1)</script>", "${name}", "${city}", "$name", "{{first_name}}", "%name%",
    "Robert'); DROP TABLE customers;--", 'Jim "Ace" Carter', "Anna, Tom", "Ann; Tom", "C:\\Temp",
    "Å", "Ⓐnna", "Ｌｅｏ", "€va", "100%", "12345", "",
)  # fmt: skip

INVALID_PHONES = (
    "n/a", "unknown", "-", "?", "#N/A", "12345", "0", "+44", "4.4740E+11", "4.47E+11", "call mum",
    "ask first", "ann@example.com", "+44 7400 12x456", "447400123456789012", "+++", "none",
    "07700 900123 / 07700 900456", "ext. 204", "00000000000",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """One row. None is an empty field; the empty text is written as ``""``."""

    customer_id: str
    phone: str | None
    first_name: str | None
    city: str | None
    language: str
    market: str


def _popular(rng: random.Random, names: Sequence[str]) -> str:
    """Choose so that the first of the names is about four times as frequent as the last."""
    return rng.choices(names, [1 / (3 + 9 * i / len(names)) for i in range(len(names))])[0]


def _number(rng: random.Random, market: Market) -> str:
    """Draw an international number, digits only."""
    if market.country == "GB" and rng.random() < 0.03:
        return f"447700900{rng.randrange(1000):03}"  # Ofcom: set aside for fiction
    if market.country == "US":
        # Exchange 555: 0100 to 0199 are set aside for fiction, hardly any other is in use.
        prefix = rng.choice(market.prefixes.split())
        return f"1{prefix}{rng.randrange(200, 10_000):04}"
    prefix = rng.choice(market.prefixes.split())
    free = market.digits - len(prefix)
    return f"{market.code}{prefix}{rng.randrange(10**free):0{free}}"


def _written(rng: random.Random, number: str, code: str) -> str:
    """Write a number as address books have it: everything the API itself takes."""
    national = number.removeprefix(code)
    form = rng.random()
    if form < 0.82:
        return f"+{number}"
    if form < 0.90:
        return number
    if form < 0.94:
        return f"+{code} {national[:3]} {national[3:]}"
    if form < 0.97:
        return f"00{number}"
    return f"+{code}-{national[:3]}-{national[3:]}"


def _national(rng: random.Random, number: str) -> str:
    """Write a British number as at home; spreadsheets drop the zero."""
    national = number.removeprefix("44")
    return rng.choice(
        (f"0{national}", f"0{national}", f"0{national[:4]} {national[4:]}", national, national)
    )


def _dirty(rng: random.Random, number: str, code: str) -> str:
    """Write a number as no network takes it although every digit of it is there."""
    national = number.removeprefix(code)
    forms: tuple[Callable[[], str], ...] = (
        lambda: f"+{code}\u00a0{national[:3]}\u00a0{national[3:]}",
        lambda: f"+{code}.{national[:3]}.{national[3:]}",
        lambda: f"+{code}/{national}",
        lambda: f"'+{number}",
        lambda: f"tel:+{number}",
        lambda: f"\u202a+{number}\u202c",
        lambda: f"+{number}\u200b",
        lambda: f"＋{number}",
        lambda: f"{number}.0",
        lambda: f"{number[0]}.{number[1:]}E+{len(number) - 1}",
        lambda: "+" + number.translate({48 + i: 0x660 + i for i in range(10)}),
    )
    trunk: tuple[Callable[[], str], ...] = (
        lambda: f"+{code}(0){national}",
        lambda: f"+{code} (0) {national}",
        lambda: f"0+{number}",
        lambda: f"++{number}",
    )
    return rng.choice(forms + trunk if code == "44" else forms)()


def people() -> list[Person]:
    """Return the rows of data/recipients.csv."""
    rng = random.Random(SEED)
    weights = [market.weight for market in MARKETS]
    made: list[Person] = []
    numbers: list[tuple[str, str]] = []
    taken: set[str] = set()
    while len(made) < ROWS:
        identity = f"C{100_001 + len(made)}"
        if len(made) > 100 and rng.random() < 0.015:
            # Somebody registered twice: another id, the number perhaps in another form.
            earlier = rng.randrange(len(made))
            number, code = numbers[earlier]
            if made[earlier].phone is not None and number:
                again = replace(made[earlier], customer_id=identity)
                made.append(replace(again, phone=_written(rng, number, code)))
                numbers.append((number, code))
                continue
        market = rng.choices(MARKETS, weights)[0]
        language = rng.choice(market.languages.split())
        number = _number(rng, market)
        while number in taken:
            number = _number(rng, market)
        taken.add(number)
        name: str | None = _popular(rng, NAMES[language].split(", "))
        city: str | None = _popular(rng, market.cities.split(", "))
        chance = rng.random()
        if chance < 0.03:
            name = None
        elif chance < 0.045:
            name = rng.choice(UNUSUAL_NAMES)
        if rng.random() < 0.004:
            city = None
        phone: str | None
        chance = rng.random()
        if chance < 0.008:
            phone, number = rng.choice(INVALID_PHONES), ""
        elif chance < 0.011:
            phone, number = None, ""
        elif chance < 0.027:
            phone = _dirty(rng, number, market.code)
        elif market.country == "GB" and rng.random() < 0.11:
            phone = _national(rng, number)
        else:
            phone = _written(rng, number, market.code)
        made.append(Person(identity, phone, name, city, language, market.country))
        numbers.append((number, market.code))
    return made


def example() -> list[Person]:
    """Return the rows of ``smsplan example``; every number is set aside for fiction.

    Ofcom (GB: 07700 900xxx), NANPA (US: 555-01xx), Bundesnetzagentur (DE: 0171 39200xx), PTS (SE:
    070-1740605 to 699).
    """
    rows: tuple[tuple[str | None, str | None, str | None, str, str], ...] = (
        ("+447700900123", "Olivia", "London", "en", "GB"),
        ("+447700900456", "James", "Newcastle upon Tyne", "en", "GB"),
        ("07700 900789", "Siân", "Cardiff", "en", "GB"),
        ("447700900321", "Małgorzata", "Leeds", "pl", "GB"),
        ("+12025550123", "Elizabeth", "San Francisco", "en", "US"),
        ("+1 202 555 0178", "Lucía", "Miami", "es", "US"),
        ("+12025550145", None, "Chicago", "en", "US"),
        ("+491713920012", "Jürgen", "Berlin", "de", "DE"),
        ("+491713920047", "Ayşe", "Köln", "tr", "DE"),
        ("+46701740650", "Åsa", "Malmö", "sv", "SE"),
        ("+447700900123", "Olivia", "London", "en", "GB"),
        ("n/a", "Lily 🌸", "York", "en", "GB"),
    )
    return [Person(f"C{101 + i}", *row) for i, row in enumerate(rows)]


def _field(value: str | None) -> str:
    if value is None:
        return ""
    if value == "" or any(mark in value for mark in ',"\n\r') or value != value.strip():
        return '"' + value.replace('"', '""') + '"'
    return value


def as_csv(rows: Sequence[Person]) -> str:
    """Return the rows as CSV; missing and empty stay two different things."""

    def lines() -> Iterator[str]:
        yield ",".join(field.name for field in fields(Person))
        for row in rows:
            yield ",".join(map(_field, astuple(row)))

    return "\n".join(lines()) + "\n"


def as_module(rows: Sequence[Person]) -> str:
    """Return the source of smsplan/example_data.py."""
    return (
        '"""A small list of invented people, printed by ``smsplan example``.\n\n'
        "Made by data/make_recipients.py; every number is set aside for fiction.\n"
        '"""\n\n'
        "from __future__ import annotations\n\n"
        f'EXAMPLE_CSV = """\\\n{as_csv(rows)}"""\n'
    )


def main() -> None:
    """Write both files."""
    for path, content in (
        (ROOT / "data" / "recipients.csv", as_csv(people())),
        (ROOT / "smsplan" / "example_data.py", as_module(example())),
    ):
        path.write_text(content, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
