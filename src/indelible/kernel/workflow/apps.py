"""Names the workflow room to Django."""

from django.apps import AppConfig


class WorkflowConfig(AppConfig):
    """The workflow room."""

    name = "indelible.kernel.workflow"
    label = "workflow"

    def ready(self) -> None:
        """What a leaver delegated, or took on, ends with the account."""
        from indelible.kernel.identity.recalls import LEAVING
        from indelible.kernel.workflow.delegations import end_of_leaver

        LEAVING.append(end_of_leaver)
