"""Characters outside the GSM 7-bit alphabet and what stands in for them.

From published lists, each named where its entries stand: the lists of Twilio (Smart Encoding),
AOSP, unicode2gsm and smssafe, CLDR's Latin-ASCII, anyascii and unidecode. The replacement is this
project's choice among theirs. ``safe`` keeps the meaning; ``auto_encoding`` stands for the
characters that a provider's own list replaces too.

A Latin letter with marks is not listed: see :func:`bare`. Nor is what depends on what stands
around a character: ``encoding.substitution`` decides that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple
from unicodedata import normalize

import regex

from smsplan.encoding.gsm7 import tables

GREEK_CAPITAL = "greek capital look-alike"
GREEK = "greek"
ACCENT = "accent"
MISREAD = "windows-1252"
NUMBER_FORM = "number form"


class LookAlike(NamedTuple):
    """What stands in for a character; ``kind`` is the class of the character."""

    replacement: str
    kind: str
    safe: bool
    auto_encoding: bool


# (kind, safe, auto_encoding, source where it is one) -> replacement -> what it stands in for.
_GROUPS: dict[tuple[str, bool, bool] | tuple[str, bool, bool, str], dict[str, str]] = {
    ("invisible", True, True): {
        "": ("\u0000\u0003\u0004\u0010\u0011\u0012\u0013\u0014\u0017\u0019\u200b\u2060\ufeff"),
    },
    ("space", True, True): {
        " ": (
            "\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f"
            "\u205f\u3000"
        ),
        "\n": "\u2028\u2029",
    },
    # What parts lines has line-break class BK or NL in UAX #14.
    ("space", True, False): {
        "\n": "\u000b\u0085",
    },
    # Default_Ignorable_Code_Point: between characters of the alphabet they show nothing and do
    # nothing. What begins a run from right to left (U+202B, U+202E, U+2067; UAX #9) is not here:
    # without it one reads the text in another order. U+FE0E and U+FE0F choose the look of a
    # character that has several.
    ("invisible", True, False): {
        "": (
            "\u00ad\u180e\u200e\u200f\u202a\u202c\u202d\u2061\u2062\u2063\u2064\u2066"
            "\u2068\u2069\u206a\u206b\u206c\u206d\u206e\u206f\ufe0e\ufe0f\ufff9"
        ),
    },
    ("typographic", True, True): {
        "'": (
            "`\u00b4\u02b9\u02bb\u02bc\u02bd\u02c8\u02ca\u02cb\u2018\u2019\u201a\u201b\u275b\u275c"
        ),
        '"': "\u00ab\u00bb\u02ba\u02ee\u201c\u201d\u201e\u201f\u275d\u275e\u301d\u301e",
        "~": "\u02dc\u223c",
        "-": "\u2010\u2013\u2014\u2015\u2022\u2043",
        "_": "\u2017",
        "...": "\u2026",
        "<": "\u2039",
        ">": "\u203a",
        "!!": "\u203c",
        "/": "\u2044\u2215",
    },
    ("symbol", False, False): {
        "c": "\u00a2",
        '"': "\u00a8\u02dd\u2037",
        "(c)": "\u00a9",
        "!": "\u00ac",
        "(R)": "\u00ae",
        "-": "\u00af\u203e\u2040\u21d4\u2219\u223a\u2296\u229d\u229f\u22b6\u22b7\u22b8\u25aa",
        "deg": "\u00b0",
        "+-": "\u00b1",
        "P": "\u00b6\u204b\u20b1\u214c\u220f",
        ",": "\u00b8",
        "x": "\u00d7\u2297\u22a0\u2717\u2718",
        "THB": "\u0e3f",
        "||": "\u2016\u2225\u2226",
        "+": (
            "\u2020\u205c\u2214\u2295\u229e\u22a2\u22a3\u22a4\u22a5\u22a6\u22a7\u22a8\u22a9"
            "\u22aa\u22ab\u22ac\u22ad\u22ae\u22af\u22b9\u22d4\u22f2\u22f3\u22f4\u22f5\u22f6"
            "\u22f7\u22f8\u22f9\u22fa\u22fb\u22fc\u22fd\u22fe"
        ),
        "++": "\u2021",
        "*": (
            "\u2023\u203b\u2055\u2059\u2218\u22c4\u22c5\u22c6\u22c7\u25cb\u25cf\u25e6\u2605"
            "\u2606\u2756\u2764"
        ),
        ".": "\u2024\u2299\u22a1",
        "..": "\u2025",
        "%0": "\u2030",
        "%00": "\u2031",
        "'''": "\u2034",
        "^": "\u2038\u2041\u2191\u2206\u2227\u2229\u2293\u22bc\u22c0\u22c2\u22cf\u22d2",
        "!?": "\u203d",
        "_": "\u203f\u2050\u2054\u2238",
        "***": "\u2042",
        "[": "\u2045\u228f\u2291\u22e2\u22e4\u300c\u3010\u3014",
        "]": "\u2046\u2290\u2292\u22e3\u22e5\u300d\u300f\u3011\u3015",
        "&": "\u204a\u214b",
        "<": (
            "\u204c\u21d0\u2220\u2221\u2222\u2268\u226e\u2270\u2274\u227a\u227c\u227e\u2280"
            "\u2282\u2284\u2286\u2288\u228a\u22b0\u22b2\u22b4\u22be\u22cc\u22d0\u22d6\u22de"
            "\u22e0\u22e6\u22e8\u22ea\u22ec\u25c4"
        ),
        ">": (
            "\u204d\u21d2\u2269\u226f\u2271\u2275\u227b\u227d\u227f\u2281\u2283\u2285\u2287"
            "\u2289\u228b\u22b1\u22b3\u22b5\u22cb\u22d1\u22d7\u22df\u22e1\u22e7\u22e9\u22eb"
            "\u22ed\u25ba\u27a1"
        ),
        "**": "\u2051",
        "./.": "\u2052",
        "~": "\u2053\u221d\u223b\u223d\u223e\u223f\u2240\u2241\u2243\u2244\u2249\u224a\u224b",
        ":": "\u2056\u2058\u205a\u205b\u205d\u205e\u2234\u2235\u2236",
        "''''": "\u2057",
        "CE": "\u20a0",
        "C": "\u20a1\u20b5\u2103\u2201",
        "Cr": "\u20a2",
        "F": "\u20a3\u2109",
        "L": "\u20a4\u2142\u2143\u221f",
        "m": "\u20a5",
        "N": "\u20a6",
        "Pts": "\u20a7",
        "Rs": "\u20a8\u20b9",
        "W": "\u20a9",
        "NIS": "\u20aa",
        "d": "\u20ab\u2202",
        "K": "\u20ad",
        "T": "\u20ae\u20b8\u22ba",
        "Dr": "\u20af",
        "Pf": "\u20b0",
        "G": "\u20b2\u2141",
        "A": "\u20b3",
        "UAH": "\u20b4",
        "lt": "\u20b6",
        "Sm": "\u20b7",
        "TL": "\u20ba",
        "M": "\u20bb",
        "Manat": "\u20bc",
        "p": "\u20bd\u2118",
        "Lari": "\u20be",
        "BTC": "\u20bf",
        "Som": "\u20c0",
        "a/c": "\u2100",
        "a/s": "\u2101",
        "CL": "\u2104",
        "c/o": "\u2105",
        "c/u": "\u2106",
        "g": "\u2108",
        "#": "\u2114\u220e\u22d5\u25a0",
        "No": "\u2116",
        "(P)": "\u2117",
        "Rx": "\u211e",
        "R": "\u211f",
        "SM": "\u2120",
        "TEL": "\u2121",
        "TM": "\u2122",
        "V": "\u2123\u2200",
        "oz": "\u2125",
        "Mho": "\u2127",
        "i": "\u2129",
        "e": "\u212e",
        "Q": "\u213a",
        "FAX": "\u213b",
        "S": "\u2140\u2211\u222b\u222c\u222e\u2231\u2232\u2233",
        "Y": "\u2144",
        "PL": "\u214a",
        "A/S": "\u214d",
        "Sh": "\u214f",
        "<-": "\u2190",
        "->": "\u2192",
        "v": "\u2193\u2228\u222a\u228c\u228d\u228e\u2294\u22bb\u22bd\u22c1\u22c3\u22ce\u22d3\u2713",
        "<->": "\u2194",
        "E": "\u2203\u2204\u2208\u2209\u220a\u220b\u220c\u220d\u22ff",
        "0": "\u2205",
        "D": "\u2207",
        "U": "\u2210",
        "-+": "\u2213",
        "\\": "\u2216\u22f1",
        "?": "\u221a\u2248\u2260",
        "cbrt": "\u221b",
        "4rt": "\u221c",
        "inf": "\u221e",
        "|": "\u2224\u22ee",
        "SSS": "\u222d\u2230",
        "SS": "\u222f",
        "::": "\u2237",
        "-:": "\u2239",
        "-~": "\u2242",
        "~=": "\u2245\u224c\u22cd",
        "=": (
            "\u2246\u2247\u224d\u224e\u224f\u2250\u2251\u2252\u2253\u2256\u2257\u2258\u2259"
            "\u225a\u225b\u225c\u225d\u225e\u225f\u2261\u2262\u2263\u226d\u2276\u2277\u2278"
            "\u2279\u229c\u22da\u22db"
        ),
        ":=": "\u2254",
        "=:": "\u2255",
        "<=": "\u2264\u2266",
        ">=": "\u2265\u2267",
        "<<": "\u226a",
        ">>": "\u226b",
        "()": "\u226c",
        "<~": "\u2272",
        ">~": "\u2273",
        "/": "\u2298\u22bf\u22f0",
        "o": "\u229a",
        "><": "\u22c8\u22c9\u22ca",
        "<<<": "\u22d8",
        ">>>": "\u22d9",
        "=<": "\u22dc",
        "=>": "\u22dd",
        "...": "\u22ef",
        "OK": "\u2611\u2714",
        ":(": "\u2639",
        ":)": "\u263a",
        "(spade)": "\u2660",
        "\u0393": "\u300e",
    },
    ("typographic", True, False): {
        "|": "\u00a6",
        ".": "\u00b7",
        "-": "\u2011\u2012\u2027\u2212\u3030",
        "'": "\u2032\u2035",
        '"': "\u2033\u2036",
        "??": "\u2047",
        "?!": "\u2048",
        "!?": "\u2049",
    },
    ("letter", False, False): {
        "a": "\u00aa\u2135",
        "u": "\u00b5",
        "o": "\u00ba\u2134",
        "D": "\u00d0\u0110\u2145",
        "Th": "\u00de",
        "d": "\u00f0\u0111\u2138\u2146",
        "th": "\u00fe",
        "H": "\u0126\u210b\u210c\u210d",
        "h": "\u0127\u210e\u210f",
        "i": "\u0131\u2139\u2148",
        "IJ": "\u0132",
        "ij": "\u0133",
        "q": "\u0138",
        "L": "\u013f\u0141\u2112",
        "l": "\u0140\u0142\u2113",
        "'n": "\u0149",
        "Ng": "\u014a",
        "ng": "\u014b",
        "OE": "\u0152",
        "oe": "\u0153",
        "T": "\u0166",
        "t": "\u0167",
        "s": "\u017f",
        "f": "\u0192\u214e",
        "C": "\u2102\u212d",
        "E": "\u2107\u2130",
        "g": "\u210a\u2137\u213d",
        "I": "\u2110\u2111",
        "N": "\u2115",
        "P": "\u2119\u213f",
        "Q": "\u211a",
        "R": "\u211b\u211c\u211d",
        "Z": "\u2124\u2128",
        "\u03a9": "\u2126",
        "K": "\u212a",
        "B": "\u212c",
        "e": "\u212f\u2147",
        "F": "\u2131\u2132",
        "M": "\u2133",
        "b": "\u2136",
        "p": "\u213c",
        "G": "\u213e",
        "j": "\u2149",
        "ff": "\ufb00",
        "fi": "\ufb01",
        "fl": "\ufb02",
        "ffi": "\ufb03",
        "ffl": "\ufb04",
    },
    (NUMBER_FORM, False, False): {
        "2": "\u00b2",
        "3": "\u00b3",
        "1": "\u00b9",
        "1/3": "\u2153",
        "2/3": "\u2154",
    },
    (NUMBER_FORM, False, True): {
        "1/4": "\u00bc",
        "1/2": "\u00bd",
        "3/4": "\u00be",
    },
    # The alphabet has only the capital.
    (ACCENT, False, False): {
        "\u00c7": "\u00e7",
    },
    ("symbol", False, True): {
        "/": "\u00f7\u29f8",
        "+": "\u02d6",
        "~": "\u02f7",
        ":": "\u02f8\u2982\ua789\ufe13",
        "*": (
            "\u204e\u2217\u229b\u2722\u2723\u2724\u2725\u2731\u2732\u2733\u273a\u273b\u273c"
            "\u273d\u2743\u2749\u274a\u274b\u29c6"
        ),
        ";": "\u204f\ufe14",
        "|": "\u2223\u239c\u239f\u23b8\u23b9\u23d0",
        "-": "\u23bc\u23bd",
        "(": "\u2768\u276a\u27ee\u2985",
        ")": "\u2769\u276b\u27ef\u2986",
        "{": "\u2774",
        "}": "\u2775",
        "\\": "\u29f5\u29f9",
        ",": "\u3001\ufe10\ufe11\uff64",
        ".": "\u3002\uff61",
        "=": "\ua78a",
        "!": "\ufe15",
        "?": "\ufe16",
    },
    ("letter", False, True): {
        "!": "\u01c3",
        "G": "\u0262",
        "I": "\u026a",
        "N": "\u0274",
        "R": "\u0280",
        "Y": "\u028f",
        "B": "\u0299",
        "H": "\u029c",
        "L": "\u029f",
        "^": "\u02c6",
        ":": "\u02d0",
        "A": "\u1d00",
        "C": "\u1d04",
        "D": "\u1d05",
        "E": "\u1d07",
        "J": "\u1d0a",
        "K": "\u1d0b",
        "M": "\u1d0d",
        "O": "\u1d0f",
        "P": "\u1d18",
        "T": "\u1d1b",
        "U": "\u1d1c",
        "V": "\u1d20",
        "W": "\u1d21",
        "Z": "\u1d22",
        "F": "\ua730",
        "S": "\ua731",
    },
    (GREEK, False, False): {
        "H": "\u0370\u0389\u03e8",
        "h": "\u0371\u03e9",
        "S": "\u0372\u03e0\u03f9\u03fa\u03fd",
        "s": "\u0373\u037b\u03c2\u03c3\u03e1\u03f2\u03fb",
        "'": "\u0374\u0384",
        ",": "\u0375",
        "W": "\u0376\u03dc",
        "w": "\u0377\u03dd",
        "i": "\u037a\u0390\u03ae\u03af\u03b7\u03b9\u03ca",
        "s.": "\u037c\u037d",
        ";": "\u037e\u0387",
        "J": "\u037f\u03ea",
        '"': "\u0385",
        "A": "\u0386",
        "E": "\u0388",
        "I": "\u038a\u03aa",
        "O": "\u038c",
        "Y": "\u038e\u03ab\u03d2\u03d3\u03d4",
        "\u03a9": "\u038f",
        "a": "\u03ac\u03b1",
        "e": "\u03ad\u03b5\u03f5\u03f6",
        "y": "\u03b0\u03c5\u03cb\u03cd",
        "g": "\u03b3",
        "d": "\u03b4",
        "z": "\u03b6",
        "\u0398": "\u03b8\u03f4",
        "k": "\u03ba\u03f0",
        "l": "\u03bb",
        "m": "\u03bc",
        "n": "\u03bd",
        "x": "\u03be\u03e7",
        "o": "\u03bf\u03c9\u03cc\u03ce",
        "p": "\u03c0\u03d6",
        "r": "\u03c1\u03f1",
        "t": "\u03c4",
        "\u03a6": "\u03c6",
        "ch": "\u03c7",
        "\u03a8": "\u03c8",
        "&": "\u03cf\u03d7",
        "b": "\u03b2\u03d0",
        "th": "\u03d1",
        "ph": "\u03d5",
        "Q": "\u03d8\u03de",
        "q": "\u03d9\u03df",
        "St": "\u03da",
        "st": "\u03db",
        "Sh": "\u03e2\u03f7",
        "sh": "\u03e3\u03f8",
        "F": "\u03e4",
        "f": "\u03e5",
        "X": "\u03e6",
        "j": "\u03eb\u03f3",
        "C": "\u03ec",
        "c": "\u03ed",
        "Ti": "\u03ee",
        "ti": "\u03ef",
        "r.": "\u03fc",
        "S.": "\u03fe\u03ff",
    },
    (GREEK_CAPITAL, True, False): {
        "A": "\u0391",
        "B": "\u0392",
        "E": "\u0395",
        "Z": "\u0396",
        "H": "\u0397",
        "I": "\u0399",
        "K": "\u039a",
        "M": "\u039c",
        "N": "\u039d",
        "O": "\u039f",
        "P": "\u03a1",
        "T": "\u03a4",
        "Y": "\u03a5",
        "X": "\u03a7",
    },
    ("joiner", False, True): {
        "": "\u200c",
    },
    ("joiner", False, False): {
        "": "\u200d",
    },
    ("width form", True, True): {
        ",": "\ufe50\ufe51\uff0c",
        ".": "\ufe52\uff0e",
        ";": "\ufe54\uff1b",
        "?": "\ufe56\uff1f",
        "!": "\ufe57\uff01",
        "(": "\ufe59\uff08",
        ")": "\ufe5a\uff09",
        "{": "\ufe5b\uff5b",
        "}": "\ufe5c\uff5d",
        "#": "\ufe5f\uff03",
        "&": "\ufe60\uff06",
        "*": "\ufe61\uff0a",
        "+": "\ufe62\uff0b",
        "-": "\ufe63\uff0d",
        "<": "\ufe64\uff1c",
        ">": "\ufe65\uff1e",
        "=": "\ufe66\uff1d",
        "\\": "\ufe68\uff3c",
        "$": "\ufe69\uff04",
        "%": "\ufe6a\uff05",
        "@": "\ufe6b\uff20",
        '"': "\uff02",
        "'": "\uff07",
        "/": "\uff0f",
        "0": "\uff10",
        "1": "\uff11",
        "2": "\uff12",
        "3": "\uff13",
        "4": "\uff14",
        "5": "\uff15",
        "6": "\uff16",
        "7": "\uff17",
        "8": "\uff18",
        "9": "\uff19",
        ":": "\uff1a",
        "A": "\uff21",
        "B": "\uff22",
        "C": "\uff23",
        "D": "\uff24",
        "E": "\uff25",
        "F": "\uff26",
        "G": "\uff27",
        "H": "\uff28",
        "I": "\uff29",
        "J": "\uff2a",
        "K": "\uff2b",
        "L": "\uff2c",
        "M": "\uff2d",
        "N": "\uff2e",
        "O": "\uff2f",
        "P": "\uff30",
        "Q": "\uff31",
        "R": "\uff32",
        "S": "\uff33",
        "T": "\uff34",
        "U": "\uff35",
        "V": "\uff36",
        "W": "\uff37",
        "X": "\uff38",
        "Y": "\uff39",
        "Z": "\uff3a",
        "[": "\uff3b",
        "]": "\uff3d",
        "^": "\uff3e",
        "_": "\uff3f",
        "|": "\uff5c",
        "~": "\uff5e",
    },
    # The small ones beside the capitals above: NFKC.
    ("width form", True, False): {
        "a": "\uff41",
        "b": "\uff42",
        "c": "\uff43",
        "d": "\uff44",
        "e": "\uff45",
        "f": "\uff46",
        "g": "\uff47",
        "h": "\uff48",
        "i": "\uff49",
        "j": "\uff4a",
        "k": "\uff4b",
        "l": "\uff4c",
        "m": "\uff4d",
        "n": "\uff4e",
        "o": "\uff4f",
        "p": "\uff50",
        "q": "\uff51",
        "r": "\uff52",
        "s": "\uff53",
        "t": "\uff54",
        "u": "\uff55",
        "v": "\uff56",
        "w": "\uff57",
        "x": "\uff58",
        "y": "\uff59",
        "z": "\uff5a",
    },
    # Letters without a decomposition: CLDR, Latin-ASCII.
    ("letter", False, False, "Latin-ASCII"): {
        "A": "\u023a",
        "a": "\u1d8f\u1e9a\u2c65",
        "AA": "\ua732",
        "aa": "\ua733",
        "AE": "\u1d01",
        "AO": "\ua734",
        "ao": "\ua735",
        "AU": "\ua736",
        "au": "\ua737",
        "AV": "\ua738\ua73a",
        "av": "\ua739\ua73b",
        "AY": "\ua73c",
        "ay": "\ua73d",
        "B": "\u0181\u0182\u0243\u1d03",
        "b": "\u0180\u0183\u0253\u1d6c\u1d80",
        "C": "\u0187\u023b\ua792",
        "c": "\u0188\u023c\u0255\ua793",
        "D": "\u0189\u018a\u018b\u1d06\ua779",
        "d": "\u018c\u0221\u0256\u0257\u1d6d\u1d81\u1d91\ua771\ua77a",
        "db": "\u0238",
        "DZ": "\u01c4\u01f1",
        "Dz": "\u01c5\u01f2",
        "dz": "\u01c6\u01f3\u02a3\u02a5",
        "E": "\u0190\u0246",
        "e": "\u0247\u025b\u1d92\u1d93\u2c78",
        "F": "\u0191\ua77b",
        "f": "\u1d6e\u1d82\ua77c",
        "G": "\u0193\u01e4\u029b\ua7a0",
        "g": "\u01e5\u0260\u0261\u1d83\ua7a1",
        "H": "\u2c67\ua7aa",
        "h": "\u0266\u0267\u2c68",
        "hv": "\u0195",
        "I": "\u0196\u0197\u1d7b",
        "i": "\u0268\u1d96",
        "J": "\u0248",
        "j": "\u0237\u0249\u025f\u029d",
        "K": "\u0198\u2c69\ua740\ua742\ua744\ua7a2",
        "k": "\u0199\u1d84\u2c6a\ua741\ua743\ua745\ua7a3",
        "L": "\u023d\u1d0c\u2c60\u2c62\ua746\ua748",
        "l": "\u019a\u0234\u026b\u026c\u026d\u1d85\u2c61\ua747\ua749\ua772",
        "LJ": "\u01c7",
        "Lj": "\u01c8",
        "lj": "\u01c9",
        "LL": "\u1efa",
        "ll": "\u1efb",
        "ls": "\u02aa",
        "lz": "\u02ab",
        "M": "\u2c6e",
        "m": "\u0271\u1d6f\u1d86\ua773",
        "N": "\u019d\ua790\ua7a4",
        "n": "\u019e\u0235\u0272\u0273\u1d70\u1d87\ua774\ua791\ua7a5",
        "NJ": "\u01ca",
        "Nj": "\u01cb",
        "nj": "\u01cc",
        "O": "\ua74a\ua74c",
        "o": "\u2c7a\ua74b\ua74d",
        "OE": "\u0276",
        "OI": "\u01a2",
        "oi": "\u01a3",
        "OO": "\ua74e",
        "oo": "\ua74f",
        "P": "\u01a4\u2c63\ua750\ua752\ua754",
        "p": "\u01a5\u1d71\u1d7d\u1d88\ua751\ua753\ua755",
        "Q": "\ua756\ua758",
        "q": "\u02a0\ua757\ua759",
        "qp": "\u0239",
        "R": "\u024c\u2c64\ua776\ua7a6",
        "r": "\u024d\u027c\u027d\u027e\u1d72\u1d73\u1d89\ua775\ua7a7",
        "S": "\u2c7e\ua7a8",
        "s": "\u023f\u0282\u1d74\u1d8a\u1e9c\u1e9d\ua7a9",
        "SS": "\u1e9e",
        "st": "\ufb05\ufb06",
        "T": "\u01ac\u01ae\u023e\ua786",
        "t": "\u01ab\u01ad\u0236\u0288\u1d75\u2c66\ua777\ua787",
        "TH": "\ua764\ua766",
        "th": "\u1d7a\ua765\ua767",
        "ts": "\u02a6",
        "U": "\u0244\u1d7e",
        "u": "\u0289\u1d99",
        "ue": "\u1d6b",
        "V": "\u01b2\u1efc\ua75e",
        "v": "\u028b\u1d8c\u1efd\u2c71\u2c74\ua75f",
        "VY": "\ua760",
        "vy": "\ua761",
        "W": "\u2c72",
        "w": "\u2c73",
        "x": "\u1d8d",
        "Y": "\u01b3\u024e\u1efe",
        "y": "\u01b4\u024f\u1eff",
        "Z": "\u01b5\u0224\u2c6b\u2c7f",
        "z": "\u01b6\u0225\u0240\u0290\u0291\u1d76\u1d8e\u2c6c",
    },
    # Those of living alphabets that CLDR does not have (Azerbaijani, Ewe, Fula, ...): anyascii.
    ("letter", False, False, "anyascii"): {
        "A": "\u0245\u2c6d\u2c6f\u2c70\ua7ba",
        "a": "\u0250\u0251\u0252\u028c\ua7bb",
        "Ae": "\ua79a",
        "ae": "\ua79b",
        "B": "\ua796\ua7b4",
        "b": "\ua797\ua7b5",
        "C": "\u2183\ua7c4",
        "c": "\u2184\ua794",
        "D": "\ua7c7",
        "d": "\ua7c8",
        "E": "\u018e\u018f\ua7ab",
        "e": "\u01dd\u0259\u025c",
        "F": "\ua798",
        "f": "\ua799",
        "G": "\u0194\ua77d\ua7ac\ua7d0",
        "g": "\u0263\u1d79\ua7d1",
        "H": "\u2c75\ua726\ua7f5",
        "h": "\u2c76\ua727\ua7f6",
        "Hw": "\u01f6",
        "I": "\ua7ae\ua7bc",
        "i": "\u0269\ua7bd",
        "J": "\ua7b2",
        "K": "\ua7b0",
        "k": "\u029e",
        "L": "\ua7ad",
        "Ll": "\ua780",
        "ll": "\ua781",
        "N": "\u0220",
        "Ng": "\ua77e",
        "ng": "\ua77f",
        "O": "\u0186\u019f\ua7b6\ua7c0",
        "o": "\u0254\u0275\ua7b7\ua7c1",
        "Oe": "\ua79c",
        "oe": "\ua79d",
        "Ou": "\u0222",
        "ou": "\u0223",
        "Q": "\u024a",
        "q": "\u024b",
        "R": "\u01a6\ua75a\ua782",
        "r": "\ua75b\ua783",
        "S": "\ua784\ua7c5\ua7c9\ua7d6\ua7d8",
        "s": "\ua785\ua7ca\ua7d7\ua7d9",
        "Sh": "\u01a9",
        "sh": "\u0283",
        "T": "\ua7b1",
        "t": "\u0287",
        "Tz": "\ua728",
        "tz": "\ua729",
        "U": "\u01b1\ua7b8\ua7be",
        "u": "\u028a\ua7b9\ua7bf",
        "Ue": "\ua79e",
        "ue": "\ua79f",
        "V": "\ua768",
        "v": "\ua769",
        "W": "\u019c\u01f7\ua7c2",
        "w": "\u01bf\u026f\ua7c3",
        "X": "\ua7b3",
        "x": "\uab53",
        "Y": "\u021c\ua78d",
        "y": "\u021d\u0265",
        "Z": "\ua762\ua7c6",
        "z": "\ua763",
        "Zh": "\u01b7",
        "zh": "\u0292",
    },
}

# What only the provider's list replaces: we read the controls as Windows-1252, and a mark is no
# caret.
_AUTO_ONLY = {
    "": "\u0080\u008d\u0090\u009b\u009f",
    "^": "\u0302\u1dcd",
    "~": "\u0303\u0330\u0334",
    "'": "\u0313\u0314",
    ",": "\u0326",
    "_": "\u0332",
    "/": "\u0337\u0338",
    "=": "\u0347",
    "|": "\u20d2\u20d3",
    "\\": "\u20e5",
}

# Where precomposed Latin letters are: Latin-1, Extended-A and -B, Extended Additional.
_PRECOMPOSED = (range(0xC0, 0x250), range(0x1E00, 0x1F00))
_LATIN = regex.compile(r"[\p{Script=Latin}&&\p{L}]", regex.V1)


def is_latin(character: str) -> bool:
    """Whether a character is a Latin letter.

    >>> is_latin("ệ"), is_latin("й"), is_latin("\\u0301")
    (True, False, False)
    """
    return _LATIN.match(character) is not None


def bare(letter: str) -> str:
    """Return a Latin letter without its last marks: the first form of it that the alphabet has.

    The letter itself where no form is of ASCII or the alphabet. Marks of other scripts are letters
    of their own, or change them: they stay.

    >>> bare("ệ"), bare("ǖ"), bare("й"), bare("ŀ")
    ('e', 'ü', 'й', 'ŀ')
    """
    marked = normalize("NFD", letter)
    if is_latin(marked[0]):
        for end in range(len(marked) - 1, 0, -1):
            short = normalize("NFC", marked[:end])
            if short in tables().septets:
                return short
            if short in LISTED:
                return LISTED[short].replacement
    return letter


def _listed() -> Iterator[tuple[str, LookAlike]]:
    for (kind, safe, auto_encoding, *_), replacements in _GROUPS.items():
        for replacement, characters in replacements.items():
            for character in characters:
                yield character, LookAlike(replacement, kind, safe, auto_encoding)
    for octet in range(0x80, 0xA0):
        # Windows-1252 read as ISO 8859-1, which is how it is often declared: the WHATWG's Encoding
        # Standard reads that label as windows-1252. It leaves five of them undefined.
        if octet not in (0x81, 0x85, 0x8D, 0x8F, 0x90, 0x9D):
            meant = bytes([octet]).decode("windows-1252")
            yield chr(octet), LookAlike(meant, MISREAD, True, False)


def _marked() -> Iterator[tuple[str, LookAlike]]:
    for character in (chr(point) for points in _PRECOMPOSED for point in points):
        if character not in LISTED and character not in tables().septets:
            short = bare(character)
            if short != character:
                yield character, LookAlike(short, ACCENT, False, False)


LISTED: Mapping[str, LookAlike] = MappingProxyType(dict(_listed()))
LOOK_ALIKES: Mapping[str, LookAlike] = MappingProxyType({**LISTED, **dict(_marked())})
AUTO_ENCODING: Mapping[str, str] = MappingProxyType(
    {each: entry.replacement for each, entry in LISTED.items() if entry.auto_encoding}
    | {each: text for text, characters in _AUTO_ONLY.items() for each in characters}
)
"""What a provider's Auto Encoding replaces."""
