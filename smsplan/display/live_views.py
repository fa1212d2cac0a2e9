"""What results of the live API look like in a notebook; terminals have their own words for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from smsplan.api.profiles import Profile
from smsplan.display.figures import NONE, count
from smsplan.display.grids import Grid, View
from smsplan.display.views import as_html, cut, view
from smsplan.live.calibrating.calibration import Calibration
from smsplan.live.campaigns import Status
from smsplan.live.journal import State
from smsplan.live.live_dry_runs import LiveDryRun
from smsplan.live.verification import AnswerDifference, Verification
from smsplan.whatif.open_questions import shown

__all__ = ["as_html"]

# So many kinds that are not covered are named.
_NAMED = 10


@view.register
def verification_view(result: Verification) -> View:
    """Describe a verification: what differs, by the switch that explains it, and the bound."""
    return View(
        head=result.head,
        grids=_differing(result.differences, "planned"),
        remarks=[*result.remarks, *_uncovered(result)],
    )


@view.register
def live_dry_run_view(result: LiveDryRun) -> View:
    """Describe a dry run of the account: what differs, by the switch that explains it."""
    return View(
        head=result.head, grids=_differing(result.differences, "computed"), remarks=result.remarks
    )


def _differing(differences: Sequence[AnswerDifference], ours: str) -> tuple[Grid, ...]:
    """Return the table of differences, if there are any; ``ours`` is what our side is called."""
    groups: dict[tuple[str, str], list[AnswerDifference]] = {}
    for each in differences:
        groups.setdefault((each.why, each.field), []).append(each)
    if not groups:
        return ()
    rows, more = cut([_line(why, field, some) for (why, field), some in groups.items()])
    grid = Grid(
        title="what differs",
        header=["explained by", "what", "times", "such as", "row", ours, "answered"],
        rows=rows,
        # The masked number is a figure: it does not break.
        texts=(0, 1, 5, 6),
        more=more,
    )
    return (grid,)


def _line(why: str, field: str, some: list[AnswerDifference]) -> list[str]:
    first = some[0]
    who = "all of it" if first.recipient is None else first.recipient
    row = NONE if first.row is None else count(first.row)
    what = field.replace("_", " ")
    return [why, what, count(len(some)), who, row, first.ours, first.theirs]


def _uncovered(result: Verification) -> list[str]:
    if not result.uncovered:
        return [f"All {count(len(result.covered))} kinds and pairs of kinds are covered."]
    names, more = result.uncovered[:_NAMED], len(result.uncovered) - _NAMED
    every = len(result.covered) + len(result.uncovered)
    return [
        f"Not covered are {count(len(result.uncovered))} of {count(every)} kinds and pairs of "
        f"kinds in the plan: {', '.join(names)}" + (f", and {count(more)} more" if more > 0 else "")
    ]


@view.register
def calibration_view(result: Calibration) -> View:
    """Describe a calibration: what is other than documented, by which dry run, what is open."""
    documented = Profile()
    changed = [
        [
            switch,
            _value(value),
            _value(getattr(documented, switch)),
            ", ".join(each.name for each in result.evidence if switch in each.decides) or NONE,
        ]
        for switch, value in result.changes.items()
    ]
    grids = []
    if result.contradictions:
        rows, more = cut(
            [
                [each.dry_run, each.field, each.answered, " or ".join(each.possible) or NONE]
                for each in result.contradictions
            ]
        )
        grids.append(
            Grid(
                title="what fits no value of any switch",
                header=["dry run", "what", "answered", "would fit"],
                rows=rows,
                texts=(0, 1, 2, 3),
                more=more,
            )
        )
    if changed:
        grids.append(
            Grid(
                title="other than documented",
                header=["switch", "this account", "documented", "decided by the dry run"],
                rows=changed,
                texts=(0, 1, 2, 3),
            )
        )
    if result.open:
        grids.append(
            Grid(
                title="left open",
                header=["switch", "why"],
                rows=list(result.open.items()),
                texts=(0, 1),
            )
        )
    remarks = [] if changed else [result.summary]
    return View(
        head=result.head, grids=grids, remarks=[*remarks, *[result.words] * bool(result.words)]
    )


def _value(value: Any) -> str:
    return ", ".join(value) or "none" if isinstance(value, tuple) else shown(value)


@view.register
def status_view(result: Status) -> View:
    """Describe where a campaign stands."""
    rows = [
        [str(state), count(result.batches[state]), count(result.recipients[state])]
        for state in State
        if result.batches.get(state)
    ]
    grid = Grid(title="", header=["state", "batches", "recipients"], rows=rows)
    head = "sent" if result.done else "not done yet"
    return View(head=head, grids=[grid] if rows else (), remarks=result.remarks)
