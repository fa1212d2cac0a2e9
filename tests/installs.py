"""Whether the oldest declared and the newest versions of all that is needed work together.

``make installs`` builds the wheel, installs it with every extra into two fresh environments, and
runs a short job in each: one with the minimum of each requirement in ``pyproject.toml``, which
stand nowhere else, and one with the newest versions, on the newest Python that this machine has.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
_REQUIREMENT = re.compile(r"([A-Za-z0-9_.-]+)>=([0-9][0-9.]*)")


def minima() -> dict[str, str]:
    """Return the smallest version of each requirement; ValueError where one declares none."""
    found = {}
    for text in [*PROJECT["dependencies"], *(one for some in EXTRAS.values() for one in some)]:
        match = _REQUIREMENT.fullmatch(text)
        if match is None:
            raise ValueError(f"'{text}' in pyproject.toml is not 'name>=version'")
        found[match[1]] = match[2]
    return found


def pythons() -> Iterator[tuple[tuple[int, ...], str]]:
    """Yield the Pythons that the project declares and this machine has, with their versions."""
    names = [f"python3.{minor}" for minor in range(11, 20)]
    candidates = [sys.executable, *filter(None, map(shutil.which, names))]
    if shutil.which("pyenv"):
        # Its names on the path answer for one version alone.
        root = subprocess.run(["pyenv", "root"], capture_output=True, text=True, check=True).stdout
        candidates += map(str, Path(root.strip()).glob("versions/3.*/bin/python3"))
    for candidate in candidates:
        done = subprocess.run(
            [candidate, "-c", "import sys, venv, ensurepip; print(*sys.version_info[:2])"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        version = tuple(map(int, done.stdout.split()))
        declared = f"Programming Language :: Python :: {'.'.join(map(str, version))}"
        if not done.returncode and declared in PROJECT["classifiers"]:
            yield version, candidate


class Environment(NamedTuple):
    """What is installed, on which Python; ``pinned`` are exact versions."""

    name: str
    python: str
    pinned: dict[str, str]

    def check(self, wheel: Path, folder: Path) -> str:
        """Install and run the job; return what it took. Raises CalledProcessError."""
        start = time.monotonic()
        folder.mkdir()
        constraints = folder / "constraints.txt"
        constraints.write_text("".join(f"{name}=={at}\n" for name, at in self.pinned.items()))
        subprocess.run([self.python, "-m", "venv", str(folder / "venv")], check=True)
        python = str(folder / "venv" / "bin" / "python")
        _run(
            python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
            "--constraint", str(constraints), f"{wheel}[{','.join(EXTRAS)}]",
        )  # fmt: skip
        _run(python, "-m", "pip", "check", "--disable-pip-version-check")
        installed = time.monotonic() - start
        # Isolated, or the checkout would be what is tried.
        said = _run(python, "-I", __file__, "--job", cwd=folder)
        took = time.monotonic() - start
        return f"{self.name}: {said.strip()}; {took:.0f} s, of which installing {installed:.0f}"


def _run(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> int:
    """Check both environments; the exit code is 1 where one does not work."""
    version, newest = max(pythons())
    environments = [
        Environment("oldest versions", sys.executable, minima()),
        Environment("newest versions", newest, {}),
    ]
    print(f"newest Python here: {'.'.join(map(str, version))}", flush=True)
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(len(environments)) as pool:
        folder = Path(name)
        _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", name, cwd=ROOT)
        (wheel,) = folder.glob("*.whl")
        tried = [
            pool.submit(each.check, wheel, folder / str(place))
            for place, each in enumerate(environments)
        ]
        failed = 0
        for each, future in zip(environments, tried, strict=True):
            try:
                print(future.result(), flush=True)
            except RuntimeError as error:
                failed += 1
                print(f"{each.name}: {error}", flush=True)
    return min(failed, 1)


# --- the job, in the environment ------------------------------------------------------------------


def job() -> None:
    """Use every package once, as the main job and the extras do."""
    import platform
    from importlib.metadata import version

    steps: list[Callable[[Path], Any]] = [_files, _frames, _workbooks, _pictures, _sandbox]
    if shutil.which("java"):
        steps.append(_spark)
    _commands()
    with tempfile.TemporaryDirectory() as folder:
        for step in steps:
            step(Path(folder))
    names = " ".join(f"{name} {version(name)}" for name in minima())
    print(f"works on Python {platform.python_version()} with {names}")


def _commands() -> None:
    command = str(Path(sys.executable).with_name("smsplan"))
    assert _run(command, "--version").startswith("smsplan ")
    assert "2 parts" in _run(command, "segment", "a" * 161)
    _run(command, "plan", "--help")


_NUMBERS = ["+447700900123", "+447700900124", "+447700900123"]


def _files(folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    import smsplan

    table = pa.table({"to": _NUMBERS, "name": ["Ana", "Łukasz", None]})
    nobody = table.slice(0, 0)
    pa.parquet.write_table(table, folder / "people.parquet")
    pa.parquet.write_table(nobody, folder / "nobody.parquet")
    text = 'to,name\r\n+447700900123,Ana\r\n+447700900124,"Łukasz"\r\n+447700900123,\r\n'
    (folder / "people.csv").write_text(text, encoding="utf-8", newline="")
    message: dict[str, Any] = {"defaults": {"name": "there"}, "rates": "0.034 GBP"}
    for name in ("people.parquet", "people.csv"):
        made = smsplan.plan(folder / name, "Hi ${name}", **message)
        assert (made.messages, made.parts, str(made.cost)) == (2, 2, "GBP 0.068"), name
        made.save(folder / "plan.parquet")
        assert smsplan.Plan.open(folder / "plan.parquet").rows.equals(made.rows)
        made.save(folder / "plan.csv")
    assert smsplan.plan(folder / "nobody.parquet", "Hi").messages == 0
    # An A and a ring, which are one letter of the GSM alphabet: Arrow composes them.
    decomposed = [{"to": _NUMBERS[0], "name": "A\u030asa"}]
    made = smsplan.plan(decomposed, "Hi ${name}" + "x" * 80, substitute="safe", bodies=True)
    assert made.rows[0]["encoding"] == "GSM"
    assert smsplan.Profile().to_toml()
    start = datetime(2026, 12, 1, 4, tzinfo=UTC)
    planned = smsplan.plan(_NUMBERS, "Hi")
    assert str(planned.schedule("1 recipients/s", start=start, quiet_hours="21:00-08:00"))


def _frames(folder: Path) -> None:
    import duckdb
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    import smsplan

    columns = {"to": _NUMBERS, "name": ["Ana", "Łukasz", "Zoë"]}
    frames: list[Any] = [
        pd.DataFrame(columns), pd.DataFrame(columns).convert_dtypes(), pl.DataFrame(columns),
        duckdb.from_arrow(pa.table(columns)),
    ]  # fmt: skip
    for frame in frames:
        made = smsplan.plan(frame, "Hi ${name}", rates="0.034 GBP")
        assert made.messages == 2, type(frame)
        assert made.rows is not None


def _pictures(folder: Path) -> None:
    import smsplan

    made = smsplan.plan(_NUMBERS, "Hi", rates="0.034 GBP")
    made.plot_countries()
    assert str(made.summary)
    assert made.summary._repr_html_()


# What python-calamine needs of a workbook; who installs smsplan has nothing that writes one.
_WORKBOOK = {
    "[Content_Types].xml": """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/xl/workbook.xml" ContentType=
"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>""",
    "_rels/.rels": """<Relationships xmlns=
"http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" Type=
"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
Target="xl/workbook.xml"/></Relationships>""",
    "xl/workbook.xml": """<workbook xmlns=
"http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r=
"http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>
<sheet name="People" sheetId="1" r:id="b"/></sheets></workbook>""",
    "xl/_rels/workbook.xml.rels": """<Relationships xmlns=
"http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="b" Type=
"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
Target="worksheets/sheet1.xml"/></Relationships>""",
    "xl/worksheets/sheet1.xml": """<worksheet xmlns=
"http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
<row r="1"><c r="A1" t="inlineStr"><is><t>to</t></is></c></row>
<row r="2"><c r="A2"><v>447700900123</v></c></row></sheetData></worksheet>""",
}


def _workbooks(folder: Path) -> None:
    import smsplan

    with zipfile.ZipFile(folder / "people.xlsx", "w") as archive:
        for name, text in _WORKBOOK.items():
            archive.writestr(name, text)
    assert smsplan.plan(folder / "people.xlsx", "Hi").messages == 1


def _sandbox(folder: Path) -> None:
    from sinch import SinchClient

    from smsplan.sandbox import running

    with running(db=str(folder / "sandbox.db")) as sandbox:
        client = SinchClient(
            service_plan_id=sandbox.service_plan_id, sms_api_token=sandbox.token, sms_region="eu"
        )
        client.configuration.sms_origin_with_service_plan_id = sandbox.url
        client.sms.batches.send_sms(body="Hi", to=_NUMBERS[:2], from_="447700900000")
        client.configuration.transport.http_session.close()
        assert len(sandbox.inspect()["batches"]) == 1


def _spark(folder: Path) -> None:
    os.environ.update(PYSPARK_PYTHON=sys.executable, SPARK_LOCAL_IP="127.0.0.1")
    from pyspark.sql import SparkSession

    from smsplan.cluster import spark

    session = SparkSession.builder.master("local[1]").getOrCreate()
    try:
        frame = session.createDataFrame([(number,) for number in _NUMBERS], ["to"])
        assert spark.plan(frame, "Hi").count() == 3
    finally:
        session.stop()


if __name__ == "__main__":
    if sys.argv[1:] == ["--job"]:
        job()
    else:
        sys.exit(main())
