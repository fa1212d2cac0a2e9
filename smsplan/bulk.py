"""Nothing is here any more: an import that was right once is told where its name is now."""

from typing import NoReturn


def __getattr__(name: str) -> NoReturn:
    if name == "spark":
        raise ImportError("smsplan.bulk.spark is smsplan.cluster.spark now; import it from there")
    raise AttributeError(f"module 'smsplan.bulk' has no attribute '{name}'")
