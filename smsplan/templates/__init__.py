"""Message bodies: parameters, what other tools write for them, and how one opts out."""

from smsplan.templates.template import Expansion, Template, TemplateWarning

__all__ = ["Expansion", "Template", "TemplateWarning"]
