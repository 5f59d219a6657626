"""Names the workflow room to Django."""

from django.apps import AppConfig


class WorkflowConfig(AppConfig):
    """The workflow room."""

    name = "indelible.kernel.workflow"
    label = "workflow"
