"""The keys of an account: from the environment or a file that nobody else can read."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from smsplan.errors import InputError

_LOCAL = ("127.0.0.1", "localhost", "::1")
REGIONS = ("us", "eu", "au", "br", "ca")
VARIABLES = {
    "SINCH_SERVICE_PLAN_ID": "service_plan_id",
    "SINCH_API_TOKEN": "api_token",
    "SINCH_PROJECT_ID": "project_id",
    "SINCH_KEY_ID": "key_id",
    "SINCH_KEY_SECRET": "key_secret",
    "SINCH_SMS_REGION": "region",
    "SINCH_BASE_URL": "base_url",
}


def _safe(url: str) -> bool:
    """Whether a token may go there: encrypted, or to this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL))


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A service plan with its token, or a project with its key; and where the account is.

    ``region`` is ``us``, ``eu``, ``au``, ``br`` or ``ca`` (with a project ``us`` or ``eu``);
    ``base_url`` instead of it leads elsewhere, such as to a sandbox. Secrets are not in the
    ``repr``.

    >>> Credentials(service_plan_id="demo", api_token="secret", region="eu")
    Credentials(service_plan_id='demo', project_id='', region='eu', base_url='')
    """

    service_plan_id: str = ""
    api_token: str = field(default="", repr=False)
    project_id: str = ""
    key_id: str = field(default="", repr=False)
    key_secret: str = field(default="", repr=False)
    region: str = ""
    base_url: str = ""

    def __post_init__(self) -> None:
        faults = []
        plan = bool(self.service_plan_id and self.api_token)
        project = bool(self.project_id and self.key_id and self.key_secret)
        if plan == project:
            faults.append(
                "give a service plan (SINCH_SERVICE_PLAN_ID, SINCH_API_TOKEN) or a project "
                "(SINCH_PROJECT_ID, SINCH_KEY_ID, SINCH_KEY_SECRET)"
            )
        regions = REGIONS[:2] if project else REGIONS
        if not self.base_url and self.region not in regions:
            faults.append(
                f"say in which region the account is (SINCH_SMS_REGION: {', '.join(regions)})"
            )
        if self.base_url and not _safe(self.base_url):
            faults.append("SINCH_BASE_URL begins with https://, or leads to this machine")
        if faults:
            raise InputError("credentials of the account:\n  " + "\n  ".join(faults))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Credentials:
        """Read the variables ``SINCH_...``; raises InputError that names what is missing."""
        given = os.environ if environment is None else environment
        return cls(**{name: given[key] for key, name in VARIABLES.items() if given.get(key)})

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Credentials:
        """Read a TOML file with the fields of this class, which nobody else may read.

        Raises :class:`~smsplan.errors.InputError` where others can read it (``chmod 600``), or
        where it is no such file; what stands in it is never shown.
        """
        name = os.fspath(path)
        try:
            mode = Path(name).stat().st_mode
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"credentials file '{name}' cannot be read ({type(error).__name__}); check the path"
            ) from None
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise InputError(f"others can read '{name}'; run: chmod 600 '{name}'")
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            raise InputError(f"credentials file '{name}' is not TOML; fix it") from None
        strange = sorted(set(data) - set(VARIABLES.values()))
        if strange or not all(isinstance(value, str) for value in data.values()):
            known = ", ".join(VARIABLES.values())
            raise InputError(f"credentials file '{name}' has fields of text: {known}")
        return cls(**data)
