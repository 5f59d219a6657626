"""Names the audit room to Django; its tables live in the SQL schema `audit`, not in models."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The audit room."""

    name = "indelible.kernel.audit"
    label = "audit"
