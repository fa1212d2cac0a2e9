"""Every notebook runs, from its own folder, with data from data/ only, and says what is true."""

from __future__ import annotations

import html
import re
from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda p: p.stem)
MOST_OCTETS = 300_000
# 18,133 and 827.38; a bare 160 is a bound of the standard, or a word.
_AMOUNT = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)+(?![\w])")


def read(path: Path) -> Any:
    """Read a notebook."""
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def code(notebook: Any) -> list[Any]:
    """Return the code cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(output: Any) -> str:
    """Return what a reader sees of an output; of a picture only that it is one.

    How a frame is marked up changes with the version of pandas, and what stands in it does not.
    """
    if output.output_type == "stream":
        return str(output.text)
    data = output.get("data", {})
    if "image/png" in data:
        return "a picture"
    if "text/html" in data:
        text = re.sub(r"<(style|svg)\b.*?</\1>", "", data["text/html"], flags=re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())
    return str(data["text/plain"])


def outputs(notebook: Any) -> list[list[str]]:
    """Return what is seen below each code cell.

    Whether two prints arrive as one output or as two is a matter of time, so they are put together.
    """
    return [
        [
            "".join(map(shown, some))
            for _, some in groupby(cell.outputs, lambda out: out.output_type)
        ]
        for cell in code(notebook)
    ]


@pytest.mark.filterwarnings("default")
@NOTEBOOKS
def test_stored_outputs_are_fresh(path: Path) -> None:
    """No cell raises, and what is stored, and so on the site, is what comes out today."""
    notebook = read(path)
    stored = outputs(notebook)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": FOLDER}}).execute()
    assert outputs(notebook) == stored


@NOTEBOOKS
def test_every_cell_shows_something(path: Path) -> None:
    """Every code cell but the imports has an output; none is of stderr or an error."""
    cells = code(read(path))
    assert len(cells) > 1
    assert all(cell.outputs for cell in cells[1:])
    for output in (output for cell in cells for output in cell.outputs):
        assert output.output_type != "error"
        assert output.get("name") != "stderr"


@NOTEBOOKS
def test_stored_notebooks_are_small_and_say_nothing_of_their_maker(path: Path) -> None:
    """Below 300 kB; no time of execution, no path of a machine, no kernel but python3."""
    notebook = read(path)
    assert path.stat().st_size < MOST_OCTETS
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}
    assert not any(cell.metadata for cell in notebook.cells)
    said = "\n".join(text for cell in outputs(notebook) for text in cell)
    assert not re.search(r"(?<![\w<])/(?:home|tmp|root|work|usr|Users)/|\b\w:\\|\bat 0x", said)


@NOTEBOOKS
def test_amounts_of_the_prose_stand_in_outputs(path: Path) -> None:
    """A number with a separator that the prose names is one that a cell has shown, or was given."""
    notebook = read(path)
    seen = [text for cell in outputs(notebook) for text in cell]
    given = [cell.source for cell in code(notebook)]
    known = set(re.findall(r"\d+(?:\.\d+)?", "\n".join([*seen, *given]).replace(",", "")))
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for amount in _AMOUNT.findall(cell.source):
                assert amount.replace(",", "") in known, f"{amount} in {cell.source!r}"


def test_there_are_notebooks() -> None:
    """The four stories are there, or nothing would be checked."""
    stories = {"estimate-a-campaign", "why-so-dear", "compare-and-guard", "verify-and-send"}
    assert stories <= {path.stem for path in FOLDER.glob("*.ipynb")}
