"""Names the access room to Django."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """The access room."""

    name = "indelible.kernel.access"
    label = "access"
