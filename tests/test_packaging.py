"""What is shipped."""

from __future__ import annotations

import zipfile
from email.parser import Parser
from pathlib import Path
from urllib.parse import urlsplit

from smsplan.errors import PACKAGES
from tests.installs import minima

ROOT = Path(__file__).resolve().parent.parent


def test_the_wheel_is_the_package_and_its_licences(wheel: Path) -> None:
    """The wheel holds the modules of smsplan/, py.typed, LICENSE and NOTICE, and nothing else."""
    shipped = set(zipfile.ZipFile(wheel).namelist())
    info = "smsplan-0.1.0.dist-info"
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "smsplan").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "smsplan/py.typed" in package
    assert shipped == package | {
        f"{info}/METADATA",
        f"{info}/RECORD",
        f"{info}/WHEEL",
        f"{info}/entry_points.txt",
        f"{info}/licenses/LICENSE",
        f"{info}/licenses/NOTICE",
    }


def test_what_is_installed_with_it(wheel: Path) -> None:
    """Core dependencies are the eight that the main job needs; everything else is an extra."""
    with zipfile.ZipFile(wheel) as archive:
        metadata = Parser().parsestr(archive.read("smsplan-0.1.0.dist-info/METADATA").decode())
    needed = {
        line.split(">")[0] for line in metadata.get_all("Requires-Dist", []) if ";" not in line
    }
    assert needed == {
        "numpy", "pandas", "pyarrow", "regex", "rich", "tomli-w", "typer", "tzdata",
    }  # fmt: skip
    # Those that are modules are what a bare install says it misses.
    assert {name.replace("-", "_") for name in needed} - {"tzdata"} == PACKAGES
    # What developers install is all of it, and every minimum is one that `make installs` can read.
    extras = set(metadata.get_all("Provides-Extra", []))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"EXTRAS := {','.join(sorted(extras))}\n" in makefile
    assert minima().keys() >= needed
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"


def test_addresses(wheel: Path) -> None:
    """Package indexes link to where one can read more: each address is whole and encrypted."""
    with zipfile.ZipFile(wheel) as archive:
        metadata = Parser().parsestr(archive.read("smsplan-0.1.0.dist-info/METADATA").decode())
    addresses = dict(each.split(", ", 1) for each in metadata.get_all("Project-URL", []))
    assert addresses
    for address in map(urlsplit, addresses.values()):
        assert address.scheme == "https"
        host = address.hostname or ""
        assert "." in host
        assert not host.endswith((".example", "example.com", ".invalid", ".local"))
