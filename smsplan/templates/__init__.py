"""Message bodies: parameters, what other tools write for them, and how one opts out."""

from smsplan.templates.template import Expansion, Filled, Template, TemplateWarning

__all__ = ["Expansion", "Filled", "Template", "TemplateWarning"]
