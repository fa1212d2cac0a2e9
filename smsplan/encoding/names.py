"""What characters are called: Unicode's names, and its formal aliases where there is no name."""

from __future__ import annotations

from unicodedata import category, name

# Controls have no name, only aliases: the first of each in the Unicode Character Database's
# NameAliases.txt, from U+0000 and from U+007F on.
_C0 = """
NULL; START OF HEADING; START OF TEXT; END OF TEXT; END OF TRANSMISSION; ENQUIRY; ACKNOWLEDGE; ALERT
BACKSPACE; CHARACTER TABULATION; LINE FEED; LINE TABULATION; FORM FEED; CARRIAGE RETURN; SHIFT OUT
SHIFT IN; DATA LINK ESCAPE; DEVICE CONTROL ONE; DEVICE CONTROL TWO; DEVICE CONTROL THREE
DEVICE CONTROL FOUR; NEGATIVE ACKNOWLEDGE; SYNCHRONOUS IDLE; END OF TRANSMISSION BLOCK; CANCEL
END OF MEDIUM; SUBSTITUTE; ESCAPE; INFORMATION SEPARATOR FOUR; INFORMATION SEPARATOR THREE
INFORMATION SEPARATOR TWO; INFORMATION SEPARATOR ONE
"""
_C1 = """
DELETE; PADDING CHARACTER; HIGH OCTET PRESET; BREAK PERMITTED HERE; NO BREAK HERE; INDEX; NEXT LINE
START OF SELECTED AREA; END OF SELECTED AREA; CHARACTER TABULATION SET
CHARACTER TABULATION WITH JUSTIFICATION; LINE TABULATION SET; PARTIAL LINE FORWARD
PARTIAL LINE BACKWARD; REVERSE LINE FEED; SINGLE SHIFT TWO; SINGLE SHIFT THREE
DEVICE CONTROL STRING; PRIVATE USE ONE; PRIVATE USE TWO; SET TRANSMIT STATE; CANCEL CHARACTER
MESSAGE WAITING; START OF GUARDED AREA; END OF GUARDED AREA; START OF STRING
SINGLE GRAPHIC CHARACTER INTRODUCER; SINGLE CHARACTER INTRODUCER; CONTROL SEQUENCE INTRODUCER
STRING TERMINATOR; OPERATING SYSTEM COMMAND; PRIVACY MESSAGE; APPLICATION PROGRAM COMMAND
"""
_ALIASES = {
    chr(first + place): alias
    for first, aliases in ((0x00, _C0), (0x7F, _C1))
    for place, alias in enumerate(aliases.strip().replace("\n", "; ").split("; "))
}
# The alias says what it is for; the name is what it was once for.
_ALIASES["\ufeff"] = "BYTE ORDER MARK"
# The Unicode Standard 4.8 labels what has neither.
_LABELS = {"Co": "PRIVATE USE CHARACTER", "Cs": "HALF OF A SURROGATE PAIR", "Cn": "NOT ASSIGNED"}


def character_name(text: str) -> str:
    """Return the name of a character, or those of several that are one to the eye.

    >>> character_name("…"), character_name("\\v"), character_name("\\x85")
    ('HORIZONTAL ELLIPSIS', 'LINE TABULATION', 'NEXT LINE')
    >>> character_name("e\\u0301")
    'LATIN SMALL LETTER E + COMBINING ACUTE ACCENT'
    """
    return " + ".join(
        _ALIASES.get(each) or name(each, "") or _LABELS.get(category(each), "NO NAME")
        for each in text
    )


def code_points(text: str) -> str:
    """Return the code points of a text.

    >>> code_points("…"), code_points("e\\u0301")
    ('U+2026', 'U+0065 U+0301')
    """
    return " ".join(f"U+{ord(each):04X}" for each in text)


def title_of(text: str) -> str:
    """Return the code points of a text and its name.

    >>> title_of("“"), title_of("\\x07")
    ('U+201C LEFT DOUBLE QUOTATION MARK', 'U+0007 ALERT')
    """
    return f"{code_points(text)} {character_name(text)}"


def named(text: str) -> str:
    """Return the code points and the name; where it would not disturb a sentence, the text too.

    >>> named("…"), named("\\v")
    ("'…' (U+2026 HORIZONTAL ELLIPSIS)", 'U+000B LINE TABULATION')
    """
    return f"'{text}' ({title_of(text)})" if is_visible(text) else title_of(text)


def is_visible(text: str) -> bool:
    """Whether a text stands for itself: it begins with a letter, number, mark of writing or symbol.

    >>> is_visible("a"), is_visible("\\u0301"), is_visible("\\u200b")
    (True, False, False)
    """
    return category(text[0])[0] in "LNPS"
