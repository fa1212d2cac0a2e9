"""Write docs/playground.html, the calculator: ``python docs/make_playground.py``."""

from __future__ import annotations

from pathlib import Path

from smsplan.display.playground import playground_page

if __name__ == "__main__":
    Path(__file__).with_name("playground.html").write_text(playground_page(), encoding="utf-8")
