"""Options that several commands have: what they mean is said once."""

from __future__ import annotations

import typer

RECIPIENTS = typer.Argument(
    ...,
    help="CSV, JSON Lines (also .gz, .zst), Parquet, a workbook, a folder, a pattern, - (stdin).",
)
PLAN_OR_NOT = typer.Argument(None, help="A saved plan: Parquet, or a folder of part files.")
PLAN = typer.Argument(..., help="A saved plan: Parquet, or a folder of part files.")
TO = typer.Option("to", help="The column of numbers.")
COLUMN = typer.Option([], help="PARAMETER=COLUMN. Repeatable.")
DEFAULT = typer.Option([], help="PARAMETER=TEXT for missing values. Repeatable.")
LIMIT = typer.Option([], help="PARAMETER=CHARACTERS: cut longer values. Repeatable.")
SUBSTITUTE = typer.Option(
    None, help="Replace what makes a message Unicode where that saves a part."
)
TRANSLITERATE = typer.Option(
    [], help="Write words of this language in Latin letters there: el, ru, uk or bg. Repeatable."
)
REGION = typer.Option(None, help="Read national numbers of this country, such as GB.")
SENDER = typer.Option(None, "--from", help="The originator.")
RATES = typer.Option(None, help="A rate card: CSV, a workbook or Parquet.")
PRICE = typer.Option(None, help="One price for all, such as '0.034 GBP'.")
ON = typer.Option(None, help="The day whose prices hold, such as 2026-12-01.")
SENDER_TYPE = typer.Option(None, help="The sender whose prices hold, such as 10dlc.")
CHARGE_ON = typer.Option(None, help="submitted or delivered, where the card has both.")
OPERATORS = typer.Option(None, help="Delivery reports: how operators share the messages.")
MIX = typer.Option(
    [], help="COUNTRY:OPERATOR=SHARE, 'US:310410=40%', '*' for the others. Repeatable."
)
USED = typer.Option(
    [], help="PRICE=COUNT sent this month before, for tiers: 'US=120000'. Repeatable."
)
EXCHANGE = typer.Option([], help="CURRENCY=RATE of the day of --on, 'EUR=1.08 USD'. Repeatable.")
MIXED_CURRENCIES = typer.Option(False, help="The rate card has several currencies.")
TRUNCATE_CONCAT = typer.Option(False, help="Cut every message to one part.")
MAX_NUMBER_OF_MESSAGE_PARTS = typer.Option(None, min=1, help="Do not send longer messages.")
DUPLICATES = typer.Option("flag", help="flag: send once; keep: send every row.")
SYNTAX_HELP = (
    "How the text writes parameters, beside ${name}: '$<>', which no shell touches, or as other "
    "tools do: '{{}}', '(())', '*||*', '%%', '[]', '<%=%>'."
)
SYNTAX = typer.Option("${}", help=SYNTAX_HELP)
PROFILE = typer.Option("current", help="Name of a profile, or a TOML file.")
ENCODING = typer.Option(None, help="Encoding of a file of text, such as cp1252; else UTF-8.")
MAX_PARTS = typer.Option(None, min=0, help="Exit with 3 above so many parts.")
MAX_PARTS_PER_MESSAGE = typer.Option(
    None, min=0, help="Exit with 3 where a message has more parts."
)
NO_UNICODE = typer.Option(False, help="Exit with 3 where a message needs Unicode.")
CREDENTIALS = typer.Option(
    None, help="A file of the account's keys that nobody else can read; or SINCH_... variables."
)
CHANGES = typer.Argument(..., help="A JSON file with the fields that change; - is stdin.")
JSON = typer.Option(False, "--json", help="Write JSON.")
