"""The profile of an account, found by asking it: free dry runs that send nothing.

What is asked is in ``probes``, what of the answers may be believed in ``interview``, and what that
says of each switch in ``deciding``. A switch is decided, or open with the reason; what no value of
it answers is said first.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from smsplan.api.profiles import SWITCHES, Profile
from smsplan.errors import InputError
from smsplan.live.asking import DryRuns
from smsplan.live.calibrating.conclusions import read
from smsplan.live.calibrating.contradictions import Contradiction, plain, said
from smsplan.live.calibrating.interview import Interview
from smsplan.numbers import normalise
from smsplan.showing import drawn

# Reserved for fiction: nobody has them.
NUMBERS = tuple(f"+447700900{place}" for place in range(123, 163))
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Evidence:
    """A dry run that was made: the request, what was answered, and the switches it decides."""

    name: str
    request: Mapping[str, Any]
    number_of_recipients: int
    answer: str
    decides: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "name": self.name,
            "request": dict(self.request),
            "number_of_recipients": self.number_of_recipients,
            "answer": self.answer,
            "decides": list(self.decides),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """An account's profile.

    ``evidence`` are the dry runs, in order. ``open`` has every switch that they leave open, with
    the reason; it keeps the documented default where that is among what is possible.
    ``contradictions`` are the answers that no value of any switch gives; what else was answered
    decides all the same. The account's own words are in ``profile.vocabulary``.
    """

    profile: Profile
    evidence: tuple[Evidence, ...]
    open: Mapping[str, str]
    contradictions: tuple[Contradiction, ...]
    date: str
    region: str = ""

    @property
    def calls(self) -> int:
        """How many dry runs were made."""
        return len(self.evidence)

    @property
    def unexplained(self) -> tuple[str, ...]:
        """The names of the dry runs of which no value of any switch answers something."""
        return tuple(dict.fromkeys(each.dry_run for each in self.contradictions))

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "profile": self.profile.to_dict(),
            "changes": self.profile.changes(),
            "contradictions": [each.to_dict() for each in self.contradictions],
            "evidence": [each.to_dict() for each in self.evidence],
            "open": dict(self.open),
            "unexplained": list(self.unexplained),
            "calls": self.calls,
            "date": self.date,
            "region": self.region,
        }

    def to_toml(self) -> str:
        """Return the profile as TOML, with date, region and evidence as comments.

        ``plan(profile="profile.toml")`` reads it.
        """
        where = f", region {self.region}" if self.region else ""
        head = [
            *self.news,
            f"Found on {self.date}{where} by {self.calls} dry runs, which sent nothing.",
            "",
        ]
        head += [
            f"{each.name}: {each.answer}"
            + (f" (decides {', '.join(each.decides)})" if each.decides else "")
            for each in self.evidence
        ]
        if self.open:
            head += ["", "Left open, and as documented where that is possible:"]
            head += [f"{switch}: {why}" for switch, why in self.open.items()]
        comments = "\n".join(f"# {plain(line)}".rstrip() for line in head)
        return f"{comments}\n\n{self.profile.to_toml()}"

    @property
    def head(self) -> str:
        """How much was asked, and how much that decides."""
        decided = len(SWITCHES) - len(self.open)
        return f"{self.calls} dry runs; {decided} of {len(SWITCHES)} switches decided"

    @property
    def news(self) -> tuple[str, ...]:
        """What fits no value of any switch, in lines; empty where everything does."""
        if not self.contradictions:
            return ()
        lines = ["The account's answer fits no value of any switch; please report it:"]
        for each in self.contradictions[:_SHOWN]:
            lines += [f"  {each}", f"    asked {each.request}", f"    answered {each.answer}"]
        more = len(self.contradictions) - _SHOWN
        return (*lines, *([f"  and {more:,} more"] if more > 0 else []))

    @property
    def words(self) -> str:
        """The account's own words for encodings and errors, as a sentence; empty without."""
        own = self.profile.own_words
        said = [f"{' or '.join(map(repr, words))} for {name}" for name, words in own.items()]
        return f"The account has words of its own: {', '.join(said)}." if said else ""

    @property
    def summary(self) -> str:
        """Whether what is decided is as documented."""
        if self.changes:
            return "other than documented:"
        if len(self.open) == len(SWITCHES):
            return "Nothing is decided."
        return "All that is decided is as documented."

    @property
    def changes(self) -> dict[str, Any]:
        """The switches that are other than documented; the account's own words are none."""
        made = self.profile.changes()
        return {switch: value for switch, value in made.items() if switch in SWITCHES}

    def __repr__(self) -> str:
        changes = ", ".join(self.profile.changes()) or "nothing"
        return f"<Calibration: {self.head}; other than documented: {changes}>"

    def _repr_html_(self) -> str:
        return drawn("live_views.as_html", self)

    def __str__(self) -> str:
        lines = [*self.news, self.head, self.summary]
        lines += [f"  {switch} = {plain(str(value))}" for switch, value in self.changes.items()]
        lines += [self.words] * bool(self.words)
        if self.open:
            lines.append("left open:")
            lines += [f"  {switch}: {why}" for switch, why in self.open.items()]
        return "\n".join(lines)


def calibrate(
    api: DryRuns,
    *,
    numbers: Sequence[str] = NUMBERS,
    from_: str | None = None,
    region: str = "",
) -> Calibration:
    """Ask an account what it makes of every open question, by some forty dry runs.

    ``numbers`` (two or more) are asked about; nothing is sent to them. An account in test mode may
    only name verified ones: give those; fewer than about thirty need more calls. ``from_`` is for
    an account without a default originator.

    Raises :class:`~smsplan.sinch.ApiError` where the account cannot be asked, and
    :class:`~smsplan.errors.InputError` where it needs ``from_``.

    >>> from smsplan.sandbox import running
    >>> from smsplan.sinch import Credentials, SinchApi
    >>> with running(profile=Profile(gsm_boundary="dense", body_limit=1600)) as sandbox:
    ...     found = calibrate(SinchApi(Credentials(
    ...         service_plan_id="demo", api_token=sandbox.token, base_url=sandbox.url)))
    >>> found.profile.changes()
    {'body_limit': 1600, 'gsm_boundary': 'dense'}
    """
    # Written in two ways it is one number all the same.
    written = {number: normalise(number) for number in numbers}
    given = tuple(dict.fromkeys(f"+{digits}" if digits else own for own, digits in written.items()))
    if len(given) < 2:
        raise InputError("two numbers are asked about at least; give another with numbers=")
    interview = Interview(api, given, {} if from_ is None else {"from": from_})
    interview.run()
    found = read(interview)
    return Calibration(
        profile=found.profile,
        evidence=tuple(
            Evidence(
                call.probe.name,
                call.probe.payload,
                call.probe.most,
                said(call.answer),
                found.decides.get(place, ()),
            )
            for place, call in enumerate(interview.calls)
        ),
        open=found.open,
        contradictions=found.contradictions,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        region=region,
    )


def write(calibration: Calibration, path: str | os.PathLike[str]) -> None:
    """Write the profile as TOML."""
    from pathlib import Path

    from smsplan.errors import OutputError

    try:
        Path(path).write_text(calibration.to_toml(), encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"'{os.fspath(path)}' cannot be written: {error.strerror}; name another file"
        ) from None
