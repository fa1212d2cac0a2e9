"""A small mutation test: every planted mistake fails a case that this code did not produce.

``make mutants`` copies the project, plants one mistake after the other in encoding, templates and
dry run, and runs the vectors, the differential tests and the API's known cases. A mistake that
passes them all is printed, and the exit code is 1.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Cases of others: labelled vectors, other people's encoders, the API's documented answers.
CASES = [
    "tests/encoding/test_vectors.py",
    "tests/encoding/test_differential.py",
    "tests/test_dryruns.py",
    "tests/test_batches.py",
    "tests/test_templates.py::test_expansion_against_the_standard_library",
]

# (file below smsplan/, what stands there, the mistake)
MUTANTS = [
    ("encoding/alphabets.py", "Δ_Φ", "Φ_Δ"),
    ("encoding/alphabets.py", "òÇ\\nØ", "òç\\nØ"),
    ("encoding/alphabets.py", '0x14: "^"', '0x15: "^"'),
    (
        "encoding/segmentation.py",
        "self.units = len(text) + len(self.pairs)",
        "self.units = len(text)",
    ),
    ("encoding/gsm7.py", "bytes((ESCAPE, code))", "bytes((code, ESCAPE))"),
    ("encoding/gsm7.py", "septet << (7 * index)", "septet << (8 * index)"),
    ("encoding/udh.py", "return -8 * octets % 7", "return 8 * octets % 7"),
    (
        "encoding/udh.py",
        "bytes((SINGLE_SHIFT, 1, single_shift))",
        "bytes((LOCKING_SHIFT, 1, single_shift))",
    ),
    ("encoding/udh.py", "reference, total, sequence))", "reference, sequence, total))"),
    ("encoding/udh.py", "elements += 5 if reference_bits == 8 else 6", "elements += 5"),
    ("encoding/udh.py", "USER_DATA_OCTETS = 140", "USER_DATA_OCTETS = 141"),
    ("encoding/segmentation.py", "position -= 1", "position -= 0"),
    ("encoding/segmentation.py", "-(-units // (room - 1))", "-(-units // room)"),
    (
        "encoding/segmentation.py",
        "            if self.clusters:",
        "            if not self.clusters:",
    ),
    ("encoding/segmentation.py", "if number > MAX_PARTS:", "if number > MAX_PARTS + 1:"),
    ("encoding/segmentation.py", "if units <= layout.alone:", "if units < layout.alone:"),
    ("encoding/segmentation.py", "[\\U00010000-\\U0010ffff]", "[\\U00020000-\\U0010ffff]"),
    ("encoding/ucs2.py", '"utf-16-be"', '"utf-16-le"'),
    ("templates.py", 'KEY = r"[A-Za-z0-9_.\\-]+"', 'KEY = r"[A-Za-z0-9_]+"'),
    ("templates.py", "elif inside is None:", "elif inside is not None:"),
    ("dryruns.py", 'if number == "default":', 'if number == "Default":'),
    ("dryruns.py", "own.get(recipient, self._default.get(key))", "self._default.get(key)"),
    ("dryruns.py", "len(seen),\n", "len(seen) + 1,\n"),
    ("dryruns.py", "listed[:shown]", "listed"),
    ("dryruns.py", "0 if problem else billed,", "billed,"),
    ("batches.py", 'valid MSISDN or group ID.",', 'valid MSISDN.",'),
]


def main() -> int:
    """Run every mutant; return how many survived, capped as an exit code."""
    survivors = 0
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        project.mkdir()
        for name in ("smsplan", "tests"):
            skip = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, project / name, ignore=skip)
        shutil.copy(ROOT / "pyproject.toml", project)
        if fails(project):
            print("the cases fail without any mistake; mend that first")
            return 1
        for number, (name, right, wrong) in enumerate(MUTANTS, 1):
            path = project / "smsplan" / name
            text = path.read_text(encoding="utf-8")
            if text.count(right) < 1:
                print(f"{number:>2} LOST      {name}: {right!r} is no longer there")
                survivors += 1
                continue
            path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
            found = fails(project)
            path.write_text(text, encoding="utf-8")
            survivors += not found
            print(f"{number:>2} {'caught  ' if found else 'SURVIVED'}  {name}: {wrong!r}")
    print(f"{len(MUTANTS) - survivors} caught, {survivors} survived")
    return min(survivors, 1)


def fails(project: Path) -> bool:
    """Whether a case fails in this copy of the project."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *CASES],
        cwd=project,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(project), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
    )
    return done.returncode != 0


if __name__ == "__main__":
    sys.exit(main())
