"""``smsplan segment``: one text, its parts and what makes it dear."""

from __future__ import annotations

from typing import Any, Literal, cast

import typer

from smsplan.cli import options
from smsplan.cli.console import read_text, stdout, write_json
from smsplan.encoding.names import is_visible, title_of
from smsplan.plurals import counted


def segment_text(
    text: str = typer.Argument(..., help="The text, or - for stdin."),
    boundary: Literal["pair", "grapheme", "dense"] = typer.Option(
        "pair", help="What is not cut: pairs, grapheme clusters too, or nothing."
    ),
    languages: str = typer.Option(
        "", help="National tables that the route allows: all, or names such as tr,es."
    ),
    locking: int = typer.Option(0, min=0, max=13, help="Number of a locking shift table."),
    single_shift: int = typer.Option(0, min=0, max=13, help="Number of a single shift table."),
    reference_bits: int = typer.Option(8, min=8, max=16, help="Bits of the reference: 8 or 16."),
    as_json: bool = options.JSON,
) -> None:
    """Show the encoding, the units and the parts of a text."""
    from smsplan.encoding import segment

    if text == "-":
        text = read_text("-", "text").removesuffix("\n")
    made = segment(
        text,
        boundary=boundary,
        languages="all" if languages == "all" else tuple(filter(None, languages.split(","))),
        locking=locking,
        single_shift=single_shift,
        reference_bits=cast(Any, reference_bits),
    )
    parts = made.parts if boundary != "dense" else ()
    if as_json:
        write_json(
            "smsplan.segment/1",
            {
                "encoding": str(made.encoding),
                "units": made.units,
                "number_of_parts": made.number_of_parts,
                "free_units": made.free_units,
                "locking": made.locking,
                "single_shift": made.single_shift,
                "parts": [
                    {
                        "text": part.text,
                        "units": part.units,
                        "udh": part.udh.hex(),
                        "udl": part.udl,
                        "user_data": part.user_data.hex(),
                    }
                    for part in parts
                ],
                "culprits": [culprit._asdict() for culprit in made.culprits],
            },
        )
        return
    _show(made, parts)


def _show(made: Any, parts: Any) -> None:
    from rich.text import Text

    from smsplan.display.text import safe

    console = stdout()
    unit = "septets" if made.encoding == "GSM" else "code units"
    number = made.number_of_parts
    console.print(
        Text.assemble(
            (str(made.encoding), "bold"),
            f" · {made.units:,} {unit} · ",
            (counted(number, "part"), "bold"),
            f" · room for {made.free_units:,} more",
        )
    )
    styles = ("black on cyan", "black on yellow")
    for index, part in enumerate(parts):
        lines = part.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        shown = "\n    ".join(safe(line) for line in lines)
        console.print(
            Text.assemble((f"{index + 1:>3} ", "dim"), (shown, styles[index % 2])), soft_wrap=True
        )
    places_of: dict[str, list[int]] = {}
    for culprit in made.culprits:
        places_of.setdefault(culprit.character, []).append(culprit.position)
    if places_of:
        console.print("These characters make it Unicode:", style="bold")
    for character, places in places_of.items():
        listed = ", ".join(map(str, places[:8])) + (" ..." if len(places) > 8 else "")
        visible = safe(character) if is_visible(character) else " "
        console.print(
            Text.assemble(
                "  ",
                (visible, "bold red"),
                f"  {title_of(character)} at {listed}",
            )
        )
