"""Every address for people (interface.md section 3); each view states its authority (web.access)."""

from __future__ import annotations

from django.urls import path

from indelible.web.pages import (
    about,
    account,
    copies,
    installation,
    people,
    processes,
    records,
    search,
    sessions,
    trail,
    trail_state,
    work,
)

urlpatterns = [
    path("", work.show),
    path("sign-in", sessions.sign_in),
    path("sign-out", sessions.sign_out),
    path("lock", sessions.lock),
    path("locked", sessions.locked),
    path("attended", sessions.attended),
    path("unlock", sessions.unlock),
    path("account/password", account.password),
    path("records/<str:number>", records.show),
    path("records/<str:number>/edit", records.edit),
    path("records/<str:number>/steps/<str:name>", records.step),
    path("records/<str:number>/links", records.links),
    path("records/<str:number>/owner", records.owner),
    path("records/<str:number>/attachments", records.attachments),
    path("records/<str:number>/attachments/<str:sha256>", records.attachment),
    path("records/<str:number>/audit-trail", trail.of_record),
    path("records/<str:number>/copy", copies.record),
    path("processes/<str:code>", processes.show),
    path("processes/<str:code>/new", records.new),
    path("processes/<str:code>/declaration", processes.declaration),
    path("audit-trail", trail.show),
    path("trail-state", trail_state.show),
    path("search", search.show),
    path("people", people.index),
    path("people/new", people.new),
    path("people/<str:user_id>", people.show),
    path("people/<str:user_id>/grants", people.grants),
    path("people/<str:user_id>/grants/<int:grant>", people.decision),
    path("people/<str:user_id>/account", people.account),
    path("people/<str:user_id>/secret", people.secret),
    path("people/<str:user_id>/identity", people.identity_confirmed),
    path("certifications", installation.certifications),
    path("settings/signing", installation.doors),
    path("about", about.show),
    path("healthz", about.healthz),
    path("readyz", about.readyz),
]
