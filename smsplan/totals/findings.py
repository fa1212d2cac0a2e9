"""The reasons behind a total, most expensive first, as data and as sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from smsplan.encoding import Encoding, part_capacity
from smsplan.encoding.names import named
from smsplan.errors import Note, Problem
from smsplan.plurals import counted
from smsplan.ratecards import Cost
from smsplan.templates.opt_out import opt_out_at
from smsplan.totals.damage import TEMPLATE, Damaged, listed
from smsplan.totals.finding import Finding

if TYPE_CHECKING:
    import pyarrow as pa

    from smsplan.kernel.kernel import Kernel
    from smsplan.kernel.octets import Ints
    from smsplan.kernel.prices import PriceTable
    from smsplan.kernel.settlement import Settled
    from smsplan.kernel.texts.composing import Known
    from smsplan.totals.damage import Damages
    from smsplan.totals.summary import Summary

MAX_FINDINGS = 5
NEAR_UNITS = 3


class _Place:
    """What the messages add up to whose Unicode characters stand in the same places."""

    def __init__(self) -> None:
        self.rows = 0
        self.parts = 0
        self.cost = Cost()
        self.characters: Counter[str] = Counter()


class _Taken:
    """Rows taken of a batch, and what was measured of them: several bodies ask for the same."""

    def __init__(self) -> None:
        self._source: pa.RecordBatch | None = None
        self._found: list[tuple[Ints, pa.RecordBatch, Known]] = []

    def of(self, source: pa.RecordBatch, rows: Ints) -> tuple[pa.RecordBatch, Known]:
        """Return these rows, which ascend, and what is known of them."""
        import numpy as np
        import pyarrow as pa

        if source is not self._source:
            self._source, self._found = source, []
        for known_rows, batch, known in self._found:
            if np.array_equal(rows, known_rows):
                return batch, known
        whole = len(rows) == source.num_rows
        batch = source if whole else source.take(pa.array(rows))
        self._found.append((rows, batch, {}))
        return self._found[-1][1:]


class FindingsTally:
    """Collects, batch by batch, what the findings speak of."""

    def __init__(
        self,
        kernel: Kernel,
        prices: PriceTable | None,
        *,
        beside: FindingsTally | None = None,
    ) -> None:
        """``beside``: a tally of the same numbers under another body, which looks at them."""
        from smsplan.numbers import NationalTally
        from smsplan.totals.damage import Damages, DamageTally

        self._kernel = kernel
        self._settings = kernel.settings
        self._prices = prices
        self._unicode: dict[tuple[str, ...], _Place] = {}
        self._near = _Place()
        self._looks = beside is None and self._settings.reading.region is None
        self._national = NationalTally() if self._looks else None
        self._taken = _Taken()
        self._damages: Damages = Damages() if beside is None else beside._damages
        self._damage = DamageTally(kernel, self._cost, self._damages)
        if beside is not None:
            self._national, self._taken = beside._national, beside._taken

    def add(self, source: pa.RecordBatch, planned: Settled, reasons: Any | None = None) -> None:
        """Look at a batch of the caller's columns and the rows of the plan that belong to it.

        ``reasons`` is why messages are Unicode, where that was found before.
        """
        if self._looks and self._national is not None and not self._national.full:
            import pyarrow.compute as pc

            from smsplan.kernel.cells import number_cells

            texts = number_cells(
                source.column(self._settings.reading.to), self._settings.reading.to
            ).text
            # Only what names no country can be national.
            texts = texts.filter(pc.invert(pc.fill_null(pc.starts_with(texts, "+"), True)))
            named = pc.fill_null(pc.match_substring_regex(texts, r"^\s*(\+|00)"), True)
            self._national.add(texts.filter(pc.invert(named)).to_pylist())
        self._damage.add(source, planned)
        self._add_near(source, planned)
        self._add_unicode(source, planned, reasons)

    def _add_near(self, source: pa.RecordBatch, planned: Settled) -> None:
        import numpy as np
        import pyarrow as pa

        from smsplan.kernel.kernel import ENCODINGS

        profile = self._settings.profile
        if profile.languages:
            # The room of a part depends on each row's national tables.
            return
        parts = planned.billed
        several = np.flatnonzero(parts > 1)
        if not len(several):
            return
        parts = parts[several]
        units, encodings = planned.units[several], planned.encoding[several]
        for place, encoding in enumerate(ENCODINGS):
            one, more = (
                part_capacity(
                    Encoding(encoding), parts=count, reference_bits=profile.reference_bits
                )
                for count in (1, 2)
            )
            over = units - np.where(parts == 2, one, more * (parts - 1))
            near = np.flatnonzero((encodings == place) & (over <= NEAR_UNITS))
            # A pair that was not cut pushes units on: then more are over than it seems.
            pushed = near[parts[near] > 2]
            if len(pushed):
                chosen = source.take(pa.array(several[pushed]))
                last = self._kernel.last_units(chosen, gsm=encoding == Encoding.GSM)
                near = np.setdiff1d(near, pushed[last > NEAR_UNITS])
            self._near.rows += len(near)
            self._near.parts += len(near)
            rows = several[near]
            self._near.cost += self._cost(planned, rows, np.ones(len(rows), dtype=np.int64))

    def _add_unicode(
        self, source: pa.RecordBatch, planned: Settled, found_before: Any | None
    ) -> None:
        import numpy as np
        import pyarrow as pa

        from smsplan.kernel.kernel import ENCODINGS
        from smsplan.kernel.octets import counted
        from smsplan.kernel.texts.measures import Reasons

        unicode_ = planned.encoding == ENCODINGS.index(Encoding.UNICODE)
        rows = np.flatnonzero((planned.problem < 0) & unicode_)
        if not len(rows):
            return
        if found_before is None:
            reasons = self._kernel.reasons(*self._taken.of(source, rows))
        else:
            reasons = Reasons.of(found_before.take(pa.array(rows)))
        billed = planned.billed[rows].astype(np.int64)
        # What is cut to one part is one part in any alphabet.
        extra = billed - (1 if self._settings.message.truncate_concat else reasons.plain_parts)
        names = ["template", *(f"parameter '{key}'" for key in self._kernel.keys)]
        for bits in counted(reasons.places)[0].tolist():
            mask = reasons.places == bits
            found = tuple(name for place, name in enumerate(names) if bits >> place & 1)
            place = self._unicode.setdefault(found, _Place())
            place.rows += int(mask.sum())
            points, counts = counted(reasons.points[mask[reasons.rows]])
            for point, count in zip(points.tolist(), counts.tolist(), strict=True):
                place.characters[chr(point)] += count
            place.parts += int(extra[mask].sum())
            place.cost += self._cost(planned, rows[mask], extra[mask])

    def _cost(self, planned: Settled, rows: Any, extra: Any) -> Cost:
        """What the last ``extra`` parts of these rows cost."""
        if self._prices is None or not len(rows):
            return Cost()
        rate, parts = planned.rate[rows], planned.billed[rows]
        known = rate >= 0
        return self._prices.more(rate[known], parts[known], parts[known] - extra[known])

    def findings(self, summary: Summary) -> tuple[Finding, ...]:
        """Return what makes other figures doubtful, damaged texts, and the reasons for the total.

        The last two most expensive first; of reasons at most five.
        """
        # Two places at most, so that a name in many scripts does not crowd out the other reasons.
        places = sorted(self._unicode_findings(summary), key=_weight, reverse=True)[:2]
        found = [
            *places,
            *self._near_findings(summary),
            *self._opt_out_findings(summary),
            *_not_sent(summary),
            *self._number_findings(summary),
        ]
        found.sort(key=_weight, reverse=True)
        # A list that is read as other countries makes every other figure doubtful; what reads the
        # characters wrongly is why they are Unicode.
        damaged = [*self._mojibake_findings(summary), *self._damage_findings(summary)]
        return (*self._national_findings(), *damaged, *found[:MAX_FINDINGS])

    def _mojibake_findings(self, summary: Summary) -> Iterable[Finding]:
        found = self._damage.mojibake
        if found.rows:
            (encoding, _), *_ = found.encodings.most_common(1)
            assert found.example is not None
            written, meant = found.example
            quoted = f": {meant}, not {written},"
            yield self._damaged(
                "mojibake",
                found,
                f"{_subject(found.places)} {'look' if found.places[1:] else 'looks'} like UTF-8 "
                f"read as {encoding}{quoted} in {_of(found.rows, summary)}",
                "write the text, or the list, as UTF-8 again",
                summary,
                {"encoding": encoding, "quoted": quoted},
            )

    def _damage_findings(self, summary: Summary) -> Iterable[Finding]:
        found = self._damage.no_values
        if found.rows:
            looks = "looks" if found.values == 1 else "look"
            yield self._damaged(
                "no_values",
                found,
                f"{counted(found.values, 'value')} {looks} like an error or a missing value "
                f"({listed(found.texts)}) in {_inside(found.places)} of "
                f"{_of(found.rows, summary)}",
                "correct them, or leave them empty and give a default",
                summary,
                {"values": dict(found.texts.most_common())},
            )
        found = self._damage.escapes
        if found.rows:
            quoted = f" ({listed(found.texts)})"
            yield self._damaged(
                "escapes",
                found,
                f"{_of(found.rows, summary)} {'have' if found.rows > 1 else 'has'} an escape that "
                f"was not undone{quoted} in {_inside(found.places)}",
                "write the characters themselves",
                summary,
                {"quoted": quoted},
            )

        cut = self._damage.links_cut
        if cut:
            yield Finding(
                kind="link_cut",
                sentence=(
                    f"{_of(cut, summary)} {'have' if cut > 1 else 'has'} a link that begins in one "
                    "part and ends in the next: where parts arrive late or apart, it does not "
                    "open; move or shorten it."
                ),
                rows=cut,
            )

    @staticmethod
    def _damaged(
        kind: str,
        found: Damaged,
        sentence: str,
        then: str,
        summary: Summary,
        details: Mapping[str, Any],
    ) -> Finding:
        costs = ""
        if found.parts > 0:
            costs = f": {counted(found.parts, 'extra part')}{_money(found.cost, summary)}"
        priced = summary.priced and kind != "no_values"
        return Finding(
            kind=kind,
            sentence=f"{sentence.removesuffix(',')}{costs}; {then}.",
            rows=found.rows,
            parts=found.parts,
            cost=found.cost if priced else None,
            places=tuple(found.places),
            details=details,
        )

    def _unicode_findings(self, summary: Summary) -> Iterable[Finding]:
        for places, place in self._unicode.items():
            if not place.parts:
                continue  # they fit one part as they are: no reason for the total
            share = f"{place.rows:,} of {summary.messages:,} messages"
            where = f" in {' and '.join(places)}" if places else ""
            yield Finding(
                kind="unicode",
                sentence=(
                    f"{_characters(place.characters)}{where} "
                    f"{'makes' if len(place.characters) == 1 else 'make'} {share} Unicode: "
                    f"{counted(place.parts, 'extra part')}{_money(place.cost, summary)}."
                ),
                rows=place.rows,
                parts=place.parts,
                cost=place.cost if summary.priced else None,
                places=places,
                characters=dict(place.characters.most_common()),
            )

    def _near_findings(self, summary: Summary) -> Iterable[Finding]:
        near = self._near
        if near.rows:
            verb = "is" if near.rows == 1 else "are"
            yield Finding(
                kind="near_boundary",
                sentence=(
                    f"{counted(near.rows, 'message')} {verb} at most {NEAR_UNITS} units over a "
                    f"part: {NEAR_UNITS} units less of fixed text would save "
                    f"{counted(near.parts, 'part')}{_money(near.cost, summary)}."
                ),
                rows=near.rows,
                parts=near.parts,
                cost=near.cost if summary.priced else None,
            )

    def _opt_out_findings(self, summary: Summary) -> Iterable[Finding]:
        cut = summary.notes.get(Note.TRUNCATED, 0)
        bodies = self._settings.message.templates.values()
        # A message is cut at its end, where the opt-out is.
        if cut and any(opt_out_at(body.literals[-1]) is not None for body in bodies):
            yield Finding(
                kind="opt_out_cut",
                sentence=(
                    f"truncate_concat cuts {counted(cut, 'message')} at the end, where the text "
                    "says how to opt out; put the opt-out first, or shorten the text."
                ),
                rows=cut,
            )

    def _number_findings(self, summary: Summary) -> Iterable[Finding]:
        words = {
            note.value: note.number.counted.format(region=self._settings.reading.region)
            for note in sorted(Note, key=lambda note: note.weight)
            if note.number is not None
        }
        counts = {name: summary.notes[name] for name in words if name in summary.notes}
        if counts:
            listed = ", ".join(f"{rows:,} {words[name]}" for name, rows in counts.items())
            yield Finding(
                kind="numbers",
                sentence=f"Numbers to look at: {listed}.",
                rows=sum(counts.values()),
                details=counts,
            )

    def _national_findings(self) -> Iterable[Finding]:
        suggestion = None if self._national is None else self._national.suggestion()
        if suggestion is not None:
            region, rows = suggestion
            yield Finding(
                kind="looks_national",
                sentence=(
                    f"{counted(rows, 'number')} in column '{self._settings.reading.to}' look like "
                    f"national numbers of {region} and are read as international ones, so "
                    f"countries and prices may be wrong; pass region='{region}' "
                    f"(--region {region}) if they are."
                ),
                rows=rows,
                details={"region": region, "column": self._settings.reading.to},
            )


def told(finding: Finding, characters: Collection[str]) -> str:
    """Return the sentence of a finding that names these characters alone, and quotes no value."""
    sentence = finding.sentence
    if finding.characters:
        shown = {one: number for one, number in finding.characters.items() if one in characters}
        hidden = len(finding.characters) - len(shown)
        named_ones = _characters(Counter(finding.characters))
        sentence = sentence.replace(named_ones, _characters(Counter(shown), hidden), 1)
    if any(place != TEMPLATE for place in finding.places):
        sentence = sentence.replace(finding.details.get("quoted", ""), "", 1)
    return sentence


def _of(rows: int, summary: Summary) -> str:
    return f"{rows:,} of {counted(summary.messages, 'message')}"


def _subject(places: Sequence[str]) -> str:
    said = _inside(places)
    return said[:1].upper() + said[1:]


def _inside(places: Sequence[str]) -> str:
    said = (
        "the text" if place == TEMPLATE else f"the {place}" if place[:1] == "d" else place
        for place in places
    )
    return " and ".join(said)


def _not_sent(summary: Summary) -> Iterable[Finding]:
    rows = sum(summary.problems.values())
    if rows:
        reasons = "; ".join(
            f"{count:,} because {Problem(problem).sentence} ({problem})"
            for problem, count in sorted(summary.problems.items(), key=lambda item: -item[1])
        )
        yield Finding(
            kind="not_sent",
            sentence=f"{counted(rows, 'row')} will not be sent: {reasons}.",
            rows=rows,
            details=dict(summary.problems),
        )


def _weight(finding: Finding) -> tuple[Any, int, int]:
    amounts = [] if finding.cost is None else list(finding.cost.high.values())
    return (max(amounts, default=0), finding.parts, finding.rows)


def _money(cost: Cost, summary: Summary) -> str:
    return f", {cost}" if summary.priced and cost.high else ""


def _characters(characters: Counter[str], hidden: int = 0) -> str:
    """Name the two commonest characters; how many others there are, ``hidden`` ones too."""
    texts = [named(character) for character, _ in characters.most_common(2)]
    others = len(characters) - len(texts) + hidden
    if not texts and others:
        return counted(others, "character")
    if others:
        return f"{', '.join(texts)} and {counted(others, 'other character')}"
    return " and ".join(texts) or "A rule of the profile"
