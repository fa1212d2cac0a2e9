"""Lint of long templates takes time by what is odd in them, and by little else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
import regex

from smsplan.encoding import ucs2
from smsplan.encoding.substitution import replacements, substitute
from smsplan.linting import linter as linting
from smsplan.linting.linter import fix_text, lint

PLAIN = "Hello there, this is a text of the usual kind. "


def calls(function: Callable[[], Any]) -> int:
    """Count the calls of functions, those of C too, that a call takes."""
    count = 0

    def seen(_frame: FrameType, event: str, _what: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    function()  # what is loaded or remembered the first time
    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


def test_plain_text_is_not_looked_at_character_by_character() -> None:
    """A hundred times the text of the alphabet takes hardly more steps."""
    short, long = calls(lambda: lint(PLAIN * 100)), calls(lambda: lint(PLAIN * 10_000))
    assert long < 2 * short + 1_000


@pytest.mark.parametrize("odd", ["“", "…", "${ ", "${a b}", "я", "\U0001f600", "e\u0301"])
def test_steps_by_what_is_odd(odd: str) -> None:
    """The text between them takes few steps, for parts and words; ten times as many, ten times."""
    base = calls(lambda: lint((PLAIN + odd) * 100))
    more_text = calls(lambda: lint((PLAIN * 10 + odd) * 100))
    more_odd = calls(lambda: lint((PLAIN + odd) * 1_000))
    assert more_text - base < 1.5 * len(PLAIN) * 900
    assert more_odd < 16 * base + 10_000


def test_mending_is_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """All fixes of a long text are made together, and nothing else changes."""
    trials: list[int] = []
    kept = linting._kept

    def counted(fixes: Any, allowed: Callable[[Any], bool]) -> Any:
        def trial(some: Any) -> bool:
            trials.append(len(some))
            return allowed(some)

        return kept(fixes, trial)

    monkeypatch.setattr(linting, "_kept", counted)
    made = fix_text("“Hi” you… " * 2_000 + "there")
    assert made.text == '"Hi" you... ' * 2_000 + "there"
    assert len(trials) <= 4


def test_what_would_make_a_parameter_is_left_out() -> None:
    """Of many fixes those that make a parameter are left, wherever they are."""
    assert fix_text("$\u200b{a} “x” $\u200b{b} “y”").text == '$\u200b{a} "x" $\u200b{b} "y"'


def test_trials_end() -> None:
    """A text of nothing but fixes that may not be made is not tried to the last."""
    body = "$\u200b{a} " * 3_000 + "end"
    assert calls(lambda: lint(body)) < 30_000_000
    assert fix_text(body).text == body


FLAG = "\U0001f1e9"


@pytest.mark.parametrize("of", [substitute, lambda text: list(ucs2.clusters(text))])
def test_flags_in_linear_steps(of: Callable[[str], Any]) -> None:
    """Regional indicators are cut into pairs without counting those before each (UAX #29)."""
    # The time is spent inside one step: it is compared with that of as many emoji.
    import time

    def seconds(text: str) -> float:
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            of(text)
            best = min(best, time.process_time() - start)
        return best

    assert seconds(FLAG * 20_000) < 5 * seconds("\U0001f600" * 20_000) + 0.05


def test_pieces_are_clusters() -> None:
    """Pairs of regional indicators end where the clusters of the standard do."""
    for text in (
        FLAG * 5,
        FLAG + "\u0301" + FLAG * 3,
        "\u0600" + FLAG * 4,
        FLAG * 2 + "\u200d" * 2,
    ):
        found = replacements(text + "“", "safe")
        assert found[-1].position == len(text)
        assert [match.span() for match in regex.finditer(r"\X", text)] == list(ucs2.clusters(text))
