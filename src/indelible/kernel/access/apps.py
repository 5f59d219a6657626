"""Names the access room to Django."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """The access room."""

    name = "indelible.kernel.access"
    label = "access"

    def ready(self) -> None:
        """A leaver's programs end with the account."""
        from indelible.kernel.access.machines import end_of_leaver
        from indelible.kernel.identity.recalls import LEAVING

        LEAVING.append(end_of_leaver)
