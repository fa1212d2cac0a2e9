"""How long messages are: how many there are of each encoding and number of units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smsplan.totals.plan_view import Planned

Units = Mapping[str, Mapping[int, int]]


def units(plan: Planned) -> Units:
    """Count the messages of a plan by encoding (``GSM``, ``UNICODE``) and units, in order.

    ``units`` are septets (GSM) or code units (Unicode) of the text as sent. One pass; what is held
    is as much as there are different lengths.
    """
    import numpy as np

    from smsplan.kernel.dictionaries import places
    from smsplan.kernel.kernel import ENCODINGS

    found: dict[str, Counter[int]] = {encoding: Counter() for encoding in ENCODINGS}
    for _, ours in plan.batches():
        sent = ours.column("sendable").to_numpy(zero_copy_only=False)
        encodings = places(ours.column("encoding"), ENCODINGS)
        lengths = ours.column("units").to_numpy()
        for place, encoding in enumerate(ENCODINGS):
            each, counts = np.unique(lengths[sent & (encodings == place)], return_counts=True)
            for length, messages in zip(each.tolist(), counts.tolist(), strict=True):
                found[encoding][length] += messages
    return {encoding: dict(sorted(counts.items())) for encoding, counts in found.items() if counts}
