"""Write what is recorded anew; the differences are for whoever commits them to explain."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.recorded.session import NAMES, OUTPUTS, TOTALS, names, save_plans, session

OUTPUTS.mkdir(exist_ok=True)
with TemporaryDirectory() as found:
    made = session(Path(found))
for old in OUTPUTS.glob("*.txt"):
    old.unlink()
for name, text in made.items():
    (OUTPUTS / f"{name}.txt").write_text(text, "utf-8")
NAMES.write_text(names(), "utf-8")
# These are of the code of their day, and stay as they are.
if not TOTALS.exists():
    save_plans()
