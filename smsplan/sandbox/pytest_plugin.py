"""The fixture ``smsplan_sandbox`` for the tests of those who install smsplan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from smsplan.sandbox.server import Sandbox


@pytest.fixture
def smsplan_sandbox() -> Iterator[Sandbox]:
    """Run a local server of the batches API; ``url``, ``token`` and ``service_plan_id`` lead to it.

    Nothing that is sent to it reaches anybody. Each test has its own, empty.
    """
    from smsplan.sandbox.server import running

    with running() as sandbox:
        yield sandbox
