"""The version, which saved plans and pages carry."""

VERSION = "0.1.0"
