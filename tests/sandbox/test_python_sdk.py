"""The official Python SDK, unmodified, with both kinds of credentials."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sinch import SinchClient

from smsplan.sandbox import running

NUMBER, OTHER = "+447700900123", "+447700900222"


@pytest.fixture(params=["service plan", "project"])
def sinch(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Return the SDK's client, pointed at a sandbox."""
    with running(project_id="project", key_id="key", key_secret="secret") as sandbox:
        if request.param == "project":
            client = SinchClient(
                project_id="project", key_id="key", key_secret="secret", sms_region="eu"
            )
            client.configuration.sms_origin = sandbox.url
            client.configuration.auth_origin = sandbox.url
        else:
            client = SinchClient(
                service_plan_id="demo", sms_api_token=sandbox.token, sms_region="eu"
            )
            client.configuration.sms_origin_with_service_plan_id = sandbox.url
        yield client
        client.configuration.transport.http_session.close()


def test_every_operation(sinch: Any) -> None:
    """Send, dry run, list, retrieve, update, replace, cancel and feedback."""
    batches = sinch.sms.batches
    later = datetime.now(UTC) + timedelta(days=1)
    made = batches.send_sms(
        to=[NUMBER],
        from_="+447700900000",
        body="Hi ${name}!",
        parameters={"name": {NUMBER: "Ana", "default": "there"}},
        send_at=later,
        feedback_enabled=True,
        client_reference="march",
    )
    assert made.to == [NUMBER[1:]]
    assert made.canceled is False
    answer = batches.dry_run_sms(
        per_recipient=True, to=[NUMBER, OTHER], from_="12345", body="Hi ${name}!",
        parameters={"name": {NUMBER: "Ana", "default": "there"}},
    )  # fmt: skip
    assert (answer.number_of_recipients, answer.number_of_messages) == (2, 2)
    assert [(each.recipient, each.body, each.encoding) for each in answer.per_recipient] == [
        (NUMBER[1:], "Hi Ana!", "GSM"),
        (OTHER[1:], "Hi there!", "GSM"),
    ]
    assert [each.id for each in batches.list(client_reference="march").iterator()] == [made.id]
    assert batches.get(batch_id=made.id) == made
    updated = batches.update_sms(batch_id=made.id, to_add=[OTHER], delivery_report="summary")
    assert updated.to == [NUMBER[1:], OTHER[1:]]
    replaced = batches.replace_sms(
        batch_id=made.id, to=[NUMBER], from_="12345", body="Other", send_at=later,
        feedback_enabled=True,
    )  # fmt: skip
    assert (replaced.id, replaced.body, replaced.parameters) == (made.id, "Other", None)
    batches.send_delivery_feedback(batch_id=made.id, recipients=[NUMBER])
    assert batches.cancel(batch_id=made.id).canceled is True


def test_pages(sinch: Any) -> None:
    """The SDK's iterator walks over every page."""
    ids = {
        sinch.sms.batches.send_sms(to=[NUMBER], from_="12345", body=str(number)).id
        for number in range(5)
    }
    listed = [each.id for each in sinch.sms.batches.list(page_size=2).iterator()]
    assert len(listed) == 5
    assert set(listed) == ids


def test_other_types(sinch: Any) -> None:
    """Binary and media batches are sent as the SDK makes them."""
    binary = sinch.sms.batches.send_binary(
        to=[NUMBER], from_="12345", body="SGVsbG8gV29ybGQh", udh="06050423F423F4"
    )
    assert (binary.type, binary.udh) == ("mt_binary", "06050423F423F4")
    media = sinch.sms.batches.send_mms(
        to=[NUMBER], from_="12345", body={"url": "https://example.com/a.png", "message": "Hi"}
    )
    assert media.type == "mt_media"


def test_reports_and_groups(sinch: Any) -> None:
    """Delivery reports and groups are read as the SDK reads them."""
    group = sinch.sms.groups.create(name="friends", members=[NUMBER, OTHER])
    assert sinch.sms.groups.get(group_id=group.id).size == 2
    members = sinch.sms.groups.list_members(group_id=group.id)
    assert sorted(members.iterator()) == [NUMBER[1:], OTHER[1:]]
    made = sinch.sms.batches.send_sms(
        to=[group.id], from_="12345", body="Hi", delivery_report="per_recipient"
    )
    report = sinch.sms.delivery_reports.get(batch_id=made.id, report_type="full")
    assert report.total_message_count == 2
    assert report.statuses[0].recipients == [NUMBER[1:], OTHER[1:]]
    one = sinch.sms.delivery_reports.get_for_number(batch_id=made.id, recipient=NUMBER)
    assert (one.status, one.code) == ("Delivered", 0)
    assert len(list(sinch.sms.delivery_reports.list().iterator())) == 2
    sinch.sms.groups.update(group_id=group.id, remove=[OTHER])
    sinch.sms.groups.delete(group_id=group.id)
