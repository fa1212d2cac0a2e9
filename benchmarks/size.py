"""How large the package is, as a reader meets it: ``make size``.

Statements are counted in the syntax tree, without docstrings and without generated modules, so that
neither layout nor comments count.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "smsplan"
LONG = 60
MANY = 12


def modules() -> Iterator[tuple[Path, str, ast.Module]]:
    """Yield the hand-written modules; a generated one names its maker in its first lines."""
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text("utf-8")
        if "made by data/" not in text[:200]:
            yield path, text, ast.parse(text)


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def main() -> None:
    """Print the figures."""
    statements: Counter[str] = Counter()
    files: Counter[str] = Counter()
    long, many = [], []
    names: dict[str, list[str]] = defaultdict(list)
    lines = skips = 0
    for path, text, tree in modules():
        inside = path.relative_to(PACKAGE)
        room = inside.parts[0] if len(inside.parts) > 1 else "(top)"
        files[str(inside.parent)] += 1
        lines += text.count("\n")
        skips += text.count("fmt: skip")
        for node in ast.walk(tree):
            if isinstance(node, ast.stmt) and not _is_docstring(node):
                statements[room] += 1
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                place = f"{inside}:{node.name}"
                if (node.end_lineno or 0) - node.lineno + 1 > LONG:
                    long.append(place)
                given = node.args
                if len(given.args) + len(given.kwonlyargs) + len(given.posonlyargs) > MANY:
                    many.append(place)
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                names[node.name].append(str(inside))
    repeated = {name: found for name, found in names.items() if len(found) > 1}
    full = {name: count for name, count in files.items() if count > 15}
    for room, count in sorted(statements.items()):
        print(f"{room:12} {count:7,}")
    print(f"statements   {statements.total():7,}")
    print(f"lines        {lines:7,}")
    print(f"modules      {files.total():7,}")
    print(f"functions over {LONG} lines: {len(long)}")
    print(f"fmt: skip: {skips}")
    print(f"functions with over {MANY} parameters: {len(many)}")
    print(f"public classes of one name in several files: {len(repeated)}: {', '.join(repeated)}")
    print(f"folders with over 15 files: {full}")


if __name__ == "__main__":
    main()
