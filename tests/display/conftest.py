"""A browser that tells when a page does what it must not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, sync_playwright

CHROMIUM = "chromium"  # Debian's; nothing is downloaded
LOCAL = ("about:", "blob:", "data:", "file:")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a headless browser, one a module: as long as it runs, no other event loop can."""
    path = shutil.which(CHROMIUM)
    if path is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
            ],
        )
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open an empty page; asking the network, errors and dialogs make the test fail."""
    context = browser.new_context(accept_downloads=True)
    opened = context.new_page()
    faults: list[str] = []

    def on_request(request: Request) -> None:
        if not request.url.startswith(LOCAL):
            faults.append(f"asked for {request.url}")

    def on_console(said: ConsoleMessage) -> None:
        if said.type == "error":
            faults.append(f"console: {said.text}")

    def on_dialog(dialog: Dialog) -> None:
        faults.append(f"opened a dialog: {dialog.message}")
        dialog.dismiss()

    context.on("request", on_request)
    opened.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    opened.on("console", on_console)
    opened.on("dialog", on_dialog)
    yield opened
    context.close()
    assert faults == []
