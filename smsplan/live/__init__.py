"""Asking an account: verification, calibration, campaigns. It knows a protocol, not a provider."""
