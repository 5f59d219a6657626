"""Names the records room to Django."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """The records room."""

    name = "indelible.kernel.records"
    label = "records"
