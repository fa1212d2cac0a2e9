"""What verifications, calibrations and campaigns look like in a notebook."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

from smsplan import Profile, plan
from smsplan.live.journal import State
from smsplan.sandbox import running
from smsplan.sinch import Campaign, Credentials, SinchApi, Status, calibrate, verify


def words(markup: str) -> str:
    """Return what a reader sees."""
    text = re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", markup, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def test_verification() -> None:
    """A line for each switch and field; whole requests first; no number and no text is told."""
    people = [{"to": f"+4477009{place:05}", "name": "Zoé"} for place in range(300)]
    people[17]["name"] = "François"
    people.append({"to": "12345", "name": "Secret"})
    made = plan(people, "Hello ${name}, your order is ready.")
    account = Profile(small_c_cedilla="gsm", min_digits=7)
    with running(profile=account) as sandbox, api_of(sandbox) as api:
        found = verify(made, api)
    assert found.differences[0].recipient is None
    seen = words(found._repr_html_())
    assert seen.startswith(found.head)
    assert f"{found.differences[0].why} request 1 all of it – accepted: " in seen
    assert "small_c_cedilla = gsm encoding 1 GB ••• 17 18 UNICODE GSM" in seen
    assert "as it would be with min_digits = 6 and small_c_cedilla = gsm." in seen
    assert "Not covered are" in seen
    for secret in ("12345", "Secret", "447700900017", "François"):
        assert secret not in seen
        assert secret not in repr(found)
    assert str(found).splitlines()[2].startswith("  request: request: planned accepted")
    frame = found.to_frame()
    assert frame.to_dict("records") == [each.to_dict() for each in found.differences]
    assert list(replace(found, differences=()).to_frame()) == list(frame)
    assert frame["recipient"].iloc[0] is None


def test_verification_that_agrees() -> None:
    """Without a difference there is no table, and the bound is said."""
    made = plan([f"+4477009{place:05}" for place in range(300)], "Hello!")
    with running() as sandbox, api_of(sandbox) as api:
        found = verify(made, api)
    assert found.agrees
    assert "<table" not in found._repr_html_()
    assert found.sentence in words(found._repr_html_())


def test_calibration() -> None:
    """What is other than documented, what it was decided by, and what is open."""
    with running(profile=Profile(value_limit=160, languages=("tr",))) as sandbox:
        found = calibrate(api_of(sandbox))
    seen = words(found._repr_html_())
    assert seen.startswith(found.head)
    by = next(each.name for each in found.evidence if "value_limit" in each.decides)
    assert f"value_limit 160 1600 {by}" in seen
    assert "languages tr none" in seen
    assert repr(found).endswith("other than documented: value_limit, languages>")
    assert all(f"{switch} {why}" in seen for switch, why in found.open.items())
    with running() as sandbox:
        assert "as documented" in words(calibrate(api_of(sandbox))._repr_html_())


def test_status(tmp_path: Path) -> None:
    """States with batches and recipients; what is unresolved, or left out, is said."""
    made = plan([f"+4477009{place:05}" for place in range(20)], "Hello!")
    with Campaign.create(made, tmp_path / "c.db", size=10) as campaign:
        assert words(campaign.status()._repr_html_()) == (
            "not done yet state batches recipients planned 2 20"
        )
    status = Status(
        batches={State.ACCEPTED: 2, State.UNRESOLVED: 1},
        recipients={State.ACCEPTED: 1200, State.UNRESOLVED: 9},
        left_out=3,
        cancelled_doubles=1,
    )
    seen = words(status._repr_html_())
    assert "accepted 2 1,200 unresolved 1 9" in seen
    assert all(remark in seen for remark in status.remarks)
    assert len(status.remarks) == 3


def api_of(sandbox: object) -> SinchApi:
    """The adapter."""
    url, token = getattr(sandbox, "url", ""), getattr(sandbox, "token", "")
    return SinchApi(Credentials(service_plan_id="demo", api_token=token, base_url=url))
