"""Names the files room to Django."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """The files room."""

    name = "indelible.kernel.files"
    label = "files"
