"""Names the identity room to Django."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """The identity room."""

    name = "indelible.kernel.identity"
    label = "identity"
