"""Every address of the service: pages for people and `/api/v1` for machines, each from its own room."""

from django.urls import URLPattern, URLResolver, include, path

from indelible.api.urls import nothing_here

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("indelible.api.urls")),
    path("api/v1", nothing_here),
    path("", include("indelible.web.urls")),
]
