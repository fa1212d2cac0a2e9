"""``smsplan lint``: files, configuration, formats, exit codes, and the hook for pre-commit."""

from __future__ import annotations

import json
import os
import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from smsplan.linting.rules import RULES

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
}


def run(*arguments: str, stdin: bytes = b"", cwd: Path | None = None) -> Any:
    """Run the command as a user would."""
    return subprocess.run(
        [sys.executable, "-m", "smsplan", "lint", *arguments],
        input=stdin, capture_output=True, cwd=cwd, env=ENVIRONMENT, timeout=120, check=False,
    )  # fmt: skip


def found(done: Any) -> list[str]:
    """The codes of what is left to complain of, of ``--json``."""
    return [one["code"] for one in json.loads(done.stdout)["complaints"]]


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A template with two things to fix, in a folder without configuration."""
    path = tmp_path / "hi.txt"
    path.write_bytes("\ufeffHi “${name}”  \r\nthere\r\n".encode())
    return path


def test_exit_codes(tmp_path: Path, template: Path) -> None:
    """0: nothing of weight; 3: complaints; 1: a file that is none; 2: usage."""
    clean = tmp_path / "clean.txt"
    clean.write_text("Hi ${name}\n")
    assert run(str(clean)).returncode == 0
    assert run(str(clean), "--fail-on", "info").returncode == 3
    assert run(str(template)).returncode == 3
    assert run(str(template), "--fail-on", "error").returncode == 0
    assert run().returncode == 2
    assert run(str(clean), "--select", "SMS9").returncode == 2
    assert run(str(clean), "--column", "name=x").returncode == 2
    assert run(str(clean), "--rates", "a", "--price", "b").returncode == 2
    (tmp_path / "latin.txt").write_bytes("é".encode("latin-1"))
    done = run(str(tmp_path / "none.txt"), str(tmp_path / "latin.txt"), str(clean))
    assert done.returncode == 1
    assert b"none.txt" in done.stderr
    assert b"latin.txt' is not UTF-8" in done.stderr
    assert done.stdout == b""


def test_text(template: Path) -> None:
    """A line for each complaint on stdout, with place, severity and code; a closing on stderr."""
    done = run(template.name, cwd=template.parent)
    lines = done.stdout.decode().splitlines()
    assert lines[0].startswith("hi.txt:1:4: warning SMS102 '“' (U+201C LEFT DOUBLE QUOTATION MARK)")
    assert lines[0].endswith("[--fix]")
    assert [line.split()[2] for line in lines] == ["SMS102", "SMS304", "SMS102", "SMS204"]
    assert done.stderr.decode() == "4 complaints in 1 of 1 template; 3 can be fixed with --fix\n"


def test_fix(template: Path) -> None:
    """The file is fixed whole; its mark, line breaks, permissions and name stay; told once."""
    template.chmod(0o640)
    done = run(str(template), "--fix")
    assert done.returncode == 0
    assert template.read_bytes() == '\ufeffHi "${name}"\r\nthere\r\n'.encode()
    assert stat.S_IMODE(template.stat().st_mode) == 0o640
    assert [path.name for path in template.parent.iterdir()] == ["hi.txt"]
    assert done.stdout.decode().count(": fixed ") == 3
    before = template.stat().st_mtime_ns
    assert b"fixed" not in run(str(template), "--fix").stdout
    assert template.stat().st_mtime_ns == before


def test_fix_through_a_link(tmp_path: Path, template: Path) -> None:
    """A symbolic link stays one, and the file that it names is fixed."""
    link = tmp_path / "link.txt"
    link.symlink_to(template)
    run(str(link), "--fix")
    assert link.is_symlink()
    assert b'"${name}"' in template.read_bytes()


def test_fix_that_cannot_be_written(template: Path) -> None:
    """Where the new file cannot be written, the old one stays as it was: exit code 4."""
    before = template.read_bytes()
    # There is no room for the name of the file beside it.
    long = template.rename(template.with_name(f"{'n' * 240}hi.txt"))
    done = run(str(long), "--fix")
    assert (done.returncode, done.stdout) == (4, b"")
    assert b"hi.txt' was not written" in done.stderr
    assert long.read_bytes() == before


def test_stdin_and_body() -> None:
    """What is no file is fixed to stdout, byte for byte, and complaints go to stderr."""
    done = run("-", "--fix", stdin="Wait…\r\nnow \n".encode())
    assert done.stdout == b"Wait...\r\nnow\n"
    assert b"<stdin>:1:5: fixed SMS104" in done.stderr
    assert b"SMS205" in done.stderr
    done = run("--body", "Hi…", "--fix")
    assert (done.stdout, done.returncode) == (b"Hi...\n", 0)
    data = json.loads(run("--body", "a", "--body", "b…", "--json").stdout)
    assert [one["file"] for one in data["complaints"]] == ["<body 2>"]
    assert run("--body", b"\xff".decode(errors="surrogateescape"), "--json").returncode == 1


def test_line_breaks_as_plan_reads_them(tmp_path: Path) -> None:
    """Of a file the last line break is no text, and CR LF is LF, as for plan --body-file."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"a" * 158 + b"\r\nb\r\n")
    assert found(run(str(path), "--json")) == []


def test_json(template: Path) -> None:
    """JSON has every complaint with its places, and what was fixed."""
    data = json.loads(run(str(template), "--fix", "--json").stdout)
    assert data["schema"] == "smsplan.lint/1"
    assert [one["code"] for one in data["complaints"]] == ["SMS304"]
    assert [one["fix"] for one in data["mended"]] == ['"', '"', ""]
    assert data["complaints"][0]["column"] == 5


def test_github(tmp_path: Path) -> None:
    """A workflow command is one line; %, line breaks, colons and commas are escaped."""
    path = tmp_path / "100%,a:b.txt"
    path.write_text("50%\nHi {name}\n")
    done = run(path.name, "--format", "github", cwd=tmp_path)
    assert done.stdout.decode() == (
        "::warning file=100%25%2Ca%3Ab.txt,line=2,endLine=2,col=4,endColumn=10,"
        "title=SMS301 not-a-parameter::'{name}' is sent as it is, to everybody; write '${name}'\n"
    )
    path.write_text("%25name%0A%\n")
    written = run(path.name, "--format", "github", cwd=tmp_path).stdout
    assert written.count(b"\n") == written.count(b"::warning")
    notice = run("--body", "Hi ${name}", "--format", "github").stdout
    assert notice.startswith(b"::notice file=<body>,line=1,endLine=1,col=4,endColumn=11,")


@pytest.mark.parametrize("output_format", ["text", "github"])
def test_nothing_acts_on_a_terminal(tmp_path: Path, output_format: str) -> None:
    """Neither a template nor the name of its file sends a control character or begins a line."""
    path = tmp_path / "a\x1b[31m\n::error::b.txt"
    path.write_text("\x1b[2J\x07 ${a\x1b]0;x\x07} \u202e $n {{\x1b[1m}}")
    done = run(path.name, "--format", output_format, cwd=tmp_path)
    text = (done.stdout + done.stderr).decode()
    assert done.returncode == 3
    assert "SMS302" in text
    assert not set(text) & set("\x1b\x07\u202e")
    assert not re.search("^::error::", text, re.MULTILINE)


CONFIG = """
[tool.smsplan.lint]
select = ["SMS1", "SMS3", "SMS6"]
ignore = ["SMS106"]
exclude = ["old/*", "draft.txt"]
files = ["*.txt"]
per-file-ignores = {"quotes.txt" = ["SMS102"], "sub/*" = ["SMS1"]}
defaults = {name = "there"}
opt-out = ["STOP"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with templates and a configuration."""
    (tmp_path / "pyproject.toml").write_text(CONFIG)
    for name in ("a.txt", "quotes.txt", "sub/b.txt", "old/c.txt", "draft.txt", "sub/n.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("“Hi” ${name} 😀 STOP")
    return tmp_path


def listed(done: Any) -> set[tuple[str, str]]:
    """The pairs of file and code that are complained of."""
    return {(one["file"], one["code"]) for one in json.loads(done.stdout)["complaints"]}


def test_configuration(project: Path) -> None:
    """Rules, files of folders, exclusions and defaults come from pyproject.toml, upwards."""
    assert listed(run(".", "--json", cwd=project)) == {("a.txt", "SMS102")}
    # Also named from elsewhere; what is excluded is so where it is named; another file is taken.
    names = [str(project / name) for name in ("old/c.txt", "draft.txt", "quotes.txt", "a.txt")]
    assert listed(run(*names, "--json", cwd=project.parent)) == {(names[3], "SMS102")}
    data = json.loads(run("sub/n.md", "--json", cwd=project).stdout)
    assert (data["templates"], data["complaints"]) == (1, [])


def test_configuration_precedence(project: Path) -> None:
    """The command line goes before the file; the file before the defaults; the nearest is taken."""

    def asked(*options: str) -> set[str]:
        done = run("a.txt", *options, "--json", cwd=project)
        return {code for _, code in listed(done)}

    assert asked() == {"SMS102"}
    assert asked("--ignore", "SMS102") == {"SMS106"}
    assert asked("--select", "SMS106", "--ignore", "SMS3") == {"SMS106"}
    assert asked("--opt-out", "unsubscribe") == {"SMS102", "SMS601"}
    assert asked("--default", "name=“you”", "--select", "SMS3") == set()
    assert run("quotes.txt", "--select", "SMS102", cwd=project).returncode == 0
    nearer = project / "sub" / "pyproject.toml"
    nearer.write_text("[tool.other]\n")
    assert listed(run("sub/b.txt", "--json", cwd=project)) == set()
    nearer.write_text('[tool.smsplan.lint]\nselect = ["SMS106"]\nfail-on = "error"\n')
    done = run("sub/b.txt", "--json", cwd=project)
    assert (listed(done), done.returncode) == ({("sub/b.txt", "SMS106")}, 0)
    assert run("sub/b.txt", "--fail-on", "warning", cwd=project).returncode == 3
    done = run("a.txt", "--config", str(nearer), "--json", cwd=project)
    assert listed(done) == {("a.txt", "SMS106")}


def test_faulty_configuration(tmp_path: Path, template: Path) -> None:
    """Every fault of the configuration at once, with a suggestion; exit code 1."""
    config = tmp_path / "pyproject.toml"
    config.write_text(
        '[tool.smsplan.lint]\nselct = ["SMS"]\nmax_parts = 1\nnear = "x"\nfail-on = "never"\n'
        'exclude = "a"\nper-file-ignores = {"a" = "SMS"}\nignore = ["X"]\n'
    )
    done = run(str(template))
    assert done.returncode == 1
    said = done.stderr.decode()
    for word in ("did you mean 'select'", "'max-parts'", "near=", "fail-on", "exclude",
                 "per-file-ignores"):  # fmt: skip
        assert word in said
    config.write_text("[tool.smsplan")
    assert run(str(template)).returncode == 1
    config.write_text("[project]\n")
    assert run(str(template), "--config", str(config)).returncode == 1
    assert run(str(template)).returncode == 3


def test_recipients(tmp_path: Path) -> None:
    """With a list, the rules over its messages are asked too, by the options of the plan."""
    people = tmp_path / "people.csv"
    people.write_text("phone,first\n07700 900123,Małgorzata\n07700 900124,\n")
    arguments = ["--recipients", str(people), "--to", "phone", "--column", "name=first",
                 "--region", "GB", "--price", "0.034 GBP", "--max-cost", "0.02 GBP"]  # fmt: skip
    done = run("--body", "Hi ${name}", *arguments, "--json")
    assert found(done) == ["SMS502", "SMS506", "SMS503"]
    assert done.returncode == 3
    done = run("--body", "Hi ${name}", *arguments, "--default", "name=you", "--json")
    assert found(done) == ["SMS502", "SMS506"]
    done = run("--body", "Hi ${nome}", *arguments, "--json")
    assert done.returncode == 1
    assert b"no column" in done.stderr
    assert "SMS401" in found(run("--body", "a " * 1001, *arguments, "--json"))


def test_explain() -> None:
    """A rule is explained by its code, all of them by the beginning."""
    said = run("--explain", "SMS101").stdout.decode()
    assert said.startswith("SMS101 special-space (warning, fixed by --fix): ")
    assert RULES["SMS101"].why in said
    assert "20\\xa0EUR" in said
    assert run("--explain", "SMS").stdout.decode().count("\n") == len(RULES)
    assert run("--explain", "XYZ").returncode == 2
    data = json.loads(run("--explain", "SMS0", "--json").stdout)
    assert [one["code"] for one in data["rules"]] == ["SMS001"]


def test_no_recipients_no_frames() -> None:
    """Without recipients no frame library is loaded, so that a hook is quick."""
    code = (
        "import sys; from smsplan.cli import app\n"
        "try: app(['lint', '--body', 'Hi…'])\n"
        "except SystemExit: pass\n"
        "print([n for n in ('pyarrow', 'numpy', 'pandas') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=ENVIRONMENT)
    assert done.stdout.decode().splitlines()[-1] == "[]"


def hooks() -> dict[str, Any]:
    """The shipped hooks by their ids."""
    text = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    return {hook["id"]: hook for hook in yaml.safe_load(text)}


def test_hook_entry(template: Path) -> None:
    """What pre-commit runs, the entry and file names, complains, and with --fix fixes."""

    def entry(name: str) -> int:
        words = [*shlex.split(hooks()[name]["entry"]), str(template)]
        return subprocess.run(words, capture_output=True, env=ENVIRONMENT).returncode

    assert entry("smsplan-lint") == 3
    assert entry("smsplan-lint-fix") == 0
    assert entry("smsplan-lint") == 0
    assert all(re.search(hook["files"], "messages/hi.sms") for hook in hooks().values())


def test_pre_commit(tmp_path: Path) -> None:
    """pre-commit itself, offline, with this checkout as the repository of the hook.

    `language: system` takes the installed command, where a user's pre-commit would install it.
    """
    hook, user = tmp_path / "hook", tmp_path / "user"
    environment = {
        **ENVIRONMENT,
        "PRE_COMMIT_HOME": str(tmp_path / "cache"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com",
    }  # fmt: skip
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        environment.pop(name, None)

    def call(*words: str, cwd: Path) -> str:
        done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True)
        return f"{done.returncode} {done.stdout}{done.stderr}"

    for folder in (hook, user):
        folder.mkdir()
        assert call("git", "init", "-q", cwd=folder).startswith("0")
    manifest = hook / ".pre-commit-hooks.yaml"
    manifest.write_bytes((ROOT / manifest.name).read_bytes())
    call("git", "add", ".", cwd=hook)
    assert call("git", "commit", "-qm", "hook", cwd=hook).startswith("0")
    revision = call("git", "rev-parse", "HEAD", cwd=hook).split()[1]
    (user / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hook}\n  rev: {revision}\n  hooks:\n"
        "  - id: smsplan-lint\n    language: system\n"
    )
    (user / "hi.sms").write_text("Hi “you”\n")
    (user / "README.md").write_text("“not a template”\n")
    call("git", "add", ".", cwd=user)
    command = (sys.executable, "-m", "pre_commit", "run")
    said = call(*command, cwd=user)
    assert said.startswith("1")
    assert "hi.sms:1:4: warning SMS102" in said
    assert "README" not in said
    (user / "hi.sms").write_text('Hi "you"\n')
    call("git", "add", ".", cwd=user)
    assert call(*command, cwd=user).startswith("0")
