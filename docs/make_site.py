"""Build the documentation site: ``python docs/make_site.py build/docs``; warnings are errors.

Sphinx wants its pages in one folder. They are gathered from where they live (docs/, notebooks/, the
benchmarks' results, the changes), and links between them are made to fit.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import build_main

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("CHANGELOG.md", "CONTRIBUTING.md")


def gather(folder: Path) -> None:
    """Put every page, notebook and picture of the site into a folder."""
    shutil.rmtree(folder, ignore_errors=True)
    not_pages = shutil.ignore_patterns("make_*", "conftest.py", "__pycache__")
    shutil.copytree(ROOT / "docs", folder, ignore=not_pages)
    for source in ("notebooks", "benchmarks"):
        kinds = ("*.ipynb", "*.md", "*.svg", "*.png")
        for path in (each for kind in kinds for each in (ROOT / source).glob(kind)):
            target = folder / source / path.name
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, target)
    for notebook in (folder / "notebooks").glob("*.ipynb"):
        # It stands beside docs/, and in the site below what is in there.
        text = notebook.read_text(encoding="utf-8")
        notebook.write_text(text.replace("](../docs/", "](../"), encoding="utf-8")
    for name in PAGES:
        text = (ROOT / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace("](docs/", "]("), encoding="utf-8")
    index = folder / "index.md"
    text = index.read_text(encoding="utf-8")
    others = sorted(
        page.stem
        for page in folder.glob("*.md")
        if page != index and f"\n{page.stem}\n" not in text
    )
    # A page that index.md does not name stands at the end of what one can do.
    index.write_text(text.replace("@others", "\n".join(others)), encoding="utf-8")
    for page in (*folder.glob("*.md"), *(folder / "api").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        # docs/guide.md says ../benchmarks/, which here stands beside it; docs/api/ is one deeper.
        up = "../" * (len(page.relative_to(folder).parts) - 1)
        text = text.replace(f"]({up}../", f"]({up}")
        # The empty line that ends a doctest is for its reader in Python, not for ours.
        page.write_text(re.sub(r"\n\n```$", "\n```", text, flags=re.MULTILINE), encoding="utf-8")


def main(output: Path, *options: str) -> int:
    """Build the site; the exit code is Sphinx's."""
    source = output.parent / f"{output.name}-source"
    gather(source)
    strict = ("--fail-on-warning", "--nitpicky", "--keep-going")
    return build_main(["-q", "-b", "html", *strict, *options, str(source), str(output)])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), *sys.argv[2:]))
