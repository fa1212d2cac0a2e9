"""Options as types, for type checkers: made by data/make_keywords.py; do not edit."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypedDict

from smsplan.api.profiles import Profile
from smsplan.encoding.substitution import Substitution
from smsplan.ratecards import RateCard, Terms


class CampaignKeywords(TypedDict, total=False):
    """Options: Message, Reading, Conditions."""

    body_by: str | None
    defaults: Mapping[str, str] | None
    limits: Mapping[str, int] | None
    substitute: Literal["safe", "lossy"] | Substitution | None
    transliterate: str | Sequence[str] | None
    from_: str | None
    truncate_concat: bool | None
    max_number_of_message_parts: int | None
    to: str | None
    columns: Mapping[str, str] | None
    region: str | None
    duplicates: Literal["flag", "keep"] | None
    encoding: str | None
    on_error: Literal["stop", "skip"] | None
    rates: Terms | RateCard | Mapping[str, str] | str | os.PathLike[str] | None
    profile: Profile | str | os.PathLike[str] | None


class PlanKeywords(CampaignKeywords, total=False):
    """Options: Outputs, Run."""

    output: str | os.PathLike[str] | None
    rejects: str | os.PathLike[str] | None
    select: Sequence[str] | None
    bodies: bool | None
    prefix: str | None
    for_spreadsheets: bool | None
    resume: bool | None
    jobs: int | None
    progress: Callable[[int], None] | None
