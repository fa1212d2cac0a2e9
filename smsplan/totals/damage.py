"""Texts that were damaged before they came here: counted in a plan's messages, with what it costs.

Mojibake, escapes that were not undone, and values that are no values. They go out as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from smsplan.ratecards import Cost
from smsplan.templates import Template
from smsplan.templates.leftovers import escapes, undone
from smsplan.templates.mojibake import misread, repaired, word_at

if TYPE_CHECKING:
    import pyarrow as pa

    from smsplan.kernel.kernel import Kernel
    from smsplan.kernel.octets import Ints, Mask
    from smsplan.kernel.settlement import Settled
    from smsplan.kernel.texts.damaged_values import Damage

TEMPLATE = "template"


class Damages:
    """The damaged values of the batch at hand, by column: several bodies ask for the same."""

    def __init__(self) -> None:
        self._source: pa.RecordBatch | None = None
        self._found: dict[str, Damage | None] = {}

    def of(self, source: pa.RecordBatch, name: str) -> Damage | None:
        """Return the damaged values of a column."""
        from smsplan.kernel.texts.damaged_values import damage

        if source is not self._source:
            self._source, self._found = source, {}
        if name not in self._found:
            self._found[name] = damage(source.column(name), name)
        return self._found[name]


@dataclass(slots=True)
class Damaged:
    """What messages with damage of one kind add up to."""

    rows: int = 0
    parts: int = 0
    cost: Cost = field(default_factory=Cost)
    # Where it is; the texts that are damaged, and of mojibake as what they were read.
    places: list[str] = field(default_factory=list)
    texts: Counter[str] = field(default_factory=Counter)
    encodings: Counter[str] = field(default_factory=Counter)
    example: tuple[str, str] | None = None
    values: int = 0

    def name(self, place: str, bit: int, text: str, times: int = 1) -> None:
        """Take a text in that is so often in this place."""
        from smsplan.kernel.texts.damaged_values import MOJIBAKE, NO_VALUE

        if place not in self.places:
            self.places.append(place)
        self.values += times
        if bit == NO_VALUE:
            self.texts[text] += times
        elif bit == MOJIBAKE:
            first = misread(text)[0]
            self.encodings[first.encoding] += times
            if self.example is None:
                start, end = word_at(text, first.start)
                self.example = text[start:end], repaired(text[start:end])
        else:
            for one in escapes(text):
                self.texts[one.text] += times


def listed(texts: Counter[str]) -> str:
    """Quote the commonest three texts; how many others there are.

    >>> listed(Counter({"NULL": 2, "nan": 1}))
    "'NULL', 'nan'"
    """
    quoted = [f"'{text}'" for text, _ in texts.most_common(3)]
    return ", ".join([*quoted, *([f"{len(texts) - 3:,} more"] if len(texts) > 3 else [])])


class _Body:
    """One body: which columns it shows, and what is damaged in its fixed text and defaults."""

    def __init__(self, kernel: Kernel) -> None:
        from smsplan.kernel.texts.link_cuts import LinkCuts

        self.kernel = kernel
        settings = kernel.settings
        template = settings.message.template.under(
            dollar_escapes=settings.profile.double_dollar == "escape"
        )
        self.template = template
        keys = template.parameters
        self.columns = {
            key: settings.reading.columns[key] for key in keys if key in settings.reading.columns
        }
        self.defaults = {
            key: settings.message.default(key) or ""
            for key in keys
            if key in settings.message.defaults
        }
        self.link_cuts = LinkCuts(kernel.texts)
        self._repaired: dict[int, Kernel] = {}

    def fixed(self, bit: int) -> bool:
        """Whether the fixed text is damaged."""
        from smsplan.kernel.texts.damaged_values import NO_VALUE, bits_of

        return bit != NO_VALUE and bool(bits_of(self.template.body) & bit)

    def repaired(self, bit: int) -> Kernel:
        """The kernel of the same body as it was meant."""
        from smsplan.kernel.kernel import Kernel

        if bit not in self._repaired:
            settings = self.kernel.settings
            defaults = settings.message.defaults
            message = replace(
                settings.message,
                body=self.template.with_literals(_literals(self.template, bit)),
                defaults={key: _meant(text, bit) for key, text in defaults.items()},
            )
            self._repaired[bit] = Kernel(
                replace(settings, message=message, bodies=False), numbers=False
            )
        return self._repaired[bit]


def _meant(text: str, bit: int) -> str:
    from smsplan.kernel.texts.damaged_values import MOJIBAKE

    return repaired(text) if bit == MOJIBAKE else undone(text)


def _literals(template: Template, bit: int) -> list[str]:
    """The fixed texts without damage; behind each but the last stands a parameter."""
    *before, last = template.literals
    return [*(_meant(f"{text}$", bit)[:-1] for text in before), _meant(last, bit)]


class DamageTally:
    """Counts messages with damaged texts, batch by batch."""

    def __init__(
        self, kernel: Kernel, cost: Callable[[Settled, Any, Any], Cost], damages: Damages
    ) -> None:
        """``cost`` says what the last parts of rows cost."""
        from smsplan.kernel.texts.damaged_values import ESCAPE, MOJIBAKE, NO_VALUE

        self._kernel = kernel
        self._bodies = {id(each): _Body(each) for each in kernel.each}
        self._cost = cost
        self._damages = damages
        self.links_cut = 0
        self.mojibake, self.no_values, self.escapes = Damaged(), Damaged(), Damaged()
        self._kinds = {MOJIBAKE: self.mojibake, NO_VALUE: self.no_values, ESCAPE: self.escapes}

    def add(self, source: pa.RecordBatch, planned: Settled) -> None:
        """Look at a batch of the caller's columns and the rows of the plan that belong to it."""
        self._add_damage(source, planned)
        self._add_links(source, planned)

    def _add_links(self, source: pa.RecordBatch, planned: Settled) -> None:
        """Count messages of several parts with a link on both sides of a part's end."""
        from smsplan.encoding import Encoding
        from smsplan.errors import Note
        from smsplan.kernel.kernel import ENCODINGS

        several = (planned.billed > 1) & (planned.problem < 0)
        if not several.any():
            return
        if self._kernel.settings.message.substitution is not None:
            # What was replaced is no longer where it was.
            several &= planned.note & Note.SUBSTITUTED.bit == 0
        for rows, kernel in self._kernel.groups(source):
            find = self._bodies[id(kernel)].link_cuts
            if not find.known:
                continue
            for place, encoding in enumerate(ENCODINGS):
                some = rows[several[rows] & (planned.encoding[rows] == place)]
                gsm = encoding == Encoding.GSM
                self.links_cut += len(find(source, some, planned.units[some], gsm=gsm))

    def _add_damage(self, source: pa.RecordBatch, planned: Settled) -> None:
        import numpy as np

        bodies = self._bodies.values()
        fixed = {bit for bit in self._kinds if any(body.fixed(bit) for body in bodies)}
        defaults = any(self._bits(text) for body in bodies for text in body.defaults.values())
        columns = {name for body in bodies for name in body.columns.values()}
        if not fixed and not defaults and not any(self._damages.of(source, n) for n in columns):
            return
        for rows, kernel in self._kernel.groups(source):
            body = self._bodies[id(kernel)]
            sent = np.zeros(source.num_rows, bool)
            sent[rows] = planned.problem[rows] < 0
            for bit, found in self._kinds.items():
                mask = np.zeros(source.num_rows, bool)
                for place, where, texts in self._found(source, body, bit, sent):
                    mask |= where
                    for text, times in texts.items():
                        found.name(place, bit, text, times)
                if mask.any():
                    self._count(source, planned, body, bit, np.flatnonzero(mask))

    @staticmethod
    def _bits(text: str) -> int:
        from smsplan.kernel.texts.damaged_values import bits_of

        return bits_of(text)

    def _found(
        self, source: pa.RecordBatch, body: _Body, bit: int, sent: Mask
    ) -> Iterator[tuple[str, Mask, Mapping[str, int]]]:
        """Yield places with damage, the messages that have it, and the texts by their number."""
        import numpy as np

        if body.fixed(bit) and sent.any():
            yield TEMPLATE, sent, {body.template.body: int(sent.sum())}
        for key, name in body.columns.items():
            damage = self._damages.of(source, name)
            if damage is not None:
                having = [(row, text) for row, text in damage.having(bit) if sent[row]]
                where = np.zeros(source.num_rows, bool)
                where[[row for row, _ in having]] = True
                if having:
                    yield f"parameter '{key}'", where, Counter(text for _, text in having)
        for key, text in body.defaults.items():
            if self._bits(text) & bit:
                where = sent & self._missing(source, body, key)
                if where.any():
                    yield f"default of '{key}'", where, {text: int(where.sum())}

    def _missing(self, source: pa.RecordBatch, body: _Body, key: str) -> Any:
        """Say which rows have no value of a parameter."""
        import numpy as np

        from smsplan.kernel.cells import text_cells

        name = body.columns.get(key)
        if name is None:
            return np.ones(source.num_rows, bool)
        return text_cells(source.column(name), name).text.is_null().to_numpy(zero_copy_only=False)

    def _count(
        self, source: pa.RecordBatch, planned: Settled, body: _Body, bit: int, rows: Ints
    ) -> None:
        import numpy as np

        from smsplan.kernel.texts.damaged_values import NO_VALUE

        found = self._kinds[bit]
        found.rows += len(rows)
        if bit == NO_VALUE:
            return
        meant = self._meant(source, body, bit, rows)
        billed = planned.billed[rows].astype(np.int64)
        extra = billed - body.repaired(bit).compose_all(meant).billed
        found.parts += int(extra.sum())
        found.cost += self._cost(planned, rows, extra)

    def _meant(self, source: pa.RecordBatch, body: _Body, bit: int, rows: Ints) -> pa.RecordBatch:
        """Return the values of rows as they were meant."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        from smsplan.kernel.cells import text_cells

        place = {row: number for number, row in enumerate(rows.tolist())}
        made = {}
        for name in dict.fromkeys(body.kernel.settings.reading.columns.values()):
            texts = text_cells(source.column(name), name).text.take(pa.array(rows))
            damage = self._damages.of(source, name)
            known: dict[str, str] = {}
            at, others = [], []
            for row, text in damage.having(bit) if damage is not None else ():
                if row in place:
                    if text not in known:
                        known[text] = _meant(text, bit)
                    at.append(place[row])
                    others.append(known[text])
            if at:
                mask = np.zeros(len(rows), bool)
                mask[at] = True
                large = pa.large_string()
                texts = pc.replace_with_mask(
                    texts.cast(large), pa.array(mask), pa.array(others, large)
                )
            made[name] = texts
        if not made:
            made["row"] = pa.array(rows)
        return pa.RecordBatch.from_pydict(made)
