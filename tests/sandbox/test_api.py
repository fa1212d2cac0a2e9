"""The batches API of the sandbox, by plain HTTP: the cases that are documented or shown."""

from __future__ import annotations

import json
import re
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from smsplan.sandbox import running
from smsplan.sandbox.rules import Members, StatusGroup
from tests.sandbox.conftest import NUMBER, Client

SAMPLES = json.loads(
    (Path(__file__).parents[1] / "vectors/sinch-samples.json").read_text(encoding="utf-8")
)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z")


def test_send(client: Client) -> None:
    """A batch comes back with its effective fields, numbers without a plus, times in UTC."""
    made = client.send(
        to=["+12017777777"],
        body="SMS body message",
        **{"from": "+12015555555"},
        send_at="2024-06-06T09:25:00Z",
        delivery_report="full",
        feedback_enabled=True,
    )
    assert made["to"] == ["12017777777"]
    assert made["from"] == "12015555555"
    assert made["canceled"] is False
    assert made["expire_at"] == "2024-06-09T09:25:00.000Z"
    assert made["feedback_enabled"] is True
    assert made["type"] == "mt_text"
    assert made["flash_message"] is False
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{26}", made["id"])
    assert TIME.match(made["created_at"])
    assert made["created_at"] == made["modified_at"]


def test_defaults(client: Client) -> None:
    """What was not given is absent, but for the fields that have an effective value."""
    made = client.send()
    assert set(made) == {
        "id", "to", "canceled", "body", "type", "created_at", "modified_at", "delivery_report",
        "expire_at", "flash_message",
    }  # fmt: skip
    created, expires = (datetime.fromisoformat(made[name]) for name in ("created_at", "expire_at"))
    assert expires - created == timedelta(days=3)
    assert made["delivery_report"] == "none"


def test_null_is_absent(client: Client) -> None:
    """A null is the same as a field that is not given: it is not echoed, and has no say."""
    nulls = dict.fromkeys(("client_reference", "send_at", "delivery_report", "parameters"))
    made = client.send(**nulls)
    assert {name for name in nulls if name in made} == {"delivery_report"}
    assert made["delivery_report"] == "none"


def test_parameters_are_echoed(client: Client) -> None:
    """The map of parameters is echoed as it was written, plus signs included."""
    parameters = {"name": {"+447700900123": "Ana", "default": "there"}}
    made = client.send(body="Hi ${name}", parameters=parameters)
    assert made["parameters"] == parameters
    assert client("GET", f"/batches/{made['id']}").json() == made


@pytest.mark.parametrize("sample", SAMPLES["requests"], ids=lambda sample: sample["label"])
def test_samples(client: Client, sample: dict[str, Any]) -> None:
    """The documentation's samples are read where a sensible reader would, else refused rightly."""
    if sample["type"] == "batch":
        answer = client("POST", "/batches", sample["payload"])
    else:
        made = client.send(send_at="2100-01-01T00:00:00Z")
        answer = client("POST", f"/batches/{made['id']}", sample["payload"])
    if sample["faults"]:
        assert answer.status_code == 400
        code, field = sample["faults"][0]
        assert answer.json()["code"] == code
        assert f"'{field}'" in answer.json()["text"]
    else:
        assert answer.status_code == 201
        assert answer.json()["to"] == sample["read"]["to"]


def test_dry_run(client: Client) -> None:
    """A dry run counts recipients and parts, and lists recipients where it is asked to."""
    request = {
        "from": "+12015555555",
        "to": ["+12017777777", "+12018888888", "+12019999999"],
        "parameters": {"name": {"+12017777777": "John", "default": "there"}},
        "body": "Hello ${name}!",
    }
    plain = client("POST", "/batches/dry_run", request).json()
    assert plain == {"number_of_recipients": 3, "number_of_messages": 3}
    # Official SDKs write True with a capital.
    full = client("POST", "/batches/dry_run", request, per_recipient="True").json()
    bodies = {each["recipient"]: each["body"] for each in full["per_recipient"]}
    assert bodies == {
        "12017777777": "Hello John!",
        "12018888888": "Hello there!",
        "12019999999": "Hello there!",
    }
    assert {each["encoding"] for each in full["per_recipient"]} == {"GSM"}
    assert client("GET", "/batches").json()["count"] == 0


@pytest.mark.parametrize(
    "query",
    [{"per_recipient": "tru"}, {"number_of_recipients": "1001"}, {"number_of_recipients": "x"}],
)
def test_dry_run_query(client: Client, query: dict[str, str]) -> None:
    """A query of the wrong format is refused."""
    answer = client("POST", "/batches/dry_run", {"to": [NUMBER], "body": "Hi"}, **query)
    assert answer.status_code == 400
    assert answer.json()["code"] == "syntax_invalid_parameter_format"


def test_known_texts(client: Client) -> None:
    """Texts that are known verbatim are given verbatim."""
    answer = client("POST", "/batches", {"to": ["+1"], "body": "Hi"})
    assert answer.json()["text"] == (
        "The format of parameter 'to[0]' is invalid; value '+1' is not a valid MSISDN or group ID."
    )
    answer = client("POST", "/batches/dry_run", {"to": [NUMBER], "body": ""}, per_recipient="tru")
    assert answer.json()["text"] == "'tru' is not a valid boolean"
    answer = client("POST", "/batches", {"to": [NUMBER], "body": "", "delivery_report": "report"})
    assert answer.json()["text"] == "'report' is not a valid report type"
    answer = client("POST", "/batches", {"to": ["01FC66621VHDBN119Z8PMV1QPU"], "body": "Hi"})
    assert (answer.status_code, answer.json()) == (
        403,
        {
            "code": "unknown_group",
            "text": "Group '01FC66621VHDBN119Z8PMV1QPU' is unknown or deleted",
        },
    )
    request = {"to": [NUMBER], "body": "Hi", "delivery_report": "full"}
    with running(default_callback=False) as other, Client(other) as second:
        answer = second("POST", "/batches", request)
    assert (answer.status_code, answer.json()) == (
        403,
        {
            "code": "missing_callback_url",
            "text": "Requesting delivery report without any callback URL.",
        },
    )


def test_list(client: Client) -> None:
    """Lists are newest first, by pages; a page past the end is empty."""
    ids = [client.send(body=str(number))["id"] for number in range(3)]
    first = client("GET", "/batches", page_size=2).json()
    assert (first["page"], first["page_size"], first["count"]) == (0, 2, 3)
    second = client("GET", "/batches", page=1, page_size=2).json()
    assert second["page_size"] == 1
    shown = [batch["id"] for batch in (*first["batches"], *second["batches"])]
    assert sorted(shown) == sorted(ids)
    created = [batch["created_at"] for batch in (*first["batches"], *second["batches"])]
    assert created == sorted(created, reverse=True)
    assert client("GET", "/batches", page=9).json() == {
        "page": 9, "page_size": 0, "count": 3, "batches": [],
    }  # fmt: skip


def test_list_filters(client: Client) -> None:
    """Lists filter by originator, reference and time; the start counts, the end does not."""
    made = client.send(**{"from": "+447700900001"}, client_reference="a b/ü")
    client.send(**{"from": "Shop"})
    client.send()
    of = client("GET", "/batches", **{"from": "447700900001,Other"}).json()
    assert [batch["id"] for batch in of["batches"]] == [made["id"]]
    assert client("GET", "/batches", client_reference="a b/ü").json()["count"] == 1
    assert client("GET", "/batches", client_reference="a").json()["count"] == 0
    at = made["created_at"]
    assert client("GET", "/batches", start_date=at).json()["count"] == 3
    assert client("GET", "/batches", end_date=at).json()["count"] == 0
    assert client("GET", "/batches", start_date="2020-01-01").json()["count"] == 3
    assert client("GET", "/batches", start_date="yesterday").status_code == 400
    client.sandbox.advance(25 * 3600)
    assert client("GET", "/batches").json()["count"] == 0
    assert client("GET", "/batches", start_date="2020-01-01").json()["count"] == 3
    client.sandbox.advance(14 * 24 * 3600)
    assert client("GET", "/batches", start_date="2020-01-01").json()["count"] == 0


@pytest.mark.parametrize(
    "query", [{"page": "-1"}, {"page_size": "0"}, {"page_size": "101"}, {"page": "one"}]
)
def test_list_query(client: Client, query: dict[str, str]) -> None:
    """Pages out of range are refused."""
    answer = client("GET", "/batches", **query)
    assert (answer.status_code, answer.json()["code"]) == (400, "syntax_invalid_parameter_format")


LATER = "2100-01-01T00:00:00Z"


def test_update(client: Client) -> None:
    """An update is partial: it adds and removes, null resets, the rest stays."""
    group = client("POST", "/groups", {"name": "them", "members": ["+447700900111"]}).json()["id"]
    made = client.send(send_at=LATER, delivery_report="full", client_reference="mine")
    changed = client(
        "POST",
        f"/batches/{made['id']}",
        {"from": "12345", "to_add": [group], "delivery_report": "summary"},
    ).json()
    assert changed["to"] == [NUMBER, group]
    assert changed["from"] == "12345"
    assert changed["delivery_report"] == "summary"
    assert changed["client_reference"] == "mine"
    assert (changed["id"], changed["created_at"]) == (made["id"], made["created_at"])
    assert changed["modified_at"] >= made["modified_at"]
    reset = client(
        "POST", f"/batches/{made['id']}", {"client_reference": None, "delivery_report": None}
    ).json()
    assert "client_reference" not in reset
    assert reset["delivery_report"] == "none"
    both = client(
        "POST", f"/batches/{made['id']}",
        {"to_add": ["+447700900222"], "to_remove": ["00447700900222", group]},
    ).json()  # fmt: skip
    assert both["to"] == [NUMBER]
    nobody = client("POST", f"/batches/{made['id']}", {"to_remove": [NUMBER]})
    assert (nobody.status_code, nobody.json()["code"]) == (400, "syntax_constraint_violation")
    parameters = {"name": {"default": "you"}}
    changed = client(
        "POST", f"/batches/{made['id']}", {"body": "Hi ${name}", "parameters": parameters}
    ).json()
    assert changed["parameters"] == parameters


def test_update_order() -> None:
    """Whether adds or removes come first is a switch of the sandbox."""
    for order, left in (("add_first", [NUMBER]), ("remove_first", [NUMBER, "447700900222"])):
        with running(update_order=order) as sandbox, Client(sandbox) as client:
            made = client.send(send_at=LATER)
            changed = client(
                "POST", f"/batches/{made['id']}",
                {"to_add": ["447700900222"], "to_remove": ["447700900222"]},
            ).json()  # fmt: skip
        assert changed["to"] == left


def test_update_after_dispatch(client: Client) -> None:
    """What is dispatched cannot be changed."""
    made = client.send()
    for method in ("POST", "PUT"):
        answer = client(method, f"/batches/{made['id']}", {"to": [NUMBER], "body": "Other"})
        assert (answer.status_code, answer.json()["code"]) == (403, "batch_already_dispatched")


def test_update_of_other_types(client: Client) -> None:
    """A binary batch is updated by its own fields; another type is refused."""
    made = client.send(type="mt_binary", body="SGVsbG8gV29ybGQh", udh="06050423F423F4",
                       send_at=LATER)  # fmt: skip
    changed = client(
        "POST", f"/batches/{made['id']}", {"type": "mt_binary", "body": "SGVsbG8="}
    ).json()
    assert (changed["body"], changed["udh"]) == ("SGVsbG8=", "06050423F423F4")
    answer = client("POST", f"/batches/{made['id']}", {"type": "mt_text", "body": "Hi"})
    assert answer.status_code == 400
    answer = client("POST", f"/batches/{made['id']}", {"type": "mt_binary", "body": "%"})
    assert answer.json()["code"] == "syntax_invalid_parameter_format"


def test_replace(client: Client) -> None:
    """A replacement gives all fields anew; what it leaves out returns to its default."""
    made = client.send(send_at=LATER, delivery_report="full", feedback_enabled=True)
    replaced = client(
        "PUT",
        f"/batches/{made['id']}",
        {"from": "12345", "to": ["+12017777777"], "body": "Other", "send_at": LATER},
    ).json()
    assert (replaced["id"], replaced["created_at"]) == (made["id"], made["created_at"])
    assert replaced["to"] == ["12017777777"]
    assert replaced["delivery_report"] == "none"
    assert "feedback_enabled" not in replaced


def test_cancel(client: Client) -> None:
    """A batch can be cancelled at any time, twice too; the report of a finished one stays."""
    finished = client.send()
    for _ in range(2):
        answer = client("DELETE", f"/batches/{finished['id']}")
        assert (answer.status_code, answer.json()["canceled"]) == (200, True)
    report = client("GET", f"/batches/{finished['id']}/delivery_report").json()
    assert [each["code"] for each in report["statuses"]] == [0]
    scheduled = client.send(send_at=LATER)
    client("DELETE", f"/batches/{scheduled['id']}")
    report = client("GET", f"/batches/{scheduled['id']}/delivery_report").json()
    assert (report["statuses"], report["total_message_count"]) == ([], 0)
    with running(second_cancel="not_found") as other, Client(other) as second:
        made = second.send(send_at=LATER)
        codes = [second("DELETE", f"/batches/{made['id']}").status_code for _ in range(2)]
    assert codes == [200, 404]


def test_cancel_on_the_way() -> None:
    """What was dispatched and is not final yet ends cancelled, code 407."""
    with running(delivery_seconds=60) as sandbox, Client(sandbox) as client:
        made = client.send()
        report = f"/batches/{made['id']}/delivery_report"
        assert client("GET", report).json()["statuses"][0]["code"] == 401
        client("DELETE", f"/batches/{made['id']}")
        assert client("GET", report).json()["statuses"][0]["status"] == "Cancelled"
        sandbox.advance(120)
        assert client("GET", report).json()["statuses"][0]["code"] == 407


def test_feedback(client: Client) -> None:
    """Feedback is accepted where the batch asked for it; no recipients are all of them."""
    plain = client.send()
    path = "/batches/{}/delivery_feedback"
    assert client("POST", path.format(plain["id"]), {"recipients": []}).status_code == 404
    made = client.send(feedback_enabled=True)
    for recipients in ([], ["+15551231234", "+15551256344"]):
        answer = client("POST", path.format(made["id"]), {"recipients": recipients})
        assert (answer.status_code, answer.content) == (202, b"")
    wrong: Any
    for wrong in ({}, {"recipients": "all"}, {"recipients": ["x"]}, []):
        assert client("POST", path.format(made["id"]), wrong).status_code == 400
    assert client("POST", path.format("unknown"), {"recipients": []}).status_code == 404
    group = client("POST", "/groups", {"members": [NUMBER]}).json()["id"]
    made = client.send(to=[group], feedback_enabled=True)
    assert client("POST", path.format(made["id"]), {"recipients": []}).status_code == 400
    assert client("POST", path.format(made["id"]), {"recipients": [NUMBER]}).status_code == 202


def test_reports(client: Client) -> None:
    """Reports name delivered, unmatched (405) and over the limit (411), by batch and number."""
    made = client.send(
        to=["447700900111", "447700900222", "447700900333"],
        body="Hi ${name}",
        parameters={"name": {"447700900111": "Ana", "447700900222": "x" * 200}},
        max_number_of_message_parts=1,
        delivery_report="per_recipient",
        client_reference="march",
    )
    full = client("GET", f"/batches/{made['id']}/delivery_report", type="full").json()
    assert full["type"] == "delivery_report_sms"
    assert full["total_message_count"] == 3
    assert full["client_reference"] == "march"
    assert {each["code"]: each["recipients"] for each in full["statuses"]} == {
        0: ["447700900111"], 411: ["447700900222"], 405: ["447700900333"],
    }  # fmt: skip
    some = client("GET", f"/batches/{made['id']}/delivery_report", status="Aborted").json()
    assert [each["code"] for each in some["statuses"]] == [405, 411]
    assert "recipients" not in some["statuses"][0]
    one = client("GET", f"/batches/{made['id']}/delivery_report/+447700900111").json()
    assert one["type"] == "recipient_delivery_report_sms"
    assert (one["status"], one["encoding"], one["number_of_message_parts"]) == (
        "Delivered", "GSM", 1,
    )  # fmt: skip
    assert one["applied_originator"]
    unknown = client("GET", f"/batches/{made['id']}/delivery_report/447700900999")
    assert unknown.status_code == 404
    every = client("GET", "/delivery_reports", page_size=2).json()
    assert (every["count"], every["page_size"]) == (3, 2)
    assert client("GET", "/delivery_reports", code="405,411").json()["count"] == 2
    assert client("GET", "/delivery_reports", client_reference="april").json()["count"] == 0
    assert client("GET", f"/batches/{made['id']}/delivery_report", type="x").status_code == 400


def test_pages_of_reports() -> None:
    """Pages hold every report once, newest first, of the time, code and reference asked for."""
    numbers = [f"4477009{place:05}" for place in range(60)]
    with running(outcomes={402: 0.3}, delivery_seconds=60) as sandbox, Client(sandbox) as client:
        for to, reference, kind in (
            (numbers[:30], "a", "full"), (numbers[30:50], "b", "none"), (numbers[40:], "c", "full"),
        ):  # fmt: skip
            client.send(to=to, client_reference=reference, delivery_report=kind)
            between = sandbox.advance(600)

        def told(**query: Any) -> list[tuple[str, int]]:
            found, page = [], 0
            while True:
                answer = client("GET", "/delivery_reports", page=page, page_size=7, **query).json()
                found += answer["delivery_reports"]
                page += 1
                if page * 7 >= answer["count"]:
                    assert len(found) == answer["count"]
                    times = [each["at"] for each in found]
                    assert times == sorted(times, reverse=True)
                    return [(each["recipient"], each["code"]) for each in found]

        every = told()
        assert sorted(number for number, _ in every) == sorted([*numbers[:30], *numbers[40:]])
        assert {code for _, code in every} == {0, 402}
        assert sorted(told(code="402")) == sorted(each for each in every if each[1] == 402)
        assert sorted(told(status="Aborted")) == sorted(told(code="402"))
        assert told(code="999") == []
        assert sorted(number for number, _ in told(client_reference="c")) == numbers[40:]
        assert told(client_reference="b") == []
        middle = (between - timedelta(seconds=900)).isoformat()
        assert sorted(number for number, _ in told(start_date=middle)) == numbers[40:]
        assert sorted(number for number, _ in told(end_date=middle)) == numbers[:30]
        client.send(to=numbers[:3], client_reference="d", delivery_report="full")
        assert [code for _, code in told(client_reference="d")] == [401] * 3
        assert len(told(code="401")) == 3


def test_outcomes() -> None:
    """Outcomes are drawn by number and seed: the same number ends the same every time."""
    numbers = [f"4477009{place:05}" for place in range(1000)]
    found = []
    for _ in range(2):
        outcomes = {402: 0.1, 404: 0.05}
        with running(outcomes=outcomes, seed=7) as sandbox, Client(sandbox) as client:
            made = client.send(to=numbers)
            full = client("GET", f"/batches/{made['id']}/delivery_report", type="full").json()
            found.append({each["code"]: each["recipients"] for each in full["statuses"]})
    assert found[0] == found[1]
    assert 60 < len(found[0][402]) < 140
    assert 20 < len(found[0][404]) < 80


def test_schedule(client: Client) -> None:
    """A batch with ``send_at`` goes out when the clock gets there."""
    later = (client.sandbox.now + timedelta(hours=2)).isoformat()
    made = client.send(send_at=later)
    report = f"/batches/{made['id']}/delivery_report"
    assert client("GET", report).json()["total_message_count"] == 0
    client.sandbox.advance(7199)
    assert client("GET", report).json()["total_message_count"] == 0
    client.sandbox.advance(2)
    assert client("GET", report).json()["statuses"] == [
        {"code": 0, "status": "Delivered", "count": 1}
    ]


def test_groups(client: Client) -> None:
    """Groups are made, changed, resolved with their child groups, and deleted."""
    child = client("POST", "/groups", {"members": ["+447700900333"]}).json()
    made = client(
        "POST", "/groups",
        {"name": "friends", "members": ["+447700900111", "447700900111", "447700900222"],
         "child_groups": [child["id"]]},
    )  # fmt: skip
    assert made.status_code == 201
    group = made.json()
    assert (group["name"], group["size"], group["child_groups"]) == ("friends", 2, [child["id"]])
    members = client("GET", f"/groups/{group['id']}/members").json()
    assert members == ["447700900111", "447700900222"]
    answer = client(
        "POST", "/batches/dry_run", {"to": [group["id"], "447700900111"], "body": "Hi"}
    ).json()
    assert answer["number_of_recipients"] == 3
    changed = client(
        "POST", f"/groups/{group['id']}",
        {"add": ["447700900444"], "remove": ["447700900111"], "add_from_group": child["id"]},
    ).json()  # fmt: skip
    assert (changed["size"], changed["name"]) == (3, "friends")
    assert "name" not in client("POST", f"/groups/{group['id']}", {"name": None}).json()
    replaced = client("PUT", f"/groups/{group['id']}", {"members": [NUMBER]}).json()
    assert (replaced["size"], replaced["created_at"]) == (1, group["created_at"])
    assert client("GET", "/groups").json()["count"] == 2
    assert client("DELETE", f"/groups/{group['id']}").status_code == 200
    assert client("GET", f"/groups/{group['id']}").status_code == 404
    wrong: Any
    for wrong in (
        {"name": "x" * 21}, {"members": ["x"]}, {"members": "x"}, {"child_groups": ["a"] * 11},
        {"members": ["447700900111"] * 10_001}, [],
    ):  # fmt: skip
        assert client("POST", "/groups", wrong).status_code == 400
    unknown = client("POST", "/groups", {"child_groups": ["01FC66621VHDBN119Z8PMV1QPU"]})
    assert unknown.status_code == 403


def test_groups_in_groups() -> None:
    """Groups in groups, in rings, in chains and crosswise, are resolved once each."""
    now = datetime(2026, 11, 1, tzinfo=UTC)
    groups: dict[str, StatusGroup] = {}

    def group(name: str, *children: str, members: tuple[str, ...] = ()) -> str:
        groups[name] = StatusGroup(
            id=name, created_at=now, modified_at=now, members=members, child_groups=children
        )
        return name

    one, other = group("one", "one", "other", members=("1",)), group("other", members=("2", "1"))
    for place in range(40):
        one, other = (group(f"{side}{place}", one, other) for side in "ab")
    for place in range(5000):
        one = group(f"c{place}", one, "deleted")
    found = Members(groups)
    assert found[one] == ("1", "2")
    assert found["other"] == ("2", "1")
    assert found.get("deleted") is None


def test_statuses(client: Client) -> None:
    """Wrong token 401 everywhere, unknown id 404, method 405, content type 415, JSON 400."""
    url = client.sandbox.url
    plan = f"{url}/xms/v1/demo"
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eA=="}):
        for method, path in (
            ("GET", "batches"), ("POST", "batches"), ("POST", "batches/dry_run"),
            ("GET", "batches/x"), ("POST", "batches/x"), ("PUT", "batches/x"),
            ("DELETE", "batches/x"), ("POST", "batches/x/delivery_feedback"),
            ("GET", "batches/x/delivery_report"), ("GET", "delivery_reports"), ("GET", "groups"),
            ("POST", "groups"),
        ):  # fmt: skip
            assert httpx.request(method, f"{plan}/{path}", headers=headers).status_code == 401
        # What there is not, is not for everybody to know.
        for method, path in (("PATCH", "batches"), ("GET", "nothing"), ("GET", "batches/a/b/c")):
            assert httpx.request(method, f"{plan}/{path}", headers=headers).status_code == 401
        assert httpx.get(f"{url}/sandbox/nothing", headers=headers).status_code == 401
    right = {"Authorization": f"Bearer {client.sandbox.token}"}
    assert httpx.get(f"{url}/xms/v1/other/batches", headers=right).status_code == 401
    assert client("GET", "/batches/unknown").status_code == 404
    assert client("DELETE", "/batches").status_code == 405
    assert httpx.get(f"{url}/nothing").status_code == 404
    for method in ("GET", "PUT", "DELETE"):
        assert client(method, "/batches/dry_run").status_code == 405
    text = {**right, "Content-Type": "text/plain"}
    assert httpx.post(f"{plan}/batches", content=b"{}", headers=text).status_code == 415
    for body in (b"{", b"\xff", b"NaN", b"[" * 100_000):
        answer = httpx.post(
            f"{plan}/batches", content=body, headers={**right, "Content-Type": "application/json"}
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "syntax_invalid_json")


LONE = "\\ud800"


@pytest.mark.parametrize(
    "field",
    [f'"callback_url": "http://example.com/{LONE}"', f'"delivery_report": "{LONE}"',
     f'"parameters": {{"{LONE}": {{}}}}', f'"to": ["{LONE}"]', f'"from": "a{LONE}"',
     f'"type": "{LONE}"', f'"send_at": "{LONE}"', '"callback_url": "http://example.com/\\n"'],
)  # fmt: skip
def test_text_that_is_none(client: Client, field: str) -> None:
    """Half a character is refused wherever it stands, and nothing of it stays."""
    body = f'{{"to": ["{NUMBER}"], "body": "Hello!", {field}}}'
    headers = {"Authorization": f"Bearer {client.sandbox.token}",
               "Content-Type": "application/json"}  # fmt: skip
    for path in ("batches", "batches/dry_run"):
        url = f"{client.sandbox.url}/xms/v1/demo/{path}"
        answer = httpx.post(url, content=body.encode(), headers=headers)
        assert answer.status_code == 400
        assert answer.json()["code"].startswith("syntax_")
    assert client("GET", "/batches").json()["count"] == 0


def test_end_of_time(client: Client) -> None:
    """The last times that there are can be named."""
    made = client.send(send_at="9999-12-31T23:59:59Z")
    assert made["expire_at"] == "9999-12-31T23:59:59.999Z"
    assert client("GET", "/batches").json()["count"] == 1
    for _ in range(30):
        moved = client("POST", "/sandbox/clock", {"advance": 1e10})
    assert moved.status_code == 400
    assert client("GET", "/batches").status_code == 200


def test_sent_in_the_past(client: Client) -> None:
    """A ``send_at`` in the past is now: what it says of expiry is echoed, and it is delivered."""
    made = client.send(send_at="2024-06-06T09:25:00Z")
    assert made["expire_at"] == "2024-06-09T09:25:00.000Z"
    report = client("GET", f"/batches/{made['id']}/delivery_report").json()
    assert report["statuses"][0]["code"] == 0
    made = client.send(send_at="2024-06-06T09:25:00Z", expire_at="2024-06-07T09:25:00Z")
    report = client("GET", f"/batches/{made['id']}/delivery_report").json()
    assert report["statuses"][0]["code"] == 406


def test_update_with_no_type(client: Client) -> None:
    """A type that is null is one that is not given."""
    made = client.send(send_at=LATER)
    answer = client("POST", f"/batches/{made['id']}", {"type": None, "body": "Bye"})
    assert (answer.status_code, answer.json()["body"]) == (200, "Bye")


@pytest.mark.parametrize(
    "id_", ["../batches", "%2e%2e%2f", "' OR '1'='1", "x;DROP TABLE batches", "%00", "é" * 40]
)
def test_strange_ids(client: Client, id_: str) -> None:
    """Path tricks and SQL in an id are an unknown id and nothing else."""
    made = client.send()
    for method in ("GET", "DELETE"):
        answer = client(method, f"/batches/{id_}/delivery_report" if method == "GET" else
                        f"/groups/{id_}")  # fmt: skip
        assert answer.status_code in (404, 405)
    assert client("GET", f"/batches/{made['id']}").status_code == 200


def test_bounds(client: Client) -> None:
    """A body that is too large is cut off."""
    headers = {"Authorization": f"Bearer {client.sandbox.token}",
               "Content-Type": "application/json"}  # fmt: skip
    url = f"{client.sandbox.url}/xms/v1/demo/batches"
    answer = httpx.post(url, content=b" " * (5 << 20), headers=headers)
    assert answer.status_code == 413

    def chunks() -> Any:
        for _ in range(100):
            yield b" " * 100_000

    try:
        status = httpx.post(url, content=chunks(), headers=headers).status_code
    except httpx.TransportError:
        # Closed while the rest was still coming.
        status = 413
    assert status == 413


def test_slow_body(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that does not come is not waited for, and the others are answered meanwhile."""
    monkeypatch.setattr("smsplan.sandbox.app.BODY_SECONDS", 0.5)
    host = urlsplit(client.sandbox.url)
    assert host.hostname is not None
    with socket.create_connection((host.hostname, host.port or 0), timeout=10) as slow:
        slow.sendall(
            b"POST /xms/v1/demo/batches HTTP/1.1\r\nHost: sandbox\r\n"
            b"Content-Type: application/json\r\nContent-Length: 100\r\n"
            b"Authorization: Bearer " + client.sandbox.token.encode() + b"\r\n\r\n{"
        )
        client.send()
        assert slow.recv(1000).startswith(b"HTTP/1.1 408 ")
    assert client("GET", "/batches").json()["count"] == 1
