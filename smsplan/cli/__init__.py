"""The command ``smsplan``: results on stdout, progress and messages on stderr.

Exit codes: 0 done; 1 the input is at fault; 2 usage; 3 the answer is no; 4 surroundings.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from typing import NoReturn

import typer

from smsplan.cli.account import (
    batches_command,
    calibrate_command,
    campaign_command,
    dry_run_command,
    sandbox_command,
    verify_command,
)
from smsplan.cli.console import fail, write_everywhere
from smsplan.cli.options import Grouped
from smsplan.cli.plans import (
    audit_command,
    compare_command,
    estimate_command,
    example_command,
    lint_command,
    plan_command,
    rates_command,
    segment_command,
)
from smsplan.cli.results import (
    assumptions_command,
    explain_command,
    lengths_command,
    reconcile_command,
    report_command,
    requests_command,
    schedule_command,
)
from smsplan.errors import (
    NotInstalled,
    OutputError,
    PlanRejected,
    SmsplanError,
    packages_needed,
)
from smsplan.version import VERSION

app = typer.Typer(
    name="smsplan",
    help="Plan SMS messages offline: parts, cost, and why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("plan", cls=Grouped)(plan_command.plan_file)
app.command("dry-run", cls=Grouped)(dry_run_command.dry_run_file)
app.command("compare", cls=Grouped)(compare_command.compare_bodies)
app.add_typer(rates_command.app, name="rates")
app.command("estimate", cls=Grouped)(estimate_command.write_estimate)
app.command("schedule")(schedule_command.write_schedule)
app.command("reconcile")(reconcile_command.write_reconciliation)
app.command("audit", cls=Grouped)(audit_command.audit_list)
app.command("lengths")(lengths_command.write_lengths)
app.command("explain")(explain_command.explain_plan)
app.command("assumptions")(assumptions_command.write_assumptions)
app.command("lint", cls=Grouped)(lint_command.lint_templates)
app.command("report")(report_command.write_page)
app.command("requests")(requests_command.write_requests)
app.command("segment")(segment_command.segment_text)
app.add_typer(batches_command.app, name="batches")
app.add_typer(campaign_command.app, name="campaign")
app.command("calibrate")(calibrate_command.calibrate_account)
app.command("verify")(verify_command.verify_plan)
app.command("sandbox")(sandbox_command.run_sandbox)
app.command("example")(example_command.example)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"smsplan {VERSION}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """Plan SMS messages offline: parts, cost, and why."""


def _terminated(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def main() -> None:
    """Run the command; foreseeable faults end in one message and an exit code, no traceback."""
    # As Ctrl-C: what is half-written is taken away first.
    signal.signal(signal.SIGTERM, _terminated)
    # A stream that the shell closed (2>&-) takes what is written to it, and shows nothing.
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    write_everywhere()
    try:
        with packages_needed():
            app(prog_name="smsplan")
    except BrokenPipeError:
        # The reader has seen enough; Python must not complain at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except SystemExit as ended:
        # Click catches that first, and ends with 1, which says that the input is at fault.
        before = ended.__context__
        if ended.code == 1 and isinstance(before, OSError) and before.errno == errno.EPIPE:
            sys.exit(0)
        raise
    except KeyboardInterrupt:
        fail("interrupted; nothing half-written is left", 130)
    except (OutputError, NotInstalled) as error:
        fail(str(error), 4)
    except PlanRejected as error:
        fail(str(error), 3)
    except SmsplanError as error:
        fail(str(error), 1)
    except (OSError, MemoryError) as error:
        fail(f"{type(error).__name__}: {os.strerror(getattr(error, 'errno', 0) or 0)}", 4)
    except Exception as error:
        # A traceback may quote the values of a row; the type and the place do not.
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = ""
        if trace is not None:
            name = os.path.basename(trace.tb_frame.f_code.co_filename)  # noqa: PTH119
            place = f" in {name}, line {trace.tb_lineno}"
        fail(f"internal error: {type(error).__name__}{place}; please report it", 70)
