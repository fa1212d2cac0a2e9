"""Senders and headers that no document of the API refuses, and that may not arrive as they are."""

from __future__ import annotations

from smsplan.encoding.alphabets import ESC, LOCKING
from smsplan.encoding.names import named
from smsplan.numbers import normalise

_BASIC = frozenset(LOCKING[0]) - {ESC, "\n", "\r"}


def doubtful_sender(sender: str) -> str | None:
    """Say what is doubtful about an alphanumeric sender; None: nothing, or it is a number.

    The provider's documentation of SMS over HTTP limits it to the GSM 7-bit default alphabet; that
    of the REST API says alphanumeric alone. TS 23.040 9.1.2.5: it travels in septets.

    >>> doubtful_sender("Café")
    >>> doubtful_sender("[Brand]")
    "the sender has '[' (U+005B LEFT SQUARE BRACKET), which is outside the GSM 7-bit default
    alphabet; it may be refused or replaced on the way"
    """
    if normalise(sender) is not None:
        return None
    outside = next((character for character in sender if character not in _BASIC), None)
    if outside is not None:
        return (
            f"the sender has {named(outside)}, which is outside the GSM 7-bit default alphabet; "
            "it may be refused or replaced on the way"
        )
    if sender != sender.strip():
        return "the sender begins or ends with a blank, which phones may not show; leave it out"
    return None


def doubtful_header(udh: bytes) -> str | None:
    """Say what is wrong with the user data header of a binary message. TS 23.040 9.2.3.24.

    The first octet (UDHL) is how many follow; each information element has an identifier, the
    length of its data, and the data.

    >>> doubtful_header(bytes.fromhex("06050423F423F4"))
    >>> doubtful_header(bytes.fromhex("0b0003010201"))
    'the user data header is malformed: UDHL 0x0b names 11 octets and 5 follow'
    """
    wrong = "the user data header is malformed: "
    if not udh:
        return wrong + "it is empty, without even its length"
    if udh[0] != len(udh) - 1:
        return f"{wrong}UDHL 0x{udh[0]:02x} names {udh[0]} octets and {len(udh) - 1} follow"
    at = 1
    while at < len(udh):
        end = at + 2 + (udh[at + 1] if at + 1 < len(udh) else 0)
        if end > len(udh):
            return f"{wrong}information element 0x{udh[at]:02x} goes beyond the end"
        at = end
    return None
