"""What ``pyproject.toml`` says about templates: ``[tool.smsplan.lint]``."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from smsplan.errors import InputError, nearest

FILES = ("*.sms", "*.sms.txt")
FAIL_ON = ("error", "warning", "info")


@dataclass(frozen=True, slots=True, kw_only=True)
class LintConfig:
    """One table of a file, or none.

    ``settings`` are those of the rules; ``files`` are the templates of a folder, ``exclude`` files
    that are left out, ``per_file_ignores`` rules by pattern. Patterns fit the path below ``folder``
    or the name; ``*`` also fits ``/``.
    """

    folder: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] = FILES
    exclude: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fail_on: str = "warning"

    def excludes(self, path: Path) -> bool:
        """Whether a file is left out."""
        return self._fits(path, self.exclude)

    def ignored(self, path: Path) -> tuple[str, ...]:
        """Return the rules that are not asked about a file."""
        return tuple(
            code
            for pattern, codes in self.per_file_ignores.items()
            if self._fits(path, (pattern,))
            for code in codes
        )

    def _fits(self, path: Path, patterns: Iterable[str]) -> bool:
        whole = path.absolute()
        names = [path.name]
        if whole.is_relative_to(self.folder):
            below = whole.relative_to(self.folder)
            # A pattern of a folder fits what is in it.
            names += [below.as_posix(), *(f"{parent.as_posix()}/" for parent in below.parents)]
        wanted = [pattern.removeprefix("./") for pattern in patterns]
        return any(fnmatch.fnmatchcase(name, pattern) for name in names for pattern in wanted)

    def templates(self, folder: Path) -> Iterator[Path]:
        """Yield the templates of a folder, in order."""
        for path in sorted(folder.rglob("*")):
            if path.is_file() and self._fits(path, self.files) and not self.excludes(path):
                yield path


def find(folder: Path) -> LintConfig:
    """Return the nearest table upwards from a folder; an empty one where there is none."""
    for place in (folder, *folder.parents):
        path = place / "pyproject.toml"
        if path.is_file():
            table = _table(path)
            if table is not None:
                return _read(path, table)
    return LintConfig(folder=folder)


def read(path: Path) -> LintConfig:
    """Return the table of one file. Raises InputError where there is none."""
    table = _table(path)
    if table is None:
        raise InputError(f"'{path}' has no [tool.smsplan.lint]; add it or name another file")
    return _read(path, table)


def _table(path: Path) -> dict[str, Any] | None:
    try:
        data: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"no configuration '{path}'; check the path") from None
    except (OSError, ValueError) as error:
        raise InputError(f"'{path}' cannot be read as TOML: {error}; fix it") from None
    for key in ("tool", "smsplan", "lint"):
        data = data.get(key) if isinstance(data, dict) else None
    if data is not None and not isinstance(data, dict):
        raise InputError(f"'{path}': tool.smsplan.lint is no table; write [tool.smsplan.lint]")
    return data


def _read(path: Path, table: dict[str, Any]) -> LintConfig:
    from smsplan.linting.rules import check_codes
    from smsplan.linting.template_look import LintSettings

    known = {one.name for one in fields(LintSettings)}
    own = ("files", "exclude", "per-file-ignores", "fail-on")
    names = sorted([*own, *(name.replace("_", "-") for name in known)])
    faults = []
    settings = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name in known and "_" not in key:
            settings[name] = value
        elif key not in own:
            hint = nearest(key, names, f"there are {', '.join(names)}")
            faults.append(f"no setting '{key}'; {hint}")
    ignores = table.get("per-file-ignores", {})
    files, exclude = table.get("files", list(FILES)), table.get("exclude", [])
    for key, value in (("files", files), ("exclude", exclude)):
        if not _texts(value):
            faults.append(f'{key} is no list of patterns; write ["*.txt"]')
    if not isinstance(ignores, dict) or not all(map(_texts, ignores.values())):
        faults.append('per-file-ignores has no lists; write {"old/*" = ["SMS1"]}')
        ignores = {}
    fail_on = table.get("fail-on", "warning")
    if fail_on not in FAIL_ON:
        faults.append(f"fail-on is none of {', '.join(FAIL_ON)}; write one of them")
    profile = settings.get("profile")
    if isinstance(profile, str) and profile.endswith(".toml"):
        settings["profile"] = str(path.parent / profile)
    try:
        LintSettings(**settings)
        lists = [settings.get("select", ()), settings.get("ignore", ()), *ignores.values()]
        for codes in lists:
            check_codes(codes, "the configuration")
    except InputError as error:
        faults.append(str(error))
    if faults:
        listed = "\n".join(faults)
        raise InputError(f"'{path}', [tool.smsplan.lint], has faults; fix them:\n{listed}")
    return LintConfig(
        folder=path.parent.absolute(),
        settings=settings,
        files=tuple(files),
        exclude=tuple(exclude),
        per_file_ignores={pattern: tuple(codes) for pattern, codes in ignores.items()},
        fail_on=fail_on,
    )


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
