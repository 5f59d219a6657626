"""Names the signatures room to Django."""

from django.apps import AppConfig


class SignaturesConfig(AppConfig):
    """The signatures room."""

    name = "indelible.kernel.signatures"
    label = "signatures"
