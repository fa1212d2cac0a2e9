"""The documentation site builds without a warning, and none of its links leads nowhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import smsplan

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built once; Sphinx fails on its first warning."""
    output = tmp_path_factory.mktemp("docs") / "site"
    done = subprocess.run(
        [sys.executable, str(DOCS / "make_site.py"), str(output)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return output


class _Page(HTMLParser):
    """The links of a page and the places in it that links can lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element refers to and is called."""
        for name, value in attrs:
            if value and name in ("href", "src"):
                self.links.append(value)
            if value and name in ("id", "name"):
                self.ids.add(value)


def test_no_link_leads_nowhere(site: Path) -> None:
    """Every link within the site leads to a page, and to a place in it, that are there."""
    pages = {
        path: _Page(path.read_text(encoding="utf-8"))
        for path in site.rglob("*.html")
        if "_static" not in path.parts and path.name != "playground.html"
    }
    assert len(pages) > 12
    dead, followed = [], 0
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            followed += 1
            if not target.exists():
                dead.append(f"{path.name}: {link}")
            elif parts.fragment and target in pages:
                place = unquote(parts.fragment)
                if place not in pages[target].ids and place != "":
                    dead.append(f"{path.name}: {link}")
    assert dead == []
    assert followed > 200


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    """Scripts, styles and pictures of every page come with it: the site works without a network."""
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r'(?:src|<link[^>]*href)="(?:https?:)?//', text), path.name


def test_pages_are_in_the_site(site: Path) -> None:
    """Every page of docs/ and every notebook has its place, and so has the calculator."""
    for page in DOCS.glob("*.md"):
        assert (site / f"{page.stem}.html").exists(), page.name
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        assert (site / "notebooks" / f"{notebook.stem}.html").exists(), notebook.name
    assert (site / "playground.html").read_bytes() == (DOCS / "playground.html").read_bytes()


def test_reference_has_every_name(site: Path) -> None:
    """Whatever `import smsplan` gives is in the reference, with its text."""
    text = (site / "reference.html").read_text(encoding="utf-8")
    missing = [name for name in smsplan.__all__ if f'id="smsplan.{name}"' not in text]
    assert missing == ["__version__"]


def test_a_warning_is_an_error(tmp_path: Path) -> None:
    """A page with a dead reference fails the build: otherwise the first test shows nothing."""
    (tmp_path / "conf.py").write_text((DOCS / "conf.py").read_text(encoding="utf-8"))
    (tmp_path / "_static").mkdir()
    (tmp_path / "index.md").write_text("# One\n\n[nowhere](none.md)\n")
    options = ("-q", "--fail-on-warning", "--nitpicky", "--keep-going")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, str(tmp_path), str(tmp_path / "site")],
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "'none.md'" in done.stderr
