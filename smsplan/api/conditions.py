"""Options that are the same for every message and list: prices, and how the account behaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from smsplan.keywords import option

if TYPE_CHECKING:
    import os

    from smsplan.api.profiles import Profile
    from smsplan.ratecards import RateCard, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Prices and account."""

    rates: Terms | RateCard | Mapping[str, str] | str | os.PathLike[str] | None = option(
        None,
        "Prices: a rate card or its path, or one price such as '0.034 GBP'.",
        python_only=True,
    )
    profile: Profile | str | os.PathLike[str] | None = option(
        None, "How the account behaves: the name of a profile, or a TOML file; else current."
    )
