"""A list is opened by the keywords that were given, and what is wrong with them is collected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from smsplan.api.profiles import Profile
from smsplan.errors import Faults
from smsplan.lists.frames import open_source
from smsplan.recipients import Reading, Recipients

if TYPE_CHECKING:
    from smsplan.lists.source import Source


def open_list(
    recipients: Any, given: Mapping[str, Any], faults: Faults
) -> tuple[Source, Reading, Profile]:
    """Open a list by the keywords that were given; their faults are added, or raised.

    What does not depend on them can be checked then all the same.
    """
    profile, whom = Profile(), None
    with faults.of():
        profile = Profile.of(given.get("profile"))
    with faults.of():
        whom = Recipients.of(recipients, given)
    if whom is None:
        rest = {name: given[name] for name in ("to", "columns", "encoding") if name in given}
        with faults.of():
            whom = Recipients.of(recipients, rest)
    source = None
    if whom is not None:
        how = whom.reading
        with faults.of():
            source = open_source(whom.source, encoding=how.encoding, skip=how.on_error == "skip")
    if whom is None or source is None:
        faults.end()
        raise AssertionError
    # Of a list of numbers the column is known.
    how = replace(how, to=source.columns[0]) if source.kind == "numbers" else whom.reading
    return source, how, profile
