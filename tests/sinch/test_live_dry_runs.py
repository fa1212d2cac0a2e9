"""One batch asked about: every way in which an account may answer otherwise is found and named."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from smsplan import BinaryBatch, MediaBatch, Profile, TextBatch, dry_run
from smsplan.api.dryruns import DryRun, RecipientDryRun
from smsplan.cli import app
from smsplan.errors import RequestRefused
from smsplan.sandbox import Sandbox, running
from smsplan.sinch import ApiError, Credentials, SinchApi, live_dry_run
from tests.cli.test_documentation import documented
from tests.sinch.hostile import HTML, hostile, http
from tests.test_switches import QUERY, SWITCHES, WITH, pairs

# An answer that differs in these alone is the same; the last shows in delivery codes, as long as
# the placeholder stays.
SAME = {"encoding_names", "per_recipient_order", "no_parameters"}
GROUP = "01FC66621VHDBN119Z8PMV1QPU"
PEOPLE = [f"4477009{place:05}" for place in range(1500)]


class Account:
    """An account without a network, which knows its groups."""

    def __init__(
        self, profile: Profile | None = None, groups: Mapping[str, Iterable[str]] | None = None
    ) -> None:
        self.profile, self.groups = profile or Profile(), groups
        self.asked: list[Any] = []

    def dry_run(
        self, batch: Any, *, per_recipient: bool = False, number_of_recipients: int = 100
    ) -> DryRun:
        """Answer, as the sandbox does."""
        self.asked.append(batch)
        try:
            return dry_run(
                batch,
                per_recipient=per_recipient,
                number_of_recipients=number_of_recipients,
                profile=self.profile,
                groups=self.groups,
            )
        except RequestRefused as refused:
            fault = refused.faults[0]
            raise ApiError("dry run", fault.status, fault.code, fault.text) from None


class Changed(Account):
    """An account that changes what it would answer."""

    def __init__(self, *changes: tuple[str, Any], listed: int | None = None) -> None:
        super().__init__()
        self.changes, self.listed = dict(changes), listed

    def dry_run(
        self, batch: Any, *, per_recipient: bool = False, number_of_recipients: int = 100
    ) -> DryRun:
        """Answer otherwise."""
        made = super().dry_run(
            batch, per_recipient=per_recipient, number_of_recipients=number_of_recipients
        )
        items = made.per_recipient
        if items is not None and self.listed is not None:
            items = items[: self.listed] if self.listed >= 0 else None
        if items:
            last = {**items[-1].to_dict(), **self.changes}
            items = (*items[:-1], RecipientDryRun(**last))
        return DryRun(made.number_of_recipients, made.number_of_messages, items)


@pytest.mark.parametrize(
    ("name", "account", "ours"), [*pairs(), *((n, b, a) for n, a, b in pairs())]
)
def test_every_switch_is_named(name: str, account: Any, ours: Any) -> None:
    """Whatever value of a switch an account has: the difference is named by it."""
    profiles = [Profile(**{**WITH.get(name, {}), name: value}) for value in (account, ours)]
    seen = False
    for request in SWITCHES[name][1]:
        found = live_dry_run(
            request,
            Account(profiles[0]),
            profile=profiles[1],
            number_of_recipients=QUERY.get(name, 1000),
        )
        assert live_dry_run(
            request,
            Account(profiles[0]),
            profile=profiles[0],
            number_of_recipients=QUERY.get(name, 1000),
        ).agrees
        if found.agrees:
            continue
        seen = True
        for explained in (found.explained_by, *(each.explained_by for each in found.differences)):
            assert name in {switch for switches in explained for switch, _ in switches}
        assert (
            f"The whole answer is as it would be with {name} = " in str(found)
            or len(found.explained_by) > 1
        )
    assert seen == (name not in SAME)


def test_recipient_by_recipient() -> None:
    """A line for each difference, of a recipient that is masked, with its place in ``to``."""
    batch = TextBatch(to=["+447700900123", "0044 7700 900456"], body="${name}: garçon",
                      parameters={"name": {"447700900123": "Zoë", "default": "Bo"}})  # fmt: skip
    found = live_dry_run(batch, Account(Profile(small_c_cedilla="gsm")))
    assert str(found).splitlines() == [
        "3 differences from what is computed here",
        "  GB ••• 23 (to[0]): body: computed 11 characters, U+00E7 at 8, answered 11 characters, "
        "U+00C7 at 8; small_c_cedilla = gsm",
        "  GB ••• 56 (to[1]): encoding: computed UNICODE, answered GSM; small_c_cedilla = gsm",
        "  GB ••• 56 (to[1]): body: computed 10 characters, U+00E7 at 7, answered 10 characters, "
        "U+00C7 at 7; small_c_cedilla = gsm",
        "The whole answer is as it would be with small_c_cedilla = gsm.",
    ]
    assert not re.search(r"\d{7}|Zoë|garçon", str(found) + repr(found))


def test_two_switches() -> None:
    """Where no single switch explains a recipient, two are tried; of all of it that is said."""
    account = Account(Profile(small_c_cedilla="gsm", greek_capitals="latin"))
    request = {"to": ["447700900123"], "body": "ç\u0391"}
    found = live_dry_run(request, account)
    assert [{*each} for each in found.differences[0].explained_by] == [
        {("small_c_cedilla", "gsm"), ("greek_capitals", "latin")}
    ]
    assert str(found).endswith("smsplan calibrate finds the account's profile.")
    calibrated = live_dry_run(request, account, profile=Profile(body_limit=1600))
    assert str(calibrated).endswith("No switch explains all of it.")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number_of_parts": 7}, "number_of_parts"),
        ({"encoding": "UNICODE"}, "encoding"),
        ({"body": "Ho"}, "body"),
        ({"recipient": "447700900999"}, "listed"),
    ],
)
def test_no_switch_explains_it(changes: dict[str, Any], field: str) -> None:
    """What no account does is a difference all the same."""
    request = {"to": ["447700900123", "447700900456"], "body": "Hi"}
    found = live_dry_run(request, Changed(*changes.items()))
    assert {each.field for each in found.differences} == {field}
    assert all(not each.explained_by for each in found.differences)
    assert "no switch explains it" in str(found)


def test_plus_of_an_account() -> None:
    """A number with ``+`` and without is one number, for whoever compares."""
    request = {"to": ["447700900123", "447700900456"], "body": "Hi"}
    plus = Changed(("recipient", "+447700900456"))
    ours = dry_run(request, per_recipient=True)
    their = plus.dry_run(request, per_recipient=True)
    assert ours.agrees(their)
    assert their.agrees(ours)
    assert live_dry_run(request, plus).agrees
    for change in (("body", "Ho"), ("recipient", "447700900123")):
        other = Changed(change).dry_run(request, per_recipient=True)
        assert not ours.agrees(other)
        assert not other.agrees(ours)


def test_nothing_is_said_of_recipients() -> None:
    """An account that lists nobody, or one too few, is told from one that agrees."""
    request = {"to": ["447700900123", "447700900456"], "body": "Hi"}
    nobody = live_dry_run(request, Changed(listed=-1))
    assert [(each.field, each.ours, each.theirs) for each in nobody.differences] == [
        ("per_recipient", "2 listed", "none listed")
    ]
    fewer = live_dry_run(request, Changed(listed=1))
    assert [(each.field, each.recipient) for each in fewer.differences] == [("listed", "GB ••• 56")]


BINARY = BinaryBatch(to=PEOPLE[:2], body="SGVsbG8gV29ybGQh", udh="06050423F423F4")
MEDIA = MediaBatch(to=["12015550123"], body={"url": "https://example.com/a.png", "message": "Hi"})


@pytest.mark.parametrize("batch", [BINARY, MEDIA])
def test_other_types(batch: Any) -> None:
    """Binary and media batches have totals alone, which are compared."""
    found = live_dry_run(batch, Account())
    assert found.agrees
    assert found.head.endswith("as computed here; 0 recipients are listed one by one")
    refused = live_dry_run(batch, Account(Profile(other_types="refused")))
    assert (("other_types", "refused"),) in refused.explained_by


def test_refusals() -> None:
    """Refused here and accepted there, the other way round, and by both: each is said."""
    long = {"to": ["447700900123"], "body": "a" * 2001}
    here = live_dry_run(long, Account(Profile(body_limit=None)))
    assert [(each.field, each.ours, each.theirs) for each in here.differences] == [
        ("request", "refused: syntax_constraint_violation", "accepted: 1 recipient")
    ]
    assert here.refused is not None
    assert here.answer is not None
    there = live_dry_run({**long, "body": "a" * 1700}, Account(Profile(body_limit=1600)))
    (refused,) = there.differences
    assert (refused.field, refused.ours) == ("request", "accepted: 1 recipient")
    assert refused.theirs.startswith("refused: ")
    assert there.refusal is not None
    assert "1600" in there.refusal.text
    both = live_dry_run(long, Account())
    assert both.agrees
    assert both.answer is both.computed is None
    many = live_dry_run({"to": PEOPLE[:1001], "body": "Hi"}, Account())
    assert (many.agrees, many.answer) == (True, None)
    # Accepted for a reason that shows in a part of the answer alone.
    partly = live_dry_run({**long, "body": "ç" + "a" * 2000},
                          Account(Profile(body_limit=None, small_c_cedilla="gsm")))  # fmt: skip
    assert partly.differences[0].explained_by == ((("body_limit", None),),)
    assert not partly.explained_by


def test_request_as_it_is() -> None:
    """What is asked about is the file's JSON, its faults and unknown fields included."""
    account = Account()
    for request in (
        {"to": [447700900123], "body": "Hi", "colour": "red"},
        {"to": ["+1"], "body": "Hi"},
        {"body": "Hi"},
        {"to": "447700900123", "body": 7},
        {"type": "mt_other", "to": ["447700900123"], "body": "Hi"},
        {},
    ):
        live_dry_run(request, account)
        assert account.asked[-1] is request


def test_groups() -> None:
    """Members that are named are compared; where they are not, it is said what is missing."""
    account = Account(groups={GROUP: PEOPLE[:3]})
    request = {"to": [GROUP, "447700900999"], "body": "ç"}
    assert live_dry_run(request, account, groups={GROUP: PEOPLE[:3]}).agrees
    unnamed = live_dry_run(request, account)
    assert unnamed.differences[0].theirs == "accepted: 4 recipients"
    assert unnamed.remarks == (
        "The members of groups are known to the account alone: name them (groups, --group).",
    )
    other = live_dry_run(request, account, groups={GROUP: PEOPLE[1:4]})
    assert [(each.field, each.ours, each.theirs, each.row) for each in other.differences] == [
        ("listed", "0 times", "1 times", None),
        ("listed", "1 times", "0 times", None),
    ]
    gsm = Account(Profile(small_c_cedilla="gsm"), groups={GROUP: PEOPLE[:3]})
    found = live_dry_run(request, gsm, groups={GROUP: PEOPLE[:3]})
    assert found.explained_by == ((("small_c_cedilla", "gsm"),),)
    assert {each.row for each in found.differences} == {None, 2}


@pytest.mark.parametrize("most", [0, 1, 2, 3, 1000])
def test_fewer_are_listed(most: int) -> None:
    """Who is listed is compared, whatever the order; of the others the totals are."""
    request = {"to": ["447700900456", "447700900123"], "body": "${n}", "parameters": {
        "n": {"447700900123": "ç", "447700900456": "x"}}}  # fmt: skip
    other_order = Profile(per_recipient_order="number")
    found = live_dry_run(request, Account(other_order), number_of_recipients=most)
    assert found.agrees
    assert found.listed == min(most, 2)
    gsm = other_order.replace(small_c_cedilla="gsm")
    found = live_dry_run(request, Account(gsm), number_of_recipients=most)
    assert [each.recipient for each in found.differences] == ["GB ••• 23"] * (2 * (most > 0))
    assert found.explained_by == ((("small_c_cedilla", "gsm"),),) * (most > 0)


def test_more_than_are_listed() -> None:
    """Of a group of more than a thousand those who are listed are compared."""
    members = {GROUP: PEOPLE}
    backwards = Account(groups={GROUP: PEOPLE[::-1]})
    found = live_dry_run({"to": [GROUP], "body": "ç"}, backwards, groups=members)
    assert found.agrees
    assert found.head == (
        "no difference: 1,500 recipients, 1,500 parts, as computed here; 1,000 recipients are "
        "listed one by one"
    )


def test_account_that_cannot_be_asked() -> None:
    """A blocked account and a proxy in between say nothing of the batch: it is no difference."""
    blocked = http(403, b'{"code": "blocked_account", "text": "The account is blocked"}')
    page = http(403, HTML, kind="text/html")
    for answer in (blocked, page, http(401), http(404), http(415), http(429)):
        with hostile(answer) as server, SinchApi(server.credentials, tries=1) as api:
            with pytest.raises(ApiError) as caught:
                live_dry_run({"to": ["447700900123"], "body": "Hi"}, api)
            assert caught.value.status in (401, 403, 404, 415, 429)


# On the command line, and in a notebook.


def run(account: Sandbox, tmp_path: Path, batch: Any, *options: str) -> Result:
    """Run the command on a file, with the account's keys in the environment."""
    path = tmp_path / "batch.json"
    path.write_text(json.dumps(batch), encoding="utf-8")
    environment = {
        "SINCH_SERVICE_PLAN_ID": account.service_plan_id,
        "SINCH_API_TOKEN": account.token,
        "SINCH_BASE_URL": account.url,
    }
    return CliRunner().invoke(app, ["dry-run", "--live", str(path), *options], env=environment)


REQUEST = {"to": ["+447700900123", "+447700900456"], "body": "Hi ${name}, ç",
           "parameters": {"name": {"+447700900123": "Zoë", "default": "you"}}}  # fmt: skip


def test_command(tmp_path: Path) -> None:
    """The account's answer, then one line where it agrees: exit code 0; nothing is sent."""
    with running() as sandbox:
        done = run(sandbox, tmp_path, REQUEST)
        assert done.exit_code == 0, done.output
        answer, _, said = done.stdout.rpartition("}\n")
        assert json.loads(answer + "}") == {"number_of_recipients": 2, "number_of_messages": 2}
        assert said == "no difference: 2 recipients, 2 parts, as computed here\n"
        with_recipients = run(sandbox, tmp_path, REQUEST, "--per-recipient")
        items = json.loads(with_recipients.stdout.rpartition("}\n")[0] + "}")["per_recipient"]
        assert [item["body"] for item in items] == ["Hi Zoë, ç", "Hi you, ç"]
        one = run(sandbox, tmp_path, REQUEST, "--per-recipient", "--number-of-recipients", "1")
        assert len(json.loads(one.stdout.rpartition("}\n")[0] + "}")["per_recipient"]) == 1
        assert not sandbox.inspect()["batches"]


def test_command_that_differs(tmp_path: Path) -> None:
    """A difference: its switch, and exit code 3, in JSON too; with the switch it agrees."""
    with running(profile=Profile(small_c_cedilla="gsm")) as sandbox:
        done = run(sandbox, tmp_path, REQUEST)
        assert done.exit_code == 3
        assert "small_c_cedilla = gsm" in done.stdout
        assert "447700900123" not in done.output
        data = run(sandbox, tmp_path, REQUEST, "--json")
        assert data.exit_code == 3
        found = json.loads(data.stdout)
        assert set(found) == documented("smsplan.live_dry_run/1")
        assert found["answer"] == found["computed"]
        assert found["explained_by"] == [{"small_c_cedilla": "gsm"}]
        (tmp_path / "own.toml").write_text('small_c_cedilla = "gsm"\n')
        own = run(sandbox, tmp_path, REQUEST, "--profile", str(tmp_path / "own.toml"), "--json")
        assert own.exit_code == 0
        assert json.loads(own.stdout)["agrees"]


def test_command_that_is_refused(tmp_path: Path) -> None:
    """Refused by both is exit code 1, by one of them 3; the account's words are printed."""
    with running() as sandbox:
        both = run(sandbox, tmp_path, {"to": ["+1"], "body": "Hi"})
        assert both.exit_code == 1
        assert "'+1' is not a valid MSISDN" in both.stdout
        assert "refused here, too" in both.stdout
        many = run(sandbox, tmp_path, {"to": PEOPLE[:1001], "body": "Hi"})
        assert many.exit_code == 1
        listed = run(sandbox, tmp_path, REQUEST, "--number-of-recipients", "1001")
        assert listed.exit_code == 1
        none = run(sandbox, tmp_path, [])
        assert none.exit_code == 1
        assert json.loads(none.stdout)["code"] == "syntax_invalid_json"
    with running(profile=Profile(body_limit=None)) as sandbox:
        long = run(sandbox, tmp_path, {**REQUEST, "body": "a" * 2001}, "--price", "1 EUR")
        assert long.exit_code == 3
        assert "body_limit = none" in long.stdout


def test_command_with_a_group(tmp_path: Path) -> None:
    """The account resolves its own group; a file names the members here."""
    with running() as sandbox:
        made = httpx.post(
            f"{sandbox.url}/xms/v1/demo/groups",
            json={"name": "people", "members": PEOPLE[:3]},
            headers={"Authorization": f"Bearer {sandbox.token}"},
        ).json()
        members = tmp_path / "members.txt"
        members.write_text("\n".join(PEOPLE[:3]))
        request = {"to": [made["id"]], "body": "Hi"}
        done = run(sandbox, tmp_path, request, "--group", f"{made['id']}={members}")
        assert done.exit_code == 0, done.output
        unnamed = run(sandbox, tmp_path, request)
        assert unnamed.exit_code == 3
        assert "--group" in unnamed.stdout


def test_command_with_limits(tmp_path: Path) -> None:
    """Costs and limits are those of the answer that is computed here."""
    with running() as sandbox:
        done = run(sandbox, tmp_path, REQUEST, "--price", "0.03 GBP", "--max-parts", "1")
    assert "cost: GBP 0.06" in done.stderr
    assert "max_parts" in str(done.exception)


def test_usage(tmp_path: Path) -> None:
    """Keys are for asking."""
    path = tmp_path / "batch.json"
    path.write_text(json.dumps(REQUEST))
    done = CliRunner().invoke(app, ["dry-run", str(path), "--credentials", "keys.toml"])
    assert done.exit_code == 2
    assert "--live" in done.output


def test_view() -> None:
    """In a notebook the differences are a table, without numbers and texts."""
    found = live_dry_run(REQUEST, Account(Profile(small_c_cedilla="gsm")))
    markup = re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", found._repr_html_(), flags=re.DOTALL)
    seen = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())
    assert seen.startswith(found.head)
    assert "small_c_cedilla = gsm encoding 1 GB ••• 56 2 UNICODE GSM" in seen
    assert found.remarks[0] in seen
    assert "447700900123" not in seen


def test_json_holds_everything() -> None:
    """What is written as JSON can be."""
    for request in (REQUEST, {"to": ["+1"], "body": "Hi"}):
        found = live_dry_run(request, Account())
        assert json.loads(json.dumps(found.to_dict())) == found.to_dict()


def test_credentials_of_a_project() -> None:
    """An account of a project is asked the same."""
    with running(project_id="p", key_id="k", key_secret="s") as sandbox:
        keys = Credentials(project_id="p", key_id="k", key_secret="s", base_url=sandbox.url)
        with SinchApi(keys) as api:
            assert live_dry_run(REQUEST, api).agrees
