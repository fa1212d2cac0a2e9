"""Answers that no API should give: none is taken for another, none goes on for ever.

The server is ``hostile``, on real sockets. What nobody knows is never said to be tried again; what
is certain is said to be.
"""

from __future__ import annotations

import gzip
import json
import pickle
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from smsplan import BinaryBatch, TextBatch, TextUpdate
from smsplan.cli import app
from smsplan.live.api_error import Sought
from smsplan.sinch import ApiError, Credentials, SinchApi
from tests.sinch.hostile import (
    BATCH,
    DRY_RUN,
    HTML,
    Answer,
    Hostile,
    bomb,
    drip,
    flood,
    head,
    hostile,
    http,
    raw,
    silence,
)

NUMBER = "447700900123"
SENT = TextBatch(to=[f"+{NUMBER}", "447700900456"], from_="Shop", body="a secret text",
                 client_reference="tables-3")  # fmt: skip
LOOK = "it may have been accepted: look for client_reference 'tables-3' before you send again"


def connected(server: Hostile, waits: list[float] | None = None, **limits: Any) -> SinchApi:
    """Return an adapter with small limits, which does not wait between its tries."""
    small: dict[str, Any] = {"timeout": 0.3, "answer_time": 0.6, "largest_answer": 200_000}
    sleep = (lambda _: None) if waits is None else waits.append
    return SinchApi(server.credentials, sleep=sleep, **{**small, **limits})


# Where the answer comes at once and its content is the matter, a busy machine may take its time.
PATIENT: dict[str, Any] = {"timeout": 10.0, "answer_time": 20.0}


def failed(call: Callable[[], Any]) -> ApiError:
    """Return the error of a call, which tells nobody's secrets."""
    with pytest.raises(ApiError) as caught:
        call()
    said = str(caught.value)
    for secret in ("secret", NUMBER, "<html", "<body", "denied"):
        assert secret not in said
    assert len(said) < 400
    return caught.value


NO_ANSWER: dict[str, tuple[Answer, int | None]] = {
    "silence": (silence(), None),
    "closed": (raw(b""), None),
    "no HTTP": (raw(b"\x00\x01\x02 hello\r\n\r\n"), None),
    "half a head": (raw(head(201)[:30]), 201),
    "another answer follows": (raw(b"HTTP/1.1 103 Early Hints\r\n\r\n"), None),
    "cut off": (raw(head(201, f"Content-Length: {len(BATCH)}") + BATCH[:20]), 201),
    "cut off chunk": (raw(head(201, "Transfer-Encoding: chunked") + b"ff\r\n" + BATCH[:9]), 201),
    "stalled": (drip(head(201, "Content-Length: 500") + BATCH[:9], b" ", every=1.0), 201),
    "octet by octet": (drip(head(201, "Content-Length: 500000"), b" "), 201),
    "head octet by octet": (drip(b"HTTP/1.1 201 ", b"x"), None),
    "spaces": (flood(head(201, "Content-Length: 3000000000"), b" " * 65536, 100), 201),
    "endless line": (flood(b"HTTP/1.1 201 ", b"x" * 65536, 100), None),
    "endless chunk": (flood(head(201, "Transfer-Encoding: chunked"), b"0" * 65536, 100), 201),
    "bomb": (bomb(201, 5_000_000), 201),
    "no gzip": (http(201, BATCH, "Content-Encoding: gzip"), 201),
    "unknown encoding": (http(201, BATCH, "Content-Encoding: br"), 201),
    "gzip in gzip": (http(201, gzip.compress(gzip.compress(BATCH)),
                          "Content-Encoding: gzip, gzip"), 201),
    "empty": (http(201), 201),
    "no content": (raw(head(204)), 204),
    "HTML": (http(200, HTML, kind="text/html"), 200),
    "half JSON": (http(201, BATCH[:-3]), 201),
    "deep": (http(201, b"[" * 100_000), 201),
    "deep and closed": (http(201, b'{"id": "X", "parameters": ' + b"[" * 400 + b"]" * 400 + b"}"),
                        201),
    "no number": (http(201, b'{"id": "X", "to": ["1"], "from_ton": 1e400}'), 201),
    "NaN": (http(201, b'{"id": "X", "to": ["1"], "from_ton": NaN}'), 201),
    "no UTF-8": (http(201, b'{"id": "\xff\xfe\xfd"}'), 201),
    "a list": (http(201, b"[]"), 201),
    "a dry run": (http(200, DRY_RUN), 200),
    "an id that is none": (http(201, b'{"id": {"a": 1}, "to": ["447700900123"]}'), 201),
    "moved": (http(302, b"", "Location: /elsewhere"), 302),
    "moved, with its body": (http(307, b"", "Location: http://127.0.0.1:9/"), 307),
    "request timeout": (http(408), 408),
    "client closed request": (http(499, HTML, kind="text/html"), 499),
    "500": (http(500, b'{"code": "internal", "text": "..."}'), 500),
    "502": (http(502, HTML, kind="text/html"), 502),
    "503": (http(503, b"upstream connect error", kind="text/plain"), 503),
    "503, later": (http(503, b"", "Retry-After: 3"), 503),
    "504": (http(504), 504),
    "520": (http(520, HTML, kind="text/html"), 520),
    "900": (http(900), 900),
}  # fmt: skip


@pytest.mark.parametrize("kind", NO_ANSWER)
def test_send_without_an_answer(kind: str) -> None:
    """Whatever answer is missing or of no use: it is sent once, and said to be looked for."""
    answer, status = NO_ANSWER[kind]
    with hostile(answer) as server, connected(server) as api:
        began = time.monotonic()
        error = failed(lambda: api.send(SENT))
        assert time.monotonic() - began < 3
        assert len(server.asked) == 1
    assert error.status == status
    assert error.outcome_unknown is True
    assert str(error).endswith(LOOK)
    assert "try again" not in str(error)
    assert (error.client_reference, error.sender) == ("tables-3", "Shop")
    assert error.first_recipient == "GB ••• 23"
    assert error.asked_at is not None
    assert timedelta(0) <= datetime.now(UTC) - error.asked_at < timedelta(minutes=1)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.outcome_unknown, again.asked_at) == (str(error), True, error.asked_at)


@pytest.mark.parametrize(
    ("batch", "sought"),
    [
        (TextBatch(to=[NUMBER], from_="12345", body="Hi"), "a batch from '12345' to GB ••• 23"),
        (TextBatch(to=[NUMBER], body="Hi"), "a batch from the account's own sender to GB ••• 23"),
        (TextBatch(to=[NUMBER], from_="+12015555555", body="Hi"), "from US ••• 55 to GB ••• 23"),
        (BinaryBatch(to=["01FC66621VHDBN119Z8PMV1QPU"], from_="Shop", body="SGk=", udh="050003"),
         "a batch from 'Shop' to group '01FC66621VHDBN119Z8PMV1QPU'"),
        (TextBatch(to=[NUMBER], body="Hi", client_reference="a\x1b[31m" + "b" * 500),
         "for client_reference 'a?[31mbbb"),
    ],
)  # fmt: skip
def test_what_to_look_for(batch: Any, sought: str) -> None:
    """Without a reference the sender, the time and the first number, masked, are told."""
    with hostile(raw(b"")) as server, connected(server) as api:
        error = failed(lambda: api.send(batch))
    assert sought in str(error)
    assert error.sender == batch.from_
    if batch.client_reference is None:
        assert error.asked_at is not None
        assert f"asked for at {error.asked_at:%Y-%m-%d %H:%M:%S} UTC, before you" in str(error)
    else:
        assert error.client_reference == batch.client_reference


CHANGES: dict[str, Callable[[SinchApi], Any]] = {
    "update": lambda api: api.update("01B", TextUpdate(body="Ho")),
    "replace": lambda api: api.replace("01B", SENT),
    "cancel": lambda api: api.cancel("01B"),
    "give feedback": lambda api: api.feedback("01B", [NUMBER]),
}
READS: dict[str, Callable[[SinchApi], Any]] = {
    "dry run": lambda api: api.dry_run(SENT),
    "list": lambda api: api.list(),
    "retrieve": lambda api: api.retrieve("01B"),
    "reports": lambda api: list(api.reports()),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("answer", [raw(b""), http(503), http(200, HTML, kind="text/html")])
def test_change_without_an_answer(change: str, answer: Answer) -> None:
    """A change that may have been made says at which batch to look, and not to try again."""
    with hostile(answer) as server, connected(server) as api:
        error = failed(lambda: CHANGES[change](api))
    assert error.outcome_unknown
    assert error.batch_id == "01B"
    assert str(error).endswith(
        f"it may have been accepted: look at batch '01B' before you {change} again"
    )


@pytest.mark.parametrize("last", [http(403, b'{"code": "batch_already_dispatched"}'), http(429)])
def test_an_earlier_try_may_have_been_accepted(last: Answer) -> None:
    """A refusal says nothing of the try before it, whose answer is missing."""
    with hostile(http(503), last) as server, connected(server, **PATIENT) as api:
        error = failed(lambda: api.update("01B", TextUpdate(body="Ho")))
    assert error.outcome_unknown
    assert "an earlier try may have been accepted: look at batch '01B'" in str(error)
    assert error.status in (403, 429)


# What is an answer to the one is none to another.
READ_OF = {"a dry run": "list", "an id that is none": "dry run"}


@pytest.mark.parametrize(
    ("read", "kind"),
    [(read, kind) for kind in NO_ANSWER for read in READS if READ_OF.get(kind, read) == read],
)
def test_read_without_an_answer(read: str, kind: str) -> None:
    """What changes nothing has no outcome to be looked for; a traceback it is not, nor a result."""
    answer, status = NO_ANSWER[kind]
    with hostile(answer) as server, connected(server, tries=1) as api:
        error = failed(lambda: READS[read](api))
    assert error.status == status
    assert not error.outcome_unknown
    assert "accepted" not in str(error)


BODIES: dict[str, tuple[bytes, str]] = {
    "HTML": (HTML, "text/html"),
    "HTML as JSON": (HTML, "application/json"),
    "text": (b"Forbidden by policy", "text/plain"),
    "empty": (b"", "application/json"),
    "spaces": (b"   \r\n", "application/json"),
    "half JSON": (b'{"code": "synta', "application/json"),
    "text as JSON": (b"Bad gateway", "application/json"),
    "deep JSON": (b"[" * 100_000, "application/json"),
    "a number": (b"7", "application/json"),
    "null": (b"null", "application/json"),
    "no UTF-8": (b"\xff\xfe\xfd\xfc", "application/json"),
    "RFC 9457": (b'{"title": "No", "detail": "no", "status": 400}', "application/problem+json"),
}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 411, 413, 422, 431, 451])
@pytest.mark.parametrize("kind", BODIES)
def test_refusals_keep_their_status(status: int, kind: str) -> None:
    """4xx is a refusal whatever its body: the status is kept, and it is not made again."""
    body, type_ = BODIES[kind]
    for call in (lambda api: api.send(SENT), CHANGES["cancel"], READS["dry run"]):
        waits: list[float] = []
        with hostile(http(status, body, kind=type_)) as server, connected(server, waits) as api:
            error = failed(lambda call=call, api=api: call(api))  # type: ignore[misc]
            assert len(server.asked) == 1
        assert (error.status, error.outcome_unknown, waits) == (status, False, [])
        assert error.refused
        assert not error.passing
        assert "network" not in str(error)
        assert "may have been" not in str(error)
        assert ("from a proxy" in str(error)) == (kind in ("HTML", "HTML as JSON", "text"))


@pytest.mark.parametrize("body", [HTML, b"", b'{"code": "x", "text": "y"}', b"{"])
def test_refusal_that_is_cut_off_or_slow(body: bytes) -> None:
    """The status says it all: a body that does not come changes nothing about it."""
    for answer in (
        raw(head(403, "Content-Length: 100000") + body),
        drip(head(403, "Content-Length: 100000") + body, b" "),
        flood(head(403, "Content-Length: 3000000000") + body, b" " * 65536, 100),
    ):
        with hostile(answer) as server, connected(server) as api:
            error = failed(lambda api=api: api.send(SENT))  # type: ignore[misc]
            assert len(server.asked) == 1
        assert (error.status, error.outcome_unknown) == (403, False)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (400, "at fault is a proxy or firewall on the way; ask who runs it to let the request"),
        (403, "at fault is a proxy or firewall on the way; ask who runs it to let the request"),
        (404, "at fault is a proxy or firewall on the way; check the region, or SINCH_BASE_URL"),
        (407, "at fault is a proxy: it asks for a password; put"),
        (413, "at fault is the request: it is too large; ask for fewer recipients"),
        (429, "at fault is the rate: too many requests are outstanding; send slower"),
        (502, "at fault is the service; try again later"),
        (200, "at fault is a proxy or firewall on the way; ask who runs it"),
    ],
)
def test_sentence_of_a_proxy(status: int, sentence: str) -> None:
    """A page of HTML is a proxy's, and who is at fault is told by its status."""
    with (
        hostile(http(status, HTML, kind="text/html")) as server,
        connected(server, **PATIENT) as api,
    ):
        error = failed(lambda: api.dry_run(SENT))
    assert f"answered with {status} (the answer came from a proxy, not from the API)" in str(error)
    assert sentence in str(error)


def test_passing_answers_are_asked_for_again() -> None:
    """5xx, lost and broken answers to what is idempotent are: up to four times in all."""
    for answer in (raw(b""), http(502, HTML, kind="text/html"), http(408), http(425),
                   raw(head(200, "Content-Length: 99") + b"{")):  # fmt: skip
        with hostile(answer, answer, http(200, DRY_RUN)) as server, connected(server) as api:
            assert api.dry_run(SENT).number_of_messages == 1
            assert len(server.asked) == 3
    # What is above a limit, or is no answer of the API, will be so again.
    for answer in (bomb(200, 5_000_000), drip(head(200, "Content-Length: 9999"), b" "),
                   http(200, b"[" * 100_000)):  # fmt: skip
        with hostile(answer) as server, connected(server) as api:
            failed(lambda api=api: api.dry_run(SENT))  # type: ignore[misc]
            assert len(server.asked) == 1


def test_limits_have_words() -> None:
    """The size and the time that an answer is above are told."""
    with hostile(bomb(200, 5_000_000)) as server, connected(server) as api:
        assert "the answer is larger than 200,000 octets" in str(failed(api.list))
    with hostile(drip(head(200), b" ")) as server, connected(server) as api:
        assert "the answer took longer than 0.6 seconds" in str(failed(api.list))
    with hostile(http(200, b"[" * 100_000)) as server, connected(server, **PATIENT) as api:
        assert "the answer cannot be read" in str(failed(api.list))


@pytest.mark.parametrize(
    "answer",
    [
        b'{"number_of_recipients": %s, "number_of_messages": 1e400}' % (b"9" * 4000),
        b'{"number_of_recipients": %s, "number_of_messages": 1}' % (b"9" * 4000),
        b'{"number_of_recipients": %s, "number_of_messages": 1}' % (b"9" * 40),
        b'{"number_of_recipients": "%s", "number_of_messages": 1}' % (b"9" * 40),
        b'{"number_of_recipients": 1, "number_of_messages": 1e30}',
        b'{"number_of_recipients": 1, "number_of_messages": -1}',
        b'{"number_of_recipients": 1, "number_of_messages": 1.5}',
        b'{"number_of_recipients": 1, "number_of_messages": true}',
        b'{"number_of_recipients": [1], "number_of_messages": 1}',
        b'{"number_of_recipients": null}',
        b'{"number_of_recipients": 1, "number_of_messages": 1, "per_recipient": "x"}',
        b'{"number_of_recipients": 1, "number_of_messages": 1, "per_recipient": [7]}',
        b'{"number_of_recipients": 1, "number_of_messages": 1, "per_recipient": [{}]}',
        b'{"number_of_recipients": 1, "number_of_messages": 1, "per_recipient": '
        b'[{"recipient": "1", "number_of_parts": 1e99, "encoding": "GSM"}]}',
        b'{"number_of_recipients": 1, "number_of_messages": 1, "per_recipient": '
        b'[{"recipient": {}, "number_of_parts": 1, "encoding": "GSM"}]}',
    ],
)
def test_dry_run_that_is_none(answer: bytes) -> None:
    """Counts are whole numbers that a batch can have; what is none is not taken for one."""
    with hostile(http(200, answer)) as server, connected(server, **PATIENT) as api:
        assert failed(lambda: api.dry_run(SENT)).reason == "the answer cannot be read"


@pytest.mark.parametrize(
    "answer",
    [b"{}", b'{"count": 0}', b'{"count": 3, "page": 0}', b'{"batches": []}',
     b'{"count": 1, "batches": null, "delivery_reports": null}',
     b'{"count": 1, "batches": {"a": 1}, "delivery_reports": {"a": 1}}',
     b'{"count": 1e400, "batches": [], "delivery_reports": []}',
     b'{"count": null, "batches": [], "delivery_reports": []}',
     b'{"count": 1, "batches": [{}], "delivery_reports": [7]}'],
)  # fmt: skip
def test_list_that_is_none(answer: bytes) -> None:
    """What lists nothing is no empty list: nobody is told that there are no batches, or reports."""
    with hostile(http(200, answer)) as server, connected(server, **PATIENT) as api:
        for call in (READS["list"], READS["reports"]):
            assert failed(lambda call=call: call(api)).reason == "the answer cannot be read"  # type: ignore[misc]


def test_dry_run_leniently() -> None:
    """Numbers as text, whole numbers with a point, a null and a plus are read all the same."""
    item = {"recipient": 447700900123, "number_of_parts": "2", "body": None, "encoding": "text"}
    answer = json.dumps(
        {"number_of_recipients": "1", "number_of_messages": 2.0, "per_recipient": [item]}
    )
    bom = b"\xef\xbb\xbf"
    with hostile(http(200, bom + answer.encode())) as server, connected(server, **PATIENT) as api:
        found = api.dry_run(SENT)
    assert (found.number_of_recipients, found.number_of_messages) == (1, 2)
    assert found.per_recipient is not None
    item = found.per_recipient[0].to_dict()
    assert {name: item[name] for name in ("recipient", "number_of_parts", "encoding")} == {
        "recipient": NUMBER, "number_of_parts": 2, "encoding": "text"}  # fmt: skip


def test_gzip_is_read() -> None:
    """What was asked for compressed is read, up to the limit of what it says."""
    body = gzip.compress(DRY_RUN)
    with (
        hostile(http(200, body, "Content-Encoding: gzip")) as server,
        connected(server, **PATIENT) as api,
    ):
        assert api.dry_run(SENT).number_of_messages == 1


def test_keys_stay_where_they_belong() -> None:
    """An answer that leads elsewhere is not followed: neither text nor token go there."""
    with hostile(http(200, BATCH)) as other:
        for status in (301, 302, 303, 307, 308):
            answer = http(status, b"", f"Location: {other.url}/xms/v1/demo/batches")
            with hostile(answer) as server, connected(server) as api:
                failed(lambda api=api: api.send(SENT))  # type: ignore[misc]
                error = failed(lambda api=api: api.dry_run(SENT))  # type: ignore[misc]
                assert "check the region, or SINCH_BASE_URL" in str(error)
        assert not other.asked


# Retry-After.


def date_in(seconds: float) -> str:
    """Return an HTTP date that many seconds from now."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        (lambda: ["Retry-After: 3"], 3, 3.3),
        (lambda: ["retry-after:  20 "], 20, 20.3),
        (lambda: ["Retry-After: 0.5"], 0.5, 0.8),
        (lambda: [f"Retry-After: {date_in(7)}"], 5.9, 7.3),
        # By the service's clock, which is an hour ahead.
        (lambda: [f"Date: {date_in(3600)}", f"Retry-After: {date_in(3609)}"], 9, 10.3),
        (lambda: [f"Retry-After: {date_in(-100)}"], 0, 0.3),
        (lambda: ["Retry-After: soon"], 0.1, 1),
        (lambda: ["Retry-After: -5"], 0.1, 1),
        (lambda: ["Retry-After: nan"], 0.1, 1),
        (lambda: ["Retry-After: Thu, 99 Zzz 2026 99:99:99 GMT"], 0.1, 1),
    ],
)
def test_retry_after(
    status: int, headers: Callable[[], list[str]], least: float, most: float
) -> None:
    """What the service asks to wait, in seconds or up to a date, is waited for."""
    waits: list[float] = []
    busy = http(status, b"", *headers())
    with hostile(busy, http(200, DRY_RUN)) as server, connected(server, waits) as api:
        assert api.dry_run(SENT).number_of_messages == 1
        assert len(server.asked) == 2
    assert len(waits) == 1
    assert least <= waits[0] <= most


def test_retry_after_by_the_clock() -> None:
    """The second call is made after the wait, not before it."""
    busy = http(429, b"", "Retry-After: 1")
    with hostile(busy, http(200, DRY_RUN)) as server, SinchApi(server.credentials) as api:
        api.dry_run(SENT)
        assert 1 <= server.at[1] - server.at[0] < 3


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("90", "come back in 90 seconds"),
        ("3600", "come back in 60 minutes"),
        ("9" * 400, "come back in 16,666,667 minutes"),
    ],
)
def test_retry_after_above_the_limit(header: str, said: str) -> None:
    """A wait of more than patience is not waited for: the error says when to come back."""
    waits: list[float] = []
    busy = http(429, b"", f"Retry-After: {header}")
    with hostile(busy) as server, connected(server, waits) as api:
        error = failed(lambda: api.dry_run(SENT))
        assert len(server.asked) == 1
        sent = failed(lambda: api.send(SENT))
    assert not waits
    assert said in str(error)
    assert error.retry_after == min(float(header), 1e9)
    assert (sent.retry_after, sent.outcome_unknown) == (error.retry_after, False)
    soon = http(429, b"", "Retry-After: 90")
    with (
        hostile(soon, http(200, DRY_RUN)) as server,
        connected(server, waits, patience=120) as api,
    ):
        assert api.dry_run(SENT).number_of_messages == 1
    assert 90 <= waits[0] < 91


def test_patience_is_for_all_tries() -> None:
    """Tries and waits together are over in time, however little each of them takes."""
    busy = http(503, b"", "Retry-After: 0.4")
    with hostile(busy) as server, SinchApi(server.credentials, patience=1, tries=9) as api:
        began = time.monotonic()
        failed(api.list)
        assert time.monotonic() - began < 1.2
        assert 1 < len(server.asked) < 4


def test_slow_calls_are_no_late_ones() -> None:
    """A rate that keeps calls further apart than patience does not end them."""
    waits: list[float] = []
    with (
        hostile(http(200, DRY_RUN)) as server,
        connected(server, waits, requests_per_second=0.001, patience=1) as api,
    ):
        api.dry_run(SENT)
        api.dry_run(SENT)
    assert len(waits) == 1
    assert waits[0] > 900


# What is certain.


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "https://127.0.0.1:9"])
def test_refused_connection(url: str) -> None:
    """Where no connection came about, nothing was sent, and that is said."""
    keys = Credentials(service_plan_id="demo", api_token="t", base_url=url)
    with SinchApi(keys, sleep=lambda _: None, tries=2) as api:
        for call in (lambda: api.send(SENT), lambda: api.cancel("01B"), lambda: api.dry_run(SENT)):
            error = failed(call)
            assert (error.status, error.unreachable, error.outcome_unknown) == (None, True, False)
        assert "nothing was sent; check the connection and try again" in str(
            failed(lambda: api.send(SENT))
        )
        assert "nothing was changed; check" in str(failed(lambda: api.cancel("01B")))


def test_no_encryption() -> None:
    """A handshake that fails comes before the request: nothing was sent."""
    with hostile(http(200, BATCH)) as server:
        url = server.url.replace("http:", "https:")
        keys = Credentials(service_plan_id="demo", api_token="t", base_url=url)
        with SinchApi(keys, timeout=0.3) as api:
            error = failed(lambda: api.send(SENT))
        assert error.unreachable
        assert not server.asked


@pytest.mark.parametrize("answer", [http(407, HTML, kind="text/html"), http(403), silence()])
def test_proxy_that_does_not_connect(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that does not lead on to the API has sent nothing."""
    with hostile(answer) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        keys = Credentials(service_plan_id="demo", api_token="t", region="eu")
        with SinchApi(keys, timeout=0.3) as api:
            error = failed(lambda: api.send(SENT))
        assert proxy.asked[0].startswith(b"CONNECT eu.sms.api.sinch.com:443")
    assert error.unreachable
    assert not error.outcome_unknown


def test_proxy_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer through a proxy has the same limits, and may have been accepted."""
    with hostile(drip(head(201, "Content-Length: 99999"), b" ")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        keys = Credentials(service_plan_id="demo", api_token="t", base_url="http://localhost:9")
        with SinchApi(keys, timeout=0.3, answer_time=0.6) as api:
            error = failed(lambda: api.send(SENT))
        assert len(proxy.asked) == 1
    assert (error.status, error.outcome_unknown) == (201, True)


TOKEN = json.dumps({"access_token": "t", "expires_in": 3599, "scope": "",
                    "token_type": "bearer"}).encode()  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [raw(b""), http(500), http(503, HTML, kind="text/html"), http(401), http(400, b"{}"),
     http(200, HTML, kind="text/html"), http(200, b"[]"), http(200, b'{"access_token": "t"}'),
     http(302, TOKEN), bomb(200, 5_000_000), drip(head(200), b" "), silence()],
)  # fmt: skip
def test_no_token(answer: Answer) -> None:
    """Where the account gives no token, nothing was asked for, whatever its answer."""
    with hostile(answer, http(201, BATCH)) as server:
        keys = Credentials(project_id="p", key_id="k", key_secret="s", base_url=server.url)
        with SinchApi(keys, timeout=0.3, answer_time=0.6, largest_answer=200_000) as api:
            error = failed(lambda: api.send(SENT))
            assert b"/oauth2/token" in server.asked[0]
            assert len(server.asked) == 1
            assert not error.outcome_unknown
            assert "the token request before send" in str(error)
            assert "may have been accepted" not in str(error)


def test_token_that_is_not_renewed() -> None:
    """A token that has expired was refused: so it is known where there is no other."""
    expired = http(401, b"", 'WWW-Authenticate: Bearer error="invalid_token", expired')
    with hostile(http(200, TOKEN), expired, http(503)) as server:
        keys = Credentials(project_id="p", key_id="k", key_secret="s", base_url=server.url)
        with SinchApi(keys) as api:
            error = failed(lambda: api.send(SENT))
        assert [asked.split()[1].rpartition(b"/")[2] for asked in server.asked] == [
            b"token", b"batches", b"token"]  # fmt: skip
    assert (error.status, error.outcome_unknown) == (503, False)


def test_refused_and_too_many() -> None:
    """429 and 425 refuse a send: it was not accepted, and is not made again by itself."""
    for status in (425, 429):
        with hostile(http(status)) as server, connected(server, **PATIENT) as api:
            error = failed(lambda api=api: api.send(SENT))  # type: ignore[misc]
            assert len(server.asked) == 1
        assert not error.outcome_unknown
        assert error.passing


# What may be printed.


@pytest.mark.parametrize(
    "code",
    ["x\x1b[31m\nlanguages = 1", "447700900123", "<b>", "a" * 100, "Ünknown"],
)
def test_codes_that_are_none(code: str) -> None:
    """Of what a service writes only what looks like a code is printed; it is kept all the same."""
    body = json.dumps({"code": code, "text": f"value '{NUMBER}'"}).encode()
    with hostile(http(400, body)) as server, connected(server, **PATIENT) as api:
        error = failed(lambda: api.dry_run(SENT))
    assert error.code == code
    assert error.text == f"value '{NUMBER}'"
    assert "answered with 400; at fault is the request" in str(error)


def test_texts_of_others() -> None:
    """A gateway's text is read under the names that RFC 9457 and others give it; it has no code."""
    for body, code, text in (
        ({"title": "Too Many Requests", "detail": "slow down"}, "", "slow down"),
        ({"status": 429, "error": "Too Many Requests", "message": "slow"}, "", "slow"),
        ({"title": "Too Many Requests"}, "", "Too Many Requests"),
        ({"code": 429, "text": None}, "429", ""),
        ({"code": None}, "", ""),
        ({"code": {"a": 1}}, "", ""),
    ):  # fmt: skip
        answer = http(400, json.dumps(body).encode())
        with hostile(answer) as server, connected(server) as api:
            error = failed(lambda api=api: api.dry_run(SENT))  # type: ignore[misc]
        assert (error.code, error.text) == (code, text)


# On the command line.


def test_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands end with an error of ours where the account answers with what is no answer."""
    for kind in ("deep", "empty", "moved", "half JSON"):
        with hostile(NO_ANSWER[kind][0]) as server:
            monkeypatch.setenv("SINCH_BASE_URL", server.url)
            monkeypatch.setenv("SINCH_SERVICE_PLAN_ID", "demo")
            monkeypatch.setenv("SINCH_API_TOKEN", "secret-token")
            for arguments in (["batches", "get", "01B"], ["batches", "cancel", "01B"]):
                done = CliRunner().invoke(app, arguments)
                assert isinstance(done.exception, ApiError), (kind, arguments)


def test_words_of_sought() -> None:
    """The description holds no whole number, and stays short."""
    at = datetime(2026, 7, 1, 10, tzinfo=UTC)
    for batch in (SENT, TextBatch(to=[NUMBER], from_="447700900999", body="Hi")):
        assert not re.search(r"\d{7}", Sought.of(batch, at).where)
