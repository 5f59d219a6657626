"""Names the notices room to Django."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """The notices room."""

    name = "indelible.kernel.notices"
    label = "notices"
