"""Every address of the service: pages for people and `/api/v1` for machines, each from its own room."""

from __future__ import annotations

import importlib.util

from django.urls import URLPattern, URLResolver, include, path


def _stands(module: str) -> bool:
    return importlib.util.find_spec(module.rpartition(".")[0]) is not None and (
        importlib.util.find_spec(module) is not None
    )


urlpatterns: list[URLPattern | URLResolver] = []
if _stands("indelible.api.urls"):
    urlpatterns.append(path("api/v1/", include("indelible.api.urls")))
if _stands("indelible.web.urls"):
    urlpatterns.append(path("", include("indelible.web.urls")))
