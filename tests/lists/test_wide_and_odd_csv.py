"""CSV files of thousands of columns, and encodings that are none of files."""

from __future__ import annotations

import csv
import encodings
import json
import pkgutil
from pathlib import Path

import pytest

from smsplan import InputError, plan

NUMBER = "+447700900123"


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("columns", [5_243, 50_000])
def test_a_long_header(mark: str, columns: int, tmp_path: Path) -> None:
    """A first line of more than 128 KiB, and of more than a MiB, is one like any other."""
    names = ["to", *(f"customer_attribute_{place:05}" for place in range(columns)), "name"]
    path = tmp_path / "a.csv"
    row = [NUMBER, *("" for _ in range(columns)), "Ana"]
    path.write_text(f"{mark.join(names)}\n{mark.join(row)}\n")
    assert path.read_bytes().index(b"\n") > 131_072
    made = plan(path, "Hi ${name}", bodies=True, select=["body"])
    assert made.rows.column_names == [*names, "body"]
    assert made.rows.column("body").to_pylist() == ["Hi Ana"]


def test_long_names(tmp_path: Path) -> None:
    """One column may have the long name, in quotes or not, and with line breaks."""
    path = tmp_path / "a.csv"
    for name in ("n" * 200_000, 'say ""hi""\n' * 30_000):
        path.write_text(f'to,"{name}"\n{NUMBER},Ana\n')
        known = plan(path, "Hi").rows.column_names[1]
        assert known == name.replace('""', '"').strip()


@pytest.mark.parametrize("kind", ["no line break", "open quote"])
def test_no_end_of_the_header(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first line without an end is an error before it fills the memory."""
    monkeypatch.setattr("smsplan.lists.csv_files._MAX_HEADER", 1 << 20)
    path = tmp_path / "a.csv"
    path.write_text('to,"' + ("a," if kind == "no line break" else "a,\n") * 1_000_000)
    with pytest.raises(InputError, match="more than 1 MiB in its first line, or a quote"):
        plan(path, "Hi")


def test_long_fields_around_a_bad_row(tmp_path: Path) -> None:
    """The line of a bad row is found behind long ones, and Python's own limit stays."""
    path = tmp_path / "a.csv"
    long = "x" * 200_000
    path.write_text(f"to,name\n{NUMBER},{long}\n{NUMBER},a,b\n")
    before = csv.field_size_limit()
    with pytest.raises(InputError, match="line 3: 3 fields where the header has 2"):
        plan(path, "Hi")
    path.write_text(f'to,name\n{NUMBER},{long}\n{NUMBER},"a\n')
    with pytest.raises(InputError, match="a quote that is not closed"):
        plan(path, "Hi")
    assert csv.field_size_limit() == before == 131_072


ODD = ["rot13", "rot_13", "hex", "hex_codec", "zlib", "bz2", "base64", "uu", "quopri", "punycode",
       "idna", "unicode_escape", "raw_unicode_escape", "unicode-escape", "UNDEFINED", "utf-7",
       "UTF7", "charmap", "mbcs", "oem", "no-such", "", " ", "utf-8\0", "\ud800", "aliases",
       "../utf_8", "a" * 10_000, "ütf"]  # fmt: skip


@pytest.mark.parametrize("kind", ["csv", "jsonl", "csv.gz"])
@pytest.mark.parametrize("name", ODD)
def test_encodings_of_no_file(name: str, kind: str, tmp_path: Path) -> None:
    """Ciphers, packers and encodings of other things are refused by the option's name."""
    path = tmp_path / f"a.{kind}"
    path.write_bytes(b"to,name\n1,2\n")
    with pytest.raises(InputError, match=r"is no encoding of files; use encoding=.*--encoding"):
        plan(path, "Hi", encoding=name)


def _encodings() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(encodings.__path__))


@pytest.mark.parametrize("name", _encodings())
def test_every_encoding_that_python_has(name: str, tmp_path: Path) -> None:
    """A file of its own is read, and one of another is an error that names the option."""
    lines = f'to;name\n{NUMBER};"A;na"\n{NUMBER};Bo\n'
    objects = "".join(json.dumps({"to": NUMBER, "name": name}) + "\n" for name in ("A;na", "Bo"))
    for kind, text in (("csv", lines), ("jsonl", objects)):
        path = tmp_path / f"a.{kind}"
        try:
            path.write_bytes(text.encode(name))
        except (LookupError, UnicodeError):
            path.write_text(text)
        try:
            made = plan(path, "Hi ${name}", encoding=name, duplicates="keep", bodies=True)
        except InputError as error:
            said = str(error)
        else:
            assert made.rows.column("body").to_pylist() == ["Hi A;na", "Hi Bo"]
            continue
        assert "is no encoding of files" in said
        assert name not in ("utf_8", "cp1252", "utf_16", "utf_32", "utf_16_be", "cp500", "hz")


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "cp1252", "shift_jis", "hz"])
def test_octets_of_another_encoding(kind: str, encoding: str, tmp_path: Path) -> None:
    """Octets that an encoding does not have are an error that names the option."""
    path = tmp_path / f"a.{kind}"
    text = "to,name\n1,2\n" if kind == "csv" else '{"to": "1"}\n'
    path.write_bytes(text.encode() + b"\xff\x81\x00\xd8~\xff" * 3)
    with pytest.raises(InputError, match=r"--encoding|no CSV"):
        plan(path, "Hi", encoding=encoding)
