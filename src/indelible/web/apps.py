"""The door for people as a Django app: it has pages, templates and static files, and no tables."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Names the app so that Django finds its templates, template tags and static files."""

    name = "indelible.web"
    label = "web"
