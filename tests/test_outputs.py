"""Where files are written, whole or not at all, in whose place and for whose eyes."""

from __future__ import annotations

import csv
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from smsplan import InputError, OutputError, Plan, RateCard, outputs, plan
from smsplan.live.journal import Journal
from smsplan.live.recording import Recorder
from smsplan.outputs import check_distinct, private_folder, same_file, sweep, whole_file

LIST = "to,name\n+447700900123,Ana\n12,Bo\n"


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A list in a folder of its own, which is the current one, under umask 022."""
    before = os.umask(0o022)
    path = tmp_path / "people.csv"
    path.write_text(LIST)
    monkeypatch.chdir(tmp_path)
    yield path
    os.umask(before)


def mode(path: Path) -> int:
    """The bits of a mode."""
    return stat.S_IMODE(path.stat().st_mode)


def write(path: Any, octets: bytes = b"new", **how: Any) -> None:
    """Write a small file."""
    with whole_file(path, **how) as file:
        file.write(octets)


# Two names of one file.

TWICE: dict[str, Callable[[Path], tuple[str, str]]] = {
    "the same": lambda here: ("a.csv", "a.csv"),
    "a dot": lambda here: ("a.csv", "./a.csv"),
    "dots": lambda here: ("a.csv", "sub/../a.csv"),
    "absolute": lambda here: ("a.csv", str(here / "a.csv")),
    "two slashes": lambda here: ("sub/a.csv", "sub//a.csv"),
    "a linked folder": lambda here: ("sub/a.csv", "linked/a.csv"),
    "a link": lambda here: ("there.csv", "link.csv"),
    "two links": lambda here: ("link.csv", "other.csv"),
    "a link to nothing": lambda here: ("dangling.csv", "nothing.csv"),
    "a hard link": lambda here: ("there.csv", "hard.csv"),
    "standard output": lambda here: ("-", "/dev/stdout"),
    "a pipe": lambda here: ("pipe.csv", "./pipe.csv"),
}


@pytest.fixture
def links(people: Path) -> Path:
    """A folder of links."""
    here = people.parent
    (here / "sub").mkdir()
    (here / "there.csv").write_text("before\n")
    (here / "linked").symlink_to("sub")
    (here / "link.csv").symlink_to("there.csv")
    (here / "other.csv").symlink_to(here / "link.csv")
    (here / "dangling.csv").symlink_to("nothing.csv")
    (here / "hard.csv").hardlink_to("there.csv")
    os.mkfifo(here / "pipe.csv")
    return here


def content(here: Path) -> dict[str, bytes | None]:
    """What every file of a folder holds."""
    return {
        str(path): path.read_bytes() if path.is_file() else None for path in sorted(here.rglob("*"))
    }


@pytest.mark.parametrize("kind", TWICE)
def test_one_file_by_two_names(kind: str, links: Path) -> None:
    """Output and rejects, whichever has which name: an error, before anything is written."""
    before = content(links)
    for output, rejects in (TWICE[kind](links), TWICE[kind](links)[::-1]):
        with pytest.raises(InputError, match="output and rejects are the same file"):
            plan("people.csv", "Hi", output=output, rejects=rejects)
    assert content(links) == before


INPUTS = {
    "people.csv": ["people.csv", "./people.csv", "link-to-people.csv", "hard-people.csv"],
    "file:people": ["people.csv", "link-to-people.csv"],
    "link-to-people.csv": ["people.csv", "hard-people.csv"],
}


@pytest.mark.parametrize("source", INPUTS)
def test_the_list_is_no_output(source: str, links: Path) -> None:
    """Nor are its links, in either direction; nor where a plan is saved later."""
    (links / "link-to-people.csv").symlink_to("people.csv")
    (links / "hard-people.csv").hardlink_to("people.csv")
    known = source if source != "file:people" else (links / "people.csv").as_uri()
    for target in INPUTS[source]:
        with pytest.raises(InputError, match="is also the input"):
            plan(known, "Hi", output=target)
        with pytest.raises(InputError, match="is also the input"):
            plan(known, "Hi", rejects=target)
        with pytest.raises(InputError, match="is the list that was planned"):
            plan(known, "Hi").save(target)
    assert (links / "people.csv").read_text() == LIST


def test_other_files_that_are_read(people: Path) -> None:
    """A rate card and a profile are not written over, either."""
    Path("rates.csv").write_text("country,price,currency\nGB,0.03,GBP\n")
    for output in ("./rates.csv", people.parent / "rates.csv"):
        with pytest.raises(InputError, match="is also the rate card"):
            plan(people, "Hi", rates="rates.csv", output=output)
    assert RateCard.read("rates.csv").rates


def test_what_a_folder_or_pattern_would_read(people: Path) -> None:
    """An output that the next run would take for recipients."""
    Path("in").mkdir()
    Path("other").symlink_to("in")
    plan(people, "Hi").save("in/part-1.parquet")
    for output in ("in/x.parquet", "other/x.csv", "in/../in/x.parquet"):
        with pytest.raises(InputError, match="is also the input"):
            plan("in", "Hi", output=output, prefix="p_")
    for output in ("in/part-x.parquet", "./other/part-x.parquet"):
        with pytest.raises(InputError, match="is also the input"):
            plan("in/part-*.parquet", "Hi", output=output, prefix="p_")
    assert plan("in/part-*.parquet", "Hi", output="in/x.parquet", prefix="p_").messages == 1


def test_names_that_differ_in_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file system folds case, and only there."""
    writes = {"output": tmp_path / "Rows.csv", "rejects": tmp_path / "rows.CSV"}
    check_distinct(writes)
    assert not same_file(tmp_path / "Ä.csv", tmp_path / "ä.csv")
    monkeypatch.setattr(outputs, "_folds_case", lambda folder: True)
    with pytest.raises(InputError, match="the same file"):
        check_distinct(writes)
    assert same_file(tmp_path / "\u00c4.csv", tmp_path / "a\u0308.csv")


def test_devices_are_nobodys(people: Path) -> None:
    """Both may go to where everything is lost."""
    assert plan(people, "Hi", output="/dev/null", rejects="/dev/null").messages == 1


# Modes.


@pytest.mark.parametrize("before", [0o600, 0o640, 0o664, 0o444, 0o755])
@pytest.mark.parametrize("name", ["out.csv", "out.parquet", "out.csv.gz"])
def test_the_mode_of_a_file_stays(before: int, name: str, people: Path) -> None:
    """Of an output and of rejects, whatever the umask is."""
    Path(name).touch()
    Path(name).chmod(before)
    plan(people, "Hi", output=name)
    assert mode(Path(name)) == before
    plan(people, "Hi", rejects=name)
    assert mode(Path(name)) == before


def test_the_owner_of_a_file_stays(tmp_path: Path) -> None:
    """Where whoever writes may give files away."""
    path = tmp_path / "out"
    path.touch(0o600)
    try:
        os.chown(path, 1, 1)
    except PermissionError:
        pytest.skip(reason="who is not root gives no file away")
    write(path)
    assert (path.stat().st_uid, path.stat().st_gid, mode(path)) == (1, 1, 0o600)


def test_modes_of_new_files(people: Path) -> None:
    """What the umask leaves; 0600 where numbers are all that a file is for."""
    made = plan(people, "Hi", output="out.csv", rejects="rejects.csv")
    made.save("saved.parquet")
    made.report("report.html")
    made.report("shown.html", show_recipients=True)
    plan(people, "Hi", output="folder/")
    report = [{"recipient": "447700900123", "number_of_message_parts": 1}]
    made.reconcile(report, output="reconciled.csv")
    Journal.create("campaign.db", {}, [("r", {"to": ["447700900123"]})]).close()
    Recorder(None, "record.jsonl")  # type: ignore[arg-type]
    found = {
        path.name: oct(mode(path))
        for path in Path().rglob("*")
        if path.is_file() and path != Path("people.csv")
    }
    private = ("rejects.csv", "shown.html", "reconciled.csv", "campaign.db", "record.jsonl")
    assert found == {
        **dict.fromkeys(("out.csv", "saved.parquet", "report.html"), "0o644"),
        **dict.fromkeys(("_manifest.json", "part-00000.parquet"), "0o644"),
        **dict.fromkeys(private, "0o600"),
    }


def test_a_journal_in_use_is_private(tmp_path: Path) -> None:
    """The files that SQLite puts beside it, too."""
    before = os.umask(0)
    try:
        journal = Journal.create(tmp_path / "c.db", {}, [("r", {"to": ["447700900123"]})])
        with journal.locked():
            journal.put_meta("a", 1)
            modes = {path.name: oct(mode(path)) for path in tmp_path.iterdir()}
        journal.close()
    finally:
        os.umask(before)
    assert modes["c.db"] == modes["c.db-wal"] == modes["c.db-shm"] == "0o600"


def test_requests_are_private(people: Path) -> None:
    """The folder and every file in it."""
    plan(people, "Hi").save("saved.parquet")
    words = ["requests", "saved.parquet", "--output", "requests"]
    subprocess.run([sys.executable, "-m", "smsplan", *words], check=True, capture_output=True)
    assert mode(Path("requests")) == 0o700
    assert [oct(mode(path)) for path in Path("requests").iterdir()] == ["0o600"]


def test_half_written_is_private(tmp_path: Path) -> None:
    """While it is written, what takes the place of a private file is private."""
    target = tmp_path / "out"
    target.touch(0o600)
    with whole_file(target):
        (part,) = tmp_path.glob(".*.part")
        assert mode(part) == 0o600


# Links, pipes, devices.


def test_a_link_stays(people: Path) -> None:
    """What it leads to is written, through several links, and made where it is not there."""
    Path("sub").mkdir()
    Path("sub/target.csv").write_text("before")
    Path("sub/target.csv").chmod(0o640)
    Path("link.csv").symlink_to("sub/target.csv")
    Path("far.csv").symlink_to(people.parent / "link.csv")
    Path("new.csv").symlink_to("sub/new.csv")
    for name, target in (("far.csv", "sub/target.csv"), ("new.csv", "sub/new.csv")):
        plan(people, "Hi", output=name)
        assert Path(name).is_symlink()
        assert Path(target).read_text().startswith("to,name,recipient")
        assert not Path(target).is_symlink()
    assert Path("link.csv").is_symlink()
    assert mode(Path("sub/target.csv")) == 0o640
    made = plan(people, "Hi")
    Path("page.html").symlink_to("sub/page.html")
    made.report("page.html")
    assert Path("page.html").is_symlink()
    assert Path("sub/page.html").stat().st_size > 1_000


def test_links_that_lead_nowhere(people: Path) -> None:
    """A circle, a folder that is not there, a folder: an error that says so."""
    Path("circle.csv").symlink_to("circle.csv")
    Path("gone.csv").symlink_to("none/out.csv")
    Path("folder.csv").symlink_to(people.parent)
    with pytest.raises(OutputError, match="leads nowhere"):
        plan(people, "Hi", output="circle.csv")
    with pytest.raises(OutputError, match="make it first"):
        plan(people, "Hi", output="gone.csv")
    with pytest.raises((OutputError, InputError), match=r"folder"):
        plan(people, "Hi", output="folder.csv")
    assert all(Path(name).is_symlink() for name in ("circle.csv", "gone.csv", "folder.csv"))


@pytest.mark.parametrize("name", ["pipe.csv", "pipe.parquet", "pipe"])
def test_a_pipe_is_written_into(name: str, people: Path) -> None:
    """It stays a pipe, and who reads it gets the whole file; the rows can be asked for."""
    os.mkfifo(name)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(Path(name).read_bytes()))
    reader.start()
    made = plan(people, "Hi", output=name)
    reader.join()
    assert stat.S_ISFIFO(Path(name).stat().st_mode)
    assert [row["name"] for row in made.rows.to_pylist()] == ["Ana", "Bo"]
    if name == "pipe.parquet":
        Path("copy.parquet").write_bytes(got[0])
        assert Plan.open("copy.parquet").summary == made.summary
    else:
        assert [row[1] for row in csv.reader(got[0].decode().splitlines())] == ["name", "Ana", "Bo"]


def test_a_reader_that_goes(people: Path) -> None:
    """A pipe without a reader is no fault of the file system."""
    people.write_text("to\n" + "447700900123\n" * 200_000)
    os.mkfifo("pipe.csv")

    def read() -> None:
        with Path("pipe.csv").open("rb") as file:
            file.read(10)

    reader = threading.Thread(target=read)
    reader.start()
    with pytest.raises(BrokenPipeError):
        plan(people, "Hi", output="pipe.csv", duplicates="keep")
    reader.join()


def test_half_a_parquet_in_a_pipe_is_none(people: Path) -> None:
    """What fails in the midst has no footer: its reader cannot take it for the whole."""
    people.write_text(LIST + "447700900123,Ana\n" * 500_000 + "a,b,c\n")
    os.mkfifo("pipe.parquet")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(Path("pipe.parquet").read_bytes()))
    reader.start()
    with pytest.raises(InputError, match="3 fields"):
        plan(people, "Hi", output="pipe.parquet", duplicates="keep")
    reader.join()
    assert got[0].startswith(b"PAR1")
    assert not got[0][4:].endswith(b"PAR1")


def test_a_full_device(people: Path) -> None:
    """It is there, it is written into, and says that it is full."""
    with pytest.raises(OutputError, match="No space left on device"):
        plan(people, "Hi", output="/dev/full")
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


# What is left of runs that were killed.

WRITER = """
import sys, time
from pathlib import Path
from smsplan import outputs
kind, path = sys.argv[1:]
with (outputs.private_folder if kind == "folder" else outputs.whole_file)(path) as out:
    if kind == "folder":
        (out / "a").touch()
    print("writing", flush=True)
    time.sleep(60)
"""


def writing(kind: str, path: Path) -> subprocess.Popen[str]:
    """Start a process that writes and does not end."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, kind, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    return process


def again(kind: str, path: Path) -> None:
    """Write once more."""
    if kind == "folder":
        with private_folder(path):
            pass
    else:
        write(path)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_left_by_a_killed_run(kind: str, tmp_path: Path) -> None:
    """Swept by the next into the same place: not while it lives, and nothing else."""
    others = [
        ".out.csv.part", ".out.csv.0123456.part", ".out.csv.01234567.parts", ".o.csv.01234567.part",
        "out.csv.01234567.part", ".outxcsv.01234567.part", ".OUT.csv.01234567.part",
    ]  # fmt: skip
    for name in others:
        (tmp_path / name).touch()
    target = tmp_path / "out.csv"
    process = writing(kind, target)
    (part,) = tmp_path.glob(".out.csv.????????.part")
    again(kind, target)
    assert part.exists(), "of a run that lives"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()  # type: ignore[union-attr]
    assert part.exists()
    if kind == "folder":
        target.rmdir()
    again(kind, target)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*others, "out.csv"])


def test_left_of_plans(people: Path) -> None:
    """Part files of outputs, rejects, pages and folders of plans."""
    junk = [".out.csv.01234567.part", ".no.csv.89abcdef.part", ".page.html.01234567.part"]
    for name in junk:
        Path(name).touch()
    plan(people, "Hi", output="out.csv", rejects="no.csv").report("page.html")
    assert not any(Path(name).exists() for name in junk)
    plan(people, "Hi", output="folder/")
    for name in (".part-00007.parquet.01234567.part", "._manifest.json.01234567.part"):
        (Path("folder") / name).touch()
    (Path("folder") / ".mine.part").touch()
    plan(people, "Hi", output="folder/", resume=True)
    names = {path.name for path in Path("folder").iterdir()}
    assert names == {".mine.part", "part-00000.parquet", "_manifest.json"}


PLANNER = """
import sys, time
from smsplan import plan
seen = []
def progress(rows):
    seen.append(rows)
    if len(seen) == 2:
        print("planned", flush=True)
        time.sleep(60)
plan("people.csv", "Hi", output=sys.argv[1], duplicates="keep", progress=progress)
"""


@pytest.mark.parametrize("output", ["out.csv", "out.parquet", "out/"])
def test_left_of_a_killed_plan(people: Path, output: str) -> None:
    """The next plan into the same file or folder leaves its own file there, and nothing else."""
    people.write_text("to\n" + "447700900123\n" * 300_000)
    process = subprocess.Popen(
        [sys.executable, "-c", PLANNER, output], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "planned\n"
        process.send_signal(signal.SIGKILL)
    folder = Path(output) if output.endswith("/") else Path()
    assert list(folder.glob(".*.part")), "it was killed while it wrote"
    resume = output.endswith("/")
    made = plan(people, "Hi", output=output, duplicates="keep", resume=resume)
    assert made.summary.rows == 300_000
    assert not list(folder.glob(".*.part"))


def test_a_folder_with_nothing_but_what_a_killed_run_left(people: Path) -> None:
    """Killed before its manifest was there, a run left nothing to go on with: it is new."""
    Path("folder").mkdir()
    Path("folder/._manifest.json.01234567.part").touch()
    plan(people, "Hi", output="folder/")
    assert {path.name for path in Path("folder").iterdir()} == {
        "part-00000.parquet",
        "_manifest.json",
    }
    Path("other").mkdir()
    Path("other/.mine.part").touch()
    with pytest.raises(InputError, match="is not empty"):
        plan(people, "Hi", output="other/")
    assert Path("other/.mine.part").exists()


def test_two_runs_into_one_folder(people: Path) -> None:
    """The second is an error that says why, and the first is not disturbed."""
    people.write_text("to\n" + "447700900123\n" * 300_000)
    said: list[str] = []

    def progress(rows: int) -> None:
        if Path("folder").is_dir():
            for resume in (True, False):
                with pytest.raises(InputError) as caught:
                    plan(people, "Hi", output="folder/", resume=resume)
                said.append(str(caught.value))

    made = plan(people, "Hi", output="folder/", progress=progress)
    assert said
    assert all("another run writes into folder" in text for text in said)
    assert Plan.open("folder").summary == made.summary
    assert plan(people, "Hi", output="folder/", resume=True).summary == made.summary


def test_a_run_that_overtakes_another(people: Path) -> None:
    """Who comes second to a folder that was not there does not write over the first."""
    done: list[Plan] = []

    def progress(rows: int) -> None:
        if not done:
            done.append(plan(people, "Hello", output="folder/"))

    with pytest.raises(InputError, match="another run has made folder"):
        plan(people, "Hi", output="folder/", progress=progress)
    assert Plan.open("folder").settings.message.template.body == "Hello"


def test_swept_in_the_moment_of_making(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sweeps between the making of a file and its lock takes it away; another is made."""
    real = outputs._is_held
    swept: list[Path] = []

    def held(descriptor: int, part: Path) -> bool:
        if not swept:
            sweep(tmp_path, r"out")
            swept.append(part)
            assert not part.exists()
        return real(descriptor, part)

    monkeypatch.setattr(outputs, "_is_held", held)
    write(tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_without_locks_nothing_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody can say who lives, nobody is disturbed."""

    def none(descriptor: int) -> None:
        raise OSError(38, "no locks")

    monkeypatch.setattr(outputs, "_flock", none)
    (tmp_path / ".out.01234567.part").touch()
    write(tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".out.01234567.part", "out"]


def test_killed_command(people: Path) -> None:
    """A run of the command that is killed, and the next one."""
    people.write_text("to\n" + "447700900123\n" * 3_000_000)
    words = [sys.executable, "-m", "smsplan", "plan", "people.csv", "--body", "Hi"]
    process = subprocess.Popen([*words, "--output", "out.csv"], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(Path().glob(".out.csv.*.part")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert len(list(Path().glob(".out.csv.*.part"))) == 1
    people.write_text(LIST)
    plan(people, "Hi", output="out.csv")
    assert sorted(path.name for path in Path().iterdir()) == ["out.csv", "people.csv"]
