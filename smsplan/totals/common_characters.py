"""Which characters the values of several people have: only these tell nothing about one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from smsplan.totals.plan_view import Planned

if TYPE_CHECKING:
    import pyarrow as pa

PEOPLE = 5
"""So many people at least have a character that a masked page may show."""


def common_characters(plan: Planned, people: int = PEOPLE) -> frozenset[str]:
    """Return the characters above ASCII that the values of so many different recipients have.

    Only messages that are sent count; a number that gets several is one recipient.
    """
    tally = _Tally(people)
    names = list(dict.fromkeys(plan.settings.reading.columns.values()))
    for theirs, ours in plan.batches():
        sent = ours.column("sendable")
        recipients = ours.column("recipient").filter(sent)
        for name in names:
            tally.add(theirs.column(name).filter(sent), name, recipients)
    return frozenset(tally.common)


class _Tally:
    """Who has which character, until enough people have it; a few recipients a character."""

    def __init__(self, people: int) -> None:
        self.common: set[str] = set()
        self._people = people
        self._having: dict[str, set[str]] = {}

    def add(self, column: pa.Array, name: str, recipients: Any) -> None:
        """Look at the values of a column, and whose they are."""
        import pyarrow as pa
        import pyarrow.compute as pc

        from smsplan.kernel.cells import text_cells

        texts = text_cells(column, name).text
        above = pc.fill_null(pc.match_substring_regex(texts, r"[^\x00-\x7f]"), False)
        values = texts.filter(above).dictionary_encode()
        known = values.dictionary.to_pylist()
        open_ = [bool(set(value) - self.common) for value in known]
        rows = pa.array(open_, pa.bool_()).take(values.indices)
        for place, recipient in zip(
            values.indices.filter(rows).to_pylist(),
            recipients.filter(above).filter(rows).to_pylist(),
            strict=True,
        ):
            for character in set(known[place]) - self.common:
                having = self._having.setdefault(character, set())
                having.add(recipient)
                if len(having) >= self._people:
                    self.common.add(character)
                    del self._having[character]
