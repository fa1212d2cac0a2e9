"""What is wrong with a list of recipients, and the money that it wastes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smsplan.errors import Note, Problem, Weight
from smsplan.ratecards import Cost
from smsplan.showing import Shown
from smsplan.totals.damage import Damaged, listed
from smsplan.totals.plan_view import Planned
from smsplan.totals.summary import count_of
from smsplan.totals.tabular import ANY, COUNT, CURRENCY, MONEY, frame

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

    from smsplan.kernel.octets import Bits, Ints, Mask
    from smsplan.kernel.settings import RowSettings
    from smsplan.kernel.settlement import Settled
    from smsplan.totals.tabular import Frame

# So many rows of each kind are named.
FIRST_ROWS = 10
# What is noted of numbers; a message is wasted, or in doubt, for one reason: the first of these.
_NOTED = {note.value: note for note in Note if note.number is not None}
WASTED = ("duplicate", *(kind for kind, note in _NOTED.items() if note.weight is Weight.WASTED))
IN_DOUBT = ("toll_free", *(kind for kind, note in _NOTED.items() if note.weight is Weight.IN_DOUBT))
KINDS = (
    *_NOTED,
    "invalid",
    "duplicate",
    "toll_free",
    "unpriced",
    "no_values",
    "mojibake",
    "escapes",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """Rows of one kind: ``messages`` of them go out, as ``parts``, and cost this much.

    ``kind``: ``repaired``, ``national``, ``looks_national``, ``invalid``, ``duplicate``,
    ``fictitious``, ``doubtful``, ``toll_free``, ``unpriced``; of values ``no_values`` (``#N/A``),
    ``mojibake``, ``escapes`` (``&amp;``). ``first_rows`` count from 1.
    ``wasted``: what the messages cost that reach nobody, or somebody twice. ``in_doubt``: what
    those cost that may reach nobody, or may be priced as another country. A message is in one of
    the two, under one kind. ``saved``: what repeated rows would have cost that are left out. The
    four costs are null without prices.
    """

    kind: str
    sentence: str
    rows: int
    messages: int
    parts: int
    cost: Cost | None
    wasted: Cost | None
    in_doubt: Cost | None = None
    saved: Cost | None = None
    first_rows: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; money is text."""
        return {
            "kind": self.kind,
            "sentence": self.sentence,
            "rows": self.rows,
            "messages": self.messages,
            "parts": self.parts,
            "cost": _dict(self.cost),
            "wasted": _dict(self.wasted),
            "in_doubt": _dict(self.in_doubt),
            "saved": _dict(self.saved),
            "first_rows": list(self.first_rows),
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Audit(Shown):
    """An audit of recipients, the dearest kind first."""

    rows: int
    lines: tuple[AuditLine, ...]
    priced: bool

    @property
    def wasted(self) -> Cost | None:
        """What all messages cost that reach nobody, or somebody twice; None without prices."""
        return self._total("wasted")

    @property
    def in_doubt(self) -> Cost | None:
        """What all messages cost that may reach nobody; None without prices."""
        return self._total("in_doubt")

    @property
    def saved(self) -> Cost | None:
        """What the rows would have cost that are left out as duplicates; None without prices."""
        return self._total("saved")

    def _total(self, name: str) -> Cost | None:
        if not self.priced:
            return None
        total = Cost()
        for line in self.lines:
            total += getattr(line, name) or Cost()
        return total

    def to_frame(self, *, currency: str | None = None, bounds: bool = False) -> Frame:
        """Return the lines as a pandas DataFrame; ``wasted`` and the like add up to the audit's.

        A row of the list may be in several lines, so counts and ``cost`` add up to nothing.
        ``unpriced`` counts messages without a price. Money is exact, what is expected, in
        ``currency``, which is named where amounts are in several; ``bounds`` adds ``..._low`` and
        ``..._high``.
        """
        columns = {
            "kind": ANY,
            "sentence": ANY,
            "rows": COUNT,
            "messages": COUNT,
            "parts": COUNT,
            "cost": MONEY,
            "wasted": MONEY,
            "in_doubt": MONEY,
            "saved": MONEY,
            "unpriced": COUNT,
            "currency": CURRENCY,
            "first_rows": ANY,
        }
        rows = (
            {
                "kind": line.kind,
                "sentence": line.sentence,
                "rows": line.rows,
                "messages": line.messages,
                "parts": line.parts,
                "cost": line.cost,
                "wasted": line.wasted,
                "in_doubt": line.in_doubt,
                "saved": line.saved,
                "unpriced": line.messages if line.cost is None else line.cost.unpriced,
                "first_rows": list(line.first_rows),
            }
            for line in self.lines
        )
        return frame(columns, rows, currency=currency, bounds=bounds)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; money is text."""
        return {
            "rows": self.rows,
            "priced": self.priced,
            "wasted": _dict(self.wasted),
            "in_doubt": _dict(self.in_doubt),
            "saved": _dict(self.saved),
            "lines": [line.to_dict() for line in self.lines],
        }


class _Tally:
    """What the rows of one kind add up to."""

    def __init__(self) -> None:
        self.rows = 0
        self.first: list[int] = []
        # Messages by the row of the rate card and billed parts.
        self.sent: Counter[tuple[int, int]] = Counter()
        self.wasted: Counter[tuple[int, int]] = Counter()
        self.in_doubt: Counter[tuple[int, int]] = Counter()
        self.saved: Counter[tuple[int, int]] = Counter()

    def add(self, mask: Mask, before: int) -> None:
        """Count the rows of a batch, so many of which were before it."""
        import numpy as np

        rows = np.flatnonzero(mask)
        self.rows += len(rows)
        self.first += (rows[: FIRST_ROWS - len(self.first)] + before + 1).tolist()


def _charge(
    counts: Counter[tuple[int, int]], rate: npt.NDArray[Any], parts: npt.NDArray[Any], mask: Mask
) -> None:
    """Count messages by what they are charged by."""
    import numpy as np

    from smsplan.kernel.octets import counted

    width = int(parts.max(initial=0)) + 1
    keys, found = counted((rate[mask].astype(np.int64) + 1) * width + parts[mask])
    for key, count in zip(keys.tolist(), found.tolist(), strict=True):
        counts[key // width - 1, key % width] += count


def audit(plan: Planned) -> Audit:
    """Audit the recipients of a plan: :meth:`Plan.audit`.

    Looked at are the values of parameters; of a plan without any, every column of text.
    """
    import numpy as np

    from smsplan.kernel.duplicates import OF_A_FILE, Duplicates
    from smsplan.kernel.kernel import PROBLEMS, Kernel
    from smsplan.kernel.settlement import Settled

    tallies = {kind: _Tally() for kind in KINDS}
    kernel = Kernel(plan.settings, texts=False)
    keeps = plan.settings.reading.duplicates == "keep"

    def keys() -> Iterator[Ints]:
        return (kernel.read(theirs).keys for theirs, _ in plan.batches())

    duplicates = Duplicates(column=keys, remembered=OF_A_FILE) if keeps else None
    left_out = PROBLEMS.index(Problem.DUPLICATE_RECIPIENT)
    values = _Values(plan.settings)
    before = 0
    for theirs, ours in plan.batches():
        numbers = kernel.read(theirs)
        settled = Settled.of(ours)
        sent = settled.problem < 0
        repeated = settled.problem == left_out
        if duplicates is not None:
            repeated = duplicates.flag(numbers.keys, sent, sent).sent
        masks = _masks(numbers.keys, numbers.notes, settled, repeated) | values.masks(theirs)
        if plan.prices is not None:
            masks["unpriced"] = sent & (settled.rate < 0)
        open_ = sent.copy()
        for names, name in ((WASTED, "wasted"), (IN_DOUBT, "in_doubt")):
            for kind in names:
                mask = masks[kind] & open_
                open_ &= ~mask
                _charge(getattr(tallies[kind], name), settled.rate, settled.billed, mask)
        for kind, mask in masks.items():
            tallies[kind].add(mask, before)
            _charge(tallies[kind].sent, settled.rate, settled.billed, mask & sent)
        if duplicates is None:
            # What their texts take; a cut one is one part, whatever a dry run shows.
            parts = settled.parts
            if plan.settings.message.truncate_concat:
                parts = np.ones_like(parts)
            _charge(tallies["duplicate"].saved, settled.rate, parts, repeated)
        before += len(sent)
    lines = [
        _line(kind, tally, plan, values.damaged.get(kind))
        for kind, tally in tallies.items()
        if tally.rows
    ]
    return Audit(
        rows=before,
        lines=tuple(sorted(lines, key=_weight, reverse=True)),
        priced=plan.prices is not None,
    )


class _Values:
    """Which rows have damaged values, and what is said of them."""

    def __init__(self, settings: RowSettings) -> None:
        from smsplan.kernel.texts.damaged_values import ESCAPE, MOJIBAKE, NO_VALUE

        self._settings = settings
        self._bits = {"no_values": NO_VALUE, "mojibake": MOJIBAKE, "escapes": ESCAPE}
        self.damaged = {kind: Damaged() for kind in self._bits}

    def masks(self, theirs: pa.RecordBatch) -> dict[str, Mask]:
        """Return the rows of each kind."""
        import numpy as np

        from smsplan.kernel.texts.damaged_values import damage, text_column

        masks: dict[str, Mask] = {kind: np.zeros(theirs.num_rows, bool) for kind in self._bits}
        every = [name for name in theirs.schema.names if name != self._settings.reading.to]
        for name in dict.fromkeys(self._settings.reading.columns.values() or every):
            column = text_column(theirs.column(name))
            found = None if column is None else damage(column, name)
            if found is None:
                continue
            for kind, bit in self._bits.items():
                having = found.having(bit)
                masks[kind][[row for row, _ in having]] = True
                for text, times in Counter(text for _, text in having).items():
                    self.damaged[kind].name(f"column '{name}'", bit, text, times)
        return masks


def _masks(keys: Ints, notes: Bits, settled: Settled, repeated: Mask) -> dict[str, Mask]:
    """Say which rows are of which kind, whether they are sent or not."""
    from smsplan.kernel.kernel import PROBLEMS
    from smsplan.kernel.numbers.toll_free import toll_free

    masks = {kind: notes & note.bit != 0 for kind, note in _NOTED.items()}
    masks["invalid"] = settled.problem == PROBLEMS.index(Problem.INVALID_NUMBER)
    masks["duplicate"] = repeated
    masks["toll_free"] = toll_free(keys)
    return masks


def _line(kind: str, tally: _Tally, plan: Planned, damaged: Damaged | None) -> AuditLine:
    prices = plan.prices

    def cost(rate: int, parts: int, messages: int) -> Cost:
        if prices is None or rate < 0:
            return Cost(unpriced=messages)
        return prices.cost(rate, parts, messages)

    sent = count_of(tally.sent, cost)
    wasted, in_doubt, saved = (
        None if prices is None else count_of(counts, cost).cost
        for counts in (tally.wasted, tally.in_doubt, tally.saved)
    )
    return AuditLine(
        kind=kind,
        sentence=_sentence(kind, tally.rows, plan, damaged),
        rows=tally.rows,
        messages=sent.messages,
        parts=sent.parts,
        cost=None if prices is None else sent.cost,
        wasted=wasted,
        in_doubt=in_doubt,
        saved=saved,
        first_rows=tuple(tally.first),
    )


# What rows of each kind are, and what to do about it: one row, and several.
_SENTENCES = {
    **{note.value: (said.one, said.several) for note in Note if (said := note.number)},
    "invalid": (
        "1 row has no number that the API takes; nothing is sent to it",
        "{} rows have no number that the API takes; nothing is sent to them",
    ),
    "duplicate": (
        "1 row repeats a number that is sent to, and is left out",
        "{} rows repeat a number that is sent to, and are left out",
    ),
    "kept": (
        "1 message goes to a number that gets one already; plan with duplicates='flag' "
        "(--duplicates flag)",
        "{} messages go to numbers that get one already; plan with duplicates='flag' "
        "(--duplicates flag)",
    ),
    "toll_free": (
        "1 number is toll-free; in most countries such numbers receive no SMS",
        "{} numbers are toll-free; in most countries such numbers receive no SMS",
    ),
    "unpriced": (
        "1 message has no price in the rate card: what it costs is not known",
        "{} messages have no price in the rate card: what they cost is not known",
    ),
    "no_values": (
        "1 value looks like an error or a missing value ({texts}) in {places}; correct it, or "
        "leave it empty",
        "{} values look like an error or a missing value ({texts}) in {places}; correct them, or "
        "leave them empty",
    ),
    "mojibake": (
        "1 row has a value that looks like UTF-8 read as {encoding} in {places}; write the list as "
        "UTF-8 again",
        "{} rows have values that look like UTF-8 read as {encoding} in {places}; write the list "
        "as UTF-8 again",
    ),
    "escapes": (
        "1 row has a value with an escape that was not undone in {places}; write the characters "
        "themselves",
        "{} rows have values with escapes that were not undone in {places}; write the characters "
        "themselves",
    ),
}


def _sentence(kind: str, rows: int, plan: Planned, damaged: Damaged | None) -> str:
    keeps = kind == "duplicate" and plan.settings.reading.duplicates == "keep"
    one, several = _SENTENCES["kept" if keeps else kind]
    words = {"region": plan.settings.reading.region}
    if damaged is not None:
        rows = damaged.values if kind == "no_values" else rows
        words |= {
            "places": " and ".join(damaged.places),
            "texts": listed(damaged.texts),
            "encoding": next((name for name, _ in damaged.encodings.most_common(1)), None),
        }
    return (one if rows == 1 else several).format(f"{rows:,}", **words) + "."


def _weight(line: AuditLine) -> tuple[Any, ...]:
    """Order by what is wasted, then in doubt, then saved; else by what is sent, and by rows."""
    money = (
        max((Cost() if cost is None else cost).high.values(), default=0)
        for cost in (line.wasted, line.in_doubt, line.saved, line.cost)
    )
    return (*money, line.parts, line.rows)


def _dict(cost: Cost | None) -> dict[str, Any] | None:
    return None if cost is None else cost.to_dict()
