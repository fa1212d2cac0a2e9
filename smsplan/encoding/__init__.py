"""Text to septets or code units to parts: 3GPP TS 23.038 and TS 23.040, pure Python."""

from smsplan.encoding.segmentation import (
    Boundary,
    Culprit,
    Encoding,
    Languages,
    Measure,
    Part,
    Segmentation,
    culprits,
    cut,
    measure,
    part_capacity,
    segment,
    truncate,
)

__all__ = [
    "Boundary",
    "Culprit",
    "Encoding",
    "Languages",
    "Measure",
    "Part",
    "Segmentation",
    "culprits",
    "cut",
    "measure",
    "part_capacity",
    "segment",
    "truncate",
]
