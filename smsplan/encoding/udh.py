"""User data header: information elements, and the room that they leave. TS 23.040 9.2.3.24."""

from __future__ import annotations

USER_DATA_OCTETS = 140

# Information element identifiers.
CONCATENATION_8 = 0x00
CONCATENATION_16 = 0x08
SINGLE_SHIFT = 0x24
LOCKING_SHIFT = 0x25


def national_elements(locking: int, single_shift: int) -> bytes:
    """Return the elements that name national tables. TS 23.040 9.2.3.24.15, 9.2.3.24.16."""
    out = b""
    if single_shift:
        out += bytes((SINGLE_SHIFT, 1, single_shift))
    if locking:
        out += bytes((LOCKING_SHIFT, 1, locking))
    return out


def concatenation(total: int, sequence: int, reference: int, reference_bits: int) -> bytes:
    """Return the concatenation element. TS 23.040 9.2.3.24.1 (8 bits), 9.2.3.24.8 (16 bits)."""
    if reference_bits == 8:
        return bytes((CONCATENATION_8, 3, reference, total, sequence))
    return bytes((CONCATENATION_16, 4, reference >> 8, reference & 0xFF, total, sequence))


def header(elements: bytes) -> bytes:
    """Return the header: its length, then the elements; nothing where there are none."""
    return bytes((len(elements),)) + elements if elements else b""


def header_octets(*, concatenated: bool, national: int, reference_bits: int = 8) -> int:
    """Return the octets of a header with ``national`` table elements."""
    elements = 3 * national
    if concatenated:
        elements += 5 if reference_bits == 8 else 6
    return elements + 1 if elements else 0


def fill_bits(octets: int) -> int:
    """Return the bits that align the first septet behind a header. TS 23.040 9.2.3.24."""
    return -8 * octets % 7


def septet_room(octets: int) -> int:
    """Return the septets that fit behind a header of so many octets."""
    return (8 * (USER_DATA_OCTETS - octets) - fill_bits(octets)) // 7


def unit_room(octets: int) -> int:
    """Return the code units that fit behind a header of so many octets."""
    return (USER_DATA_OCTETS - octets) // 2
