"""A sender in a process of its own, by the sandbox's clock: waiting moves it on."""

from __future__ import annotations

import sys

import httpx

from smsplan.api.batches import parse_time
from smsplan.sinch import ApiError, Campaign, Credentials, SinchApi

GONE = 3


def send(url: str, token: str, journal: str) -> None:
    """Send a campaign, or go on with it; exit code 3 where the service was out of reach."""
    http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"})

    def clock() -> float:
        return parse_time(http.get("/sandbox/clock").json()["now"]).timestamp()

    def sleep(seconds: float) -> None:
        http.post("/sandbox/clock", json={"advance": seconds})

    keys = Credentials(service_plan_id="demo", api_token=token, base_url=url)
    try:
        with (
            SinchApi(keys, sleep=sleep) as api,
            Campaign.open(journal, clock=clock, sleep=sleep) as campaign,
        ):
            campaign.send(api, unverified=True)
    except (ApiError, httpx.TransportError):
        sys.exit(GONE)
