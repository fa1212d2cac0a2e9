"""``smsplan sandbox``: a local server of the batches API."""

from __future__ import annotations

import typer

from smsplan.cli import options
from smsplan.cli.console import pairs, say


def run_sandbox(
    port: int = typer.Option(8087, min=0, max=65535, help="The port; 0 takes a free one."),
    host: str = typer.Option("127.0.0.1", help="Where to listen: this machine only by default."),
    db: str = typer.Option(None, help="Keep what is sent in this file; in memory by default."),
    profile: str = options.PROFILE,
    service_plan_id: str = typer.Option("demo", help="The service plan."),
    token: str = typer.Option(
        None, envvar="SMSPLAN_SANDBOX_TOKEN", help="Its token; made and shown where none is given."
    ),
    project_id: str = typer.Option(None, help="A project, for OAuth2."),
    key_id: str = typer.Option(None, help="The id of its key."),
    key_secret: str = typer.Option(
        None, envvar="SMSPLAN_SANDBOX_KEY_SECRET", help="The secret of its key."
    ),
    outcome: list[str] = typer.Option(
        [], help="CODE=SHARE of recipients that end so, such as 402=0.02. Repeatable."
    ),
    refuse: list[str] = typer.Option(
        [], help="A number that sends are refused for, and dry runs are not. Repeatable."
    ),
    setting: list[str] = typer.Option(
        [], help="NAME=VALUE of what no dry run tells: update_order=remove_first. Repeatable."
    ),
    delivery_seconds: float = typer.Option(0.0, min=0, help="From dispatch to the final report."),
    seed: int = typer.Option(0, help="Decides who ends how."),
) -> None:
    """Run a local server of the batches API; nothing that it is sent reaches anybody."""
    from smsplan.api.profiles import Profile
    from smsplan.sandbox.account import Account
    from smsplan.sandbox.server import address, listen, make_server, with_token
    from smsplan.sandbox.settings import Settings, settings_of
    from smsplan.sandbox.store import Store

    if len({value is None for value in (project_id, key_id, key_secret)}) > 1:
        raise typer.BadParameter(
            "give --project-id, --key-id and --key-secret together", param_hint="--project-id"
        )
    shares = {}
    for code, share in pairs(outcome, "--outcome").items():
        try:
            shares[int(code)] = float(share)
        except ValueError:
            raise typer.BadParameter(
                f"'{code}={share}' is not CODE=SHARE", param_hint="--outcome"
            ) from None
    settings = with_token(
        Settings(
            profile=Profile.of(profile),
            service_plan_id=service_plan_id,
            token=token or "",
            project_id=project_id or "",
            key_id=key_id or "",
            key_secret=key_secret or "",
            outcomes=shares,
            refused=refuse,
            delivery_seconds=delivery_seconds,
            seed=seed,
            **settings_of(pairs(setting, "--setting")),
        )
    )
    account = Account(settings, Store(db))
    server = make_server(account)
    listening = listen(host, port)
    url = address(listening)
    shown = settings.token if token is None else "$SMSPLAN_SANDBOX_TOKEN"
    # Whoever waits for the address may stop it as soon as that is there: it comes last.
    say(_pointers(url, service_plan_id, shown))
    typer.echo(url)
    try:
        server.run([listening])
    finally:
        account.close()


def _pointers(url: str, plan: str, token: str) -> str:
    """How the official SDKs are pointed at it."""
    return f"""service plan {plan}, token {token}; stop with Ctrl-C

curl -H 'Authorization: Bearer {token}' {url}/xms/v1/{plan}/batches

Python  client = SinchClient(service_plan_id="{plan}", sms_api_token="{token}", sms_region="eu")
        client.configuration.sms_origin_with_service_plan_id = "{url}"
Node    new SmsService({{servicePlanId: "{plan}", apiToken: "{token}", smsHostname: "{url}"}})
"""
