"""The documentation site builds without a warning, and none of its links leads nowhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import smsplan
import smsplan.sandbox
import smsplan.sinch
from smsplan.api.profiles import Profile
from smsplan.sandbox import Settings
from smsplan.sandbox.openapi import document

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
    for page in DOCS.rglob("*.md"):
        assert (site / page.relative_to(DOCS).with_suffix(".html")).exists(), page.name
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        assert (site / "notebooks" / f"{notebook.stem}.html").exists(), notebook.name
    assert (site / "playground.html").read_bytes() == (DOCS / "playground.html").read_bytes()


def test_reference_has_every_name(site: Path) -> None:
    """Whatever `import smsplan` gives is in the reference, with its text; the live API's, too."""
    text = (site / "reference.html").read_text(encoding="utf-8")
    missing = [
        f"{module.__name__}.{name}"
        for module in (smsplan, smsplan.sinch, smsplan.sandbox)
        for name in module.__all__
        if f'id="{module.__name__}.{name}"' not in text
    ]
    assert missing == ["smsplan.__version__"]


def operations() -> dict[str, str]:
    """The pages of the batches API: the name of each, and the request it is about."""
    return {
        "delivery-feedback"
        if one["operationId"] == "feedback"
        else one["operationId"].replace(
            "_", "-"
        ): f"{method.upper()} {path.removeprefix('/xms/v1/{service_plan_id}')}"
        for path, methods in document()["paths"].items()
        for method, one in methods.items()
        if "/batches" in path and "delivery_report" not in path and method != "parameters"
    }


def test_every_operation_has_its_page() -> None:
    """Each of the eight has a page: what is asked and answered, and the four ways to do it."""
    found = operations()
    assert len(found) == 8
    index = (DOCS / "api" / "index.md").read_text(encoding="utf-8")
    for name, request in found.items():
        text = (DOCS / "api" / f"{name}.md").read_text(encoding="utf-8")
        assert text.split("\n")[0].endswith(f": `{request}`")
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [
            "Request and answer", "Over HTTP", "In Python", "On the command line", "Offline",
        ]  # fmt: skip
        assert re.search(rf"\]\({name}\.md\) \| `{re.escape(request)}`", index)
        parts = re.split(r"^## .*$", text, flags=re.MULTILINE)[2:]
        for part, example in zip(parts, (">>> ", ">>> ", "$ smsplan ", ">>> "), strict=True):
            assert f"\n{example}" in part, name


def test_what_is_assumed_is_a_switch() -> None:
    """Where a page says that something is assumed, it names a switch, or a setting; all of them."""
    switches = {field.name for field in fields(Profile)}
    settings = {field.name for field in fields(Settings)}
    named = set()
    for page in (DOCS / "api").glob("*.md"):
        for cell in re.findall(r"^\|.*\| ([^|]*) \|$", page.read_text("utf-8"), re.MULTILINE):
            if cell.startswith(("documented", "assumed", "example")):
                words = set(re.findall(r"`(\w+)`", cell))
                assert words <= (settings if "setting" in cell else switches), cell
                named |= words
    hidden = {"update_order", "second_cancel", "replace_dispatched", "default_callback", "refused"}
    assert hidden <= named
    # What single characters take, and what SMPP routes have, is no matter of an operation.
    characters = {"form_feed", "line_breaks", "spaces", "controls", "greek_capitals",
                  "small_c_cedilla", "reference_bits", "languages"}  # fmt: skip
    assert switches - named == characters


def test_pages_are_run(pytester: pytest.Pytester) -> None:
    """A wrong output of a command line, or of Python, fails its page; so does an exit code."""
    folder = pytester.mkdir("api")
    (folder / "conftest.py").write_text((DOCS / "api" / "conftest.py").read_text("utf-8"))
    (folder / "index.md").write_text("# A\n\n## Set-up\n\n```python\n>>> one = 1\n\n```\n")
    right = (
        "```console\n$ echo a; false\na\n(exit code 1)\n$ NAME=x\n$ cat <<E\n> $NAME\n> E\nx\n```"
    )
    python = "```python\n>>> one\n1\n\n```\n"
    (folder / "right.md").write_text(f"{python}\n{right}\n")
    (folder / "text.md").write_text(f"{python}\n{right.replace('> $NAME', '> $NANE')}\n")
    (folder / "code.md").write_text(f"{python}\n{right.replace('(exit code 1)', '')}\n")
    (folder / "python.md").write_text(f"{python.replace('1', '2')}\n{right}\n")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", str(folder))
    result.assert_outcomes(passed=2, failed=3)
    result.stdout.fnmatch_lines_random(
        ["FAILED *text.md*", "FAILED *code.md*", "FAILED *python.md*"]
    )


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
