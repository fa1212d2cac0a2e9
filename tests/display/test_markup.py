"""Tables of HTML, as a browser lays them out."""

from __future__ import annotations

from playwright.sync_api import Page

from smsplan.display.markup import bar, table
from smsplan.display.markup import page as notebook_page


def test_a_text_beside_many_figures_keeps_room(page: Page) -> None:
    """Where figures leave no room, a list of numbers has several a line, not one."""
    numbers = ", ".join(str(number) for number in range(101, 111))
    header = ["kind", *("cost" for _ in range(6)), "first rows"]
    row = ["national", *("GBP 1,000.00" for _ in range(6)), numbers]
    page.set_viewport_size({"width": 500, "height": 400})
    page.set_content(notebook_page(table("", header, [row], texts=(0, 7), bars=[bar(0, 1)])))
    text, figure = page.locator("td").nth(6), page.locator("td").nth(0)
    box, line = text.bounding_box(), figure.locator("bdi").bounding_box()
    assert box is not None
    assert line is not None
    assert box["height"] < 5 * 1.5 * line["height"]
