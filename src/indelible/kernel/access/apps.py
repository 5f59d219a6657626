"""Names the access room to Django."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """The access room."""

    name = "indelible.kernel.access"
    label = "access"

    def ready(self) -> None:
        """A leaver's programs end with the account, and a program that ended while its request waited does nothing."""
        from indelible.kernel.access.machines import end_of_leaver, refuse_over
        from indelible.kernel.identity.held import OVER
        from indelible.kernel.identity.recalls import LEAVING

        LEAVING.append(end_of_leaver)
        OVER.append(refuse_over)
