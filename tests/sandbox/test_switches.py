"""Every value of every switch answers in the sandbox as it does in ``dry_run``."""

from __future__ import annotations

from typing import Any

import pytest

from smsplan import Profile, RequestRefused, dry_run
from smsplan.sandbox import running
from tests.sandbox.conftest import Client
from tests.test_switches import QUERY, SWITCHES, WITH


@pytest.mark.parametrize("switch", SWITCHES)
def test_switch(switch: str) -> None:
    """The answers are those of ``dry_run``, and two values of a switch never have the same."""
    values, requests = SWITCHES[switch]
    number = QUERY.get(switch, 100)
    seen: list[Any] = []
    for value in values:
        switches: dict[str, Any] = {**WITH.get(switch, {}), switch: value}
        profile = Profile(**switches)
        answers: list[Any] = []
        with running(profile=profile) as sandbox, Client(sandbox) as client:
            for request in requests:
                query: dict[str, Any] = {"per_recipient": "true", "number_of_recipients": number}
                answer = client("POST", "/batches/dry_run", request, **query)
                answers.append((answer.status_code, answer.json()))
                assert answers[-1] == _local(request, number, profile)
                answers.append(_reported(client, request))
        assert answers not in seen
        seen.append(answers)


def _local(request: dict[str, Any], number: int, profile: Profile) -> tuple[int, Any]:
    """What ``dry_run`` says, as status and body."""
    try:
        made = dry_run(request, per_recipient=True, number_of_recipients=number, profile=profile)
    except RequestRefused as error:
        return error.status, error.to_dict()
    return 200, made.to_dict()


def _reported(client: Client, request: dict[str, Any]) -> Any:
    """What the delivery report says of a send, which a dry run may not tell: 405."""
    answer = client("POST", "/batches", request)
    if answer.status_code != 201:
        return answer.json()
    return client("GET", f"/batches/{answer.json()['id']}/delivery_report").json()["statuses"]
