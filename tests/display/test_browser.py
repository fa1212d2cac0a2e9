"""The browser of the tests itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

CONFTEST = Path(__file__).with_name("conftest.py").read_text(encoding="utf-8")


def test_it_runs_scripts(page: Page) -> None:
    """Pages run, and scripts in them, without a network."""
    page.set_content("<p>a</p><script>document.querySelector('p').textContent = 'b'</script>")
    assert page.inner_text("p") == "b"


def test_it_tells(pytester: pytest.Pytester) -> None:
    """A page that opens a dialog, asks the network or fails makes its test fail."""
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile("""
        import pytest

        @pytest.mark.parametrize("body", [
            "<img src=x onerror=alert(1)>",
            "<img src='http://127.0.0.1:9/x.png'>",
            "<script>throw Error('no')</script>",
        ])
        def test_page(page, body):
            page.set_content(body)
            page.wait_for_timeout(100)
    """)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=3, errors=3)
    for fault in ("opened a dialog: 1", "asked for http://127.0.0.1:9/x.png", "script error: no"):
        result.stdout.fnmatch_lines([f"*{fault}*"])
