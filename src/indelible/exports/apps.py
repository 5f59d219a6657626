"""Names the exports room to Django, so that its acts stand in the closed list; it has no table."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """The exports room."""

    name = "indelible.exports"
    label = "exports"
