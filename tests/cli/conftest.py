"""What several commands are tested with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from smsplan.sandbox import Sandbox, running


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Run a sandbox, and have the environment lead to it."""
    with running() as sandbox:
        monkeypatch.setenv("SINCH_SERVICE_PLAN_ID", "demo")
        monkeypatch.setenv("SINCH_API_TOKEN", sandbox.token)
        monkeypatch.setenv("SINCH_BASE_URL", sandbox.url)
        yield sandbox
