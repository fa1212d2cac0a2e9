"""Planted mistakes, each of which one test must catch: a test of the tests.

``make mutants`` plants all of them, one after the other, in a copy of the project, and runs the
test that stands above each. ``SEED=...`` plants six, chosen by the seed; CI takes the commit's name
for it. A mistake that passes its test is named, and the exit code is 1.

Each place must be in its file exactly once. Where code has changed, find what the line does now and
put that in the place of the old text; where a mistake can no longer be made, make another.
"""

from __future__ import annotations

import argparse
import compileall
import os
import py_compile
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SOME = 6


class Mutant(NamedTuple):
    """A mistake: in a file below ``smsplan/``, ``wrong`` in the place of ``right``."""

    file: str
    right: str
    wrong: str
    test: str

    def __str__(self) -> str:
        return f"{self.file}: {self.wrong!r}"


# Below each test the mistakes that it must catch: file, what stands there, the mistake.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    # --- text to parts: vectors that this code did not produce
    "tests/encoding/test_vectors.py": [
        ("encoding/alphabets.py", "ΘΞ\\x1bÆæ", "ΞΘ\\x1bÆæ"),
        ("encoding/alphabets.py", "òÇ\\nØ", "òç\\nØ"),
        ("encoding/gsm7.py", "septet << (7 * index)", "septet << (8 * index)"),
        ("encoding/udh.py", "return -8 * octets % 7", "return 8 * octets % 7"),
        ("encoding/udh.py", "(SINGLE_SHIFT, 1, single_shift)", "(LOCKING_SHIFT, 1, single_shift)"),
        ("encoding/udh.py", "reference, total, sequence))", "reference, sequence, total))"),
        ("encoding/ucs2.py", '"utf-16-be"', '"utf-16-le"'),
        ("encoding/segmentation.py", "position -= 1", "position -= 0"),
        ("encoding/segmentation.py", "if self.clusters:", "if not self.clusters:"),
        ("encoding/segmentation.py", "if units <= layout.alone:", "if units < layout.alone:"),
        ("encoding/segmentation.py", "-(-units // (room - 1))", "-(-units // room)"),
        ("encoding/segmentation.py", "1 if units <= 160 else", "1 if units <= 159 else"),
    ],
    # --- one batch to the API's answer
    "tests/test_templates.py": [
        ("templates/placeholders.py", 'Final = r"[A-Za-z0-9_.\\-]+"', 'Final = r"[A-Za-z0-9_]+"'),
        ("templates/template.py", "if top.least > depth:", "if top.least >= depth:"),
    ],
    "tests/test_dryruns.py": [
        ("api/dryruns.py", 'if number == "default":', 'if number == "Default":'),
        ("api/dryruns.py", "own.get(recipient, self.defaults.get(key))", "self.defaults.get(key)"),
        ("api/dryruns.py", "listed[:shown]", "listed"),
        ("api/dryruns.py", "0 if problem else billed,", "billed,"),
        ("api/dryruns.py", "billed > self.limit:", "billed >= self.limit:"),
    ],
    "tests/test_batches.py": [
        ("api/batches.py", 'sum(character > "\\uffff"', 'sum(character > "\\U0010fffe"'),
    ],
    # --- all recipients at once, held to the reference
    "tests/kernel/test_kernel.py::test_equal_to_the_reference": [
        ("kernel/texts/parts.py", "-(-size // (room.part - 1))", "-(-size // room.part)"),
        ("kernel/texts/parts.py", "- position[active] > room]", "- position[active] >= room]"),
        ("kernel/kernel.py", "texts.billed > limit", "texts.billed >= limit"),
        ("kernel/kernel.py", "mask in reversed(problems):", "mask in problems:"),
        ("kernel/kernel.py", "TRUNCATED, texts.truncated", "TRUNCATED, texts.shortened"),
        ("kernel/kernel.py", "np.where(sent, billed, 0)", "billed"),
    ],
    "tests/kernel/test_settle.py": [
        ("kernel/settlement.py", "refused & (", "("),
        ("kernel/settlement.py", "(of < 0) | (of == DUPLICATE)", "of < 0"),
        # Duplicates before rejects: of two rows of a number that is rejected, one was a duplicate.
        (
            "kernel/settlement.py",
            "[of < 0 for of in problems]",
            "[of.problem < 0 for of in bodies]",
        ),
        ("kernel/settlement.py", "counted = [each.counted for each in flags]", "pass"),
        ("kernel/settlement.py", "np.where(sent, billed, np.int32(0))", "billed"),
        ("kernel/settlement.py", "sent & (rate < 0)", "rate < 0"),
        ("kernel/settlement.py", "else pc.if_else(sendable, cost, nothing)", "else cost"),
    ],
    "tests/kernel/test_duplicates.py": [
        ("kernel/duplicates.py", "counted & ~sent", "counted"),
        ("kernel/duplicates.py", "repeated[first[~known]] = False", "repeated[first] = False"),
        ("kernel/duplicates.py", "[run[1:] == run[:-1]]", "[run[1:] != run[:-1]]"),
        ("kernel/duplicates.py", "self._counted = self._sent.copy()", "self._counted = self._sent"),
    ],
    # --- money
    "tests/kernel/test_prices.py": [
        ("kernel/numbers/prefixes.py", "self.sizes[node] > sizes[pending]", "self.sizes[node] < 0"),
        (
            "kernel/numbers/prefixes.py",
            "up = (row < 0) & (node > 0)",
            "up = (row < 0) & (node > 1)",
        ),
        ("kernel/prices.py", "(rows >= 0) & (parts > 0)", "parts > 0"),
    ],
    "tests/test_operators.py::test_equal_to_the_definition": [
        ("kernel/prices.py", "known & sure[pairs]", "known"),
        ("ratecards/terms.py", 'first.get((operator, True)) or first.get(("", True))',
         'first.get(("", True))'),
    ],
    "tests/test_operators.py::test_expected_by_a_mix": [
        ("ratecards/terms.py", "weights.get(key, Fraction(0)) + share", "share"),
    ],
    "tests/test_operators.py::test_tiers": [
        ("ratecards/terms.py", "max(used, rate.tier_from)", "rate.tier_from"),
        ("ratecards/terms.py", "rate.country in there if rate.country else there", "there"),
    ],
    "tests/test_operators.py::test_mixes_that_are_none": [
        ("ratecards/mixes.py", "or whole != 100", "or whole > 100"),
    ],
    "tests/test_terms.py": [
        ("ratecards/terms.py", "date.min) <= on <=", "date.min) < on <="),
    ],
    "tests/test_limits.py::test_the_exact_amount_is_allowed": [
        ("limits.py", "amount > allowed.get(", "amount >= allowed.get("),
    ],
    "tests/test_estimates.py": [
        ("planning/estimates.py", "again = flags.sent", "again = flags.counted"),
        ("planning/estimates.py", "* weight + lines(Fraction(1))", "* weight"),
        ("planning/estimates.py", "inv_cdf((1 + confidence) / 2)", "inv_cdf(confidence)"),
        ("planning/estimates.py", "count == self._rows", "count == 0"),
    ],
    # --- the sandbox
    "tests/sandbox/test_api.py": [
        ("api/batches.py", 'valid MSISDN or group ID.",', 'valid MSISDN.",'),
        ("sandbox/rules.py", 'update_order == "add_first"', 'update_order != "add_first"'),
        ("sandbox/rules.py", "if payload.get(name) is not None", "if name in payload"),
        ("sandbox/store.py", '"created_at < ?"', '"created_at <= ?"'),
        ("sandbox/account.py", 'second_cancel == "not_found"', 'second_cancel != "not_found"'),
    ],
    "tests/sandbox/test_callbacks.py": [
        ("sandbox/store.py", "posts[host] < each and", "True and"),
    ],
    "tests/sandbox/test_full_disk.py::test_every_write_says_so": [
        ("sandbox/account.py", "offset = self._offset + seconds\n",
         "offset = self._offset = self._offset + seconds\n"),
    ],
    "tests/sandbox/test_any_request.py::test_half_a_character_anywhere_in_json": [
        ("sandbox/app.py", "    check_texts(payload)\n", ""),
    ],
}  # fmt: skip
MUTANTS = [Mutant(*each, test) for test, some in MISTAKES.items() for each in some]


class Project:
    """A copy of the project in which mistakes are made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("smsplan", "tests", "data", "docs"):
            shutil.copytree(
                ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.png")
            )
        for name in ("pyproject.toml", "README.md"):
            shutil.copy(ROOT / name, folder)
        # By their content: a mistake as long as what it replaces changes neither size nor second.
        mode = py_compile.PycInvalidationMode.CHECKED_HASH
        compileall.compile_dir(folder, quiet=1, invalidation_mode=mode)

    def run(self, *tests: str) -> tuple[int, str]:
        """Run tests until one fails; return pytest's exit code and what it said."""
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider",
             # The same examples every time, as in CI.
             "--hypothesis-profile", "ci", *tests],
            cwd=self.folder,
            env={
                "PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(self.folder),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def caught(self, mutant: Mutant) -> str:
        """Make a mistake and run its test; return what is wrong, nothing where it fails."""
        path = self.folder / "smsplan" / mutant.file
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(mutant.right, mutant.wrong), encoding="utf-8")
        try:
            code, said = self.run(mutant.test)
        finally:
            path.write_text(text, encoding="utf-8")
        if code == 0:
            return f"passes {mutant.test}"
        # 1: a test has failed. Anything else is no test's merit.
        return "" if code == 1 else f"is no mistake that a test can catch:\n{said[-2000:]}"


def misplaced(mutants: Sequence[Mutant]) -> Iterator[str]:
    """Name those whose place is not in the code exactly once."""
    for mutant in mutants:
        path = ROOT / "smsplan" / mutant.file
        times = path.read_text(encoding="utf-8").count(mutant.right) if path.is_file() else 0
        if times != 1:
            yield f"smsplan/{mutant.file} has {mutant.right!r} {times} times, not once"
        if not (ROOT / mutant.test.partition("::")[0]).is_file():
            yield f"there is no {mutant.test}"


def main() -> int:
    """Run the mutants that are asked for; the exit code is 1 where one is not caught."""
    parser = argparse.ArgumentParser(description=__doc__, add_help=True)
    parser.add_argument("--seed", default="", help=f"plant {SOME} only, chosen by this text")
    parser.add_argument("--only", default="", help="plant those whose file or test has this text")
    given = parser.parse_args()
    # Of all of them: what is not planted today would be missed another day.
    wrong = list(misplaced(MUTANTS))
    if wrong:
        print("\n".join(wrong), "change tests/mutants.py: its first lines say how", sep="\n")
        return 1
    chosen = [mutant for mutant in MUTANTS if given.only in mutant.file + mutant.test]
    if given.seed:
        chosen = random.Random(given.seed).sample(MUTANTS, SOME)
        print(f"{SOME} of {len(MUTANTS)} mutants, chosen by make mutants SEED={given.seed}")
    start = time.monotonic()
    workers = min(2, os.cpu_count() or 1)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        free: SimpleQueue[Project] = SimpleQueue()
        for project in pool.map(Project, (Path(folder) / str(n) for n in range(workers))):
            free.put(project)
        project = free.get()
        code, said = project.run(*dict.fromkeys(mutant.test for mutant in chosen))
        free.put(project)
        if code:
            print(f"the tests fail without any mistake; fix that first\n{said[-4000:]}")
            return 1

        def tried(mutant: Mutant) -> str:
            project = free.get()
            try:
                return project.caught(mutant)
            finally:
                free.put(project)

        survivors = 0
        for number, (mutant, fault) in enumerate(
            zip(chosen, pool.map(tried, chosen), strict=True), start=1
        ):
            survivors += bool(fault)
            print(f"{number:>2} {'SURVIVED' if fault else 'caught  '} {mutant} {fault}", flush=True)
    caught = len(chosen) - survivors
    print(f"{caught} of {len(chosen)} mutants caught, in {time.monotonic() - start:.0f} s")
    return min(survivors, 1)


if __name__ == "__main__":
    sys.exit(main())
