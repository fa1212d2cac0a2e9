"""Every notebook runs, from its own folder, with data from data/ only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebook(path: Path) -> None:
    """No cell raises, and every code cell but the imports shows something."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    stored = [_printed(cell) for cell in notebook.cells]
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": FOLDER}}).execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert cells
    assert all(cell.outputs for cell in cells[1:])
    # What is stored, and shown on the site, is what comes out.
    assert [_printed(cell) for cell in notebook.cells] == stored


def _printed(cell: Any) -> list[str]:
    """What a cell printed; what a library shows of a frame may change with its version."""
    return [out.text for out in cell.get("outputs", ()) if out.output_type == "stream"]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_stored_outputs(path: Path) -> None:
    """Outputs are stored, so that the site shows them, and small."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs for cell in cells[1:])
    assert path.stat().st_size < 300_000


def test_there_are_notebooks() -> None:
    """The folder is not empty, or nothing would be checked."""
    assert list(FOLDER.glob("*.ipynb"))
