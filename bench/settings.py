"""Django's settings of one benchmark process: the least each library needs, the same database login for all."""

from __future__ import annotations

import os
from typing import Final

from indelible.home.postgres import django_database

BENCH_VARIANT: Final = os.environ["BENCH_VARIANT"]
_NEEDS: Final = {
    "none": [],
    "indelible": ["indelible.kernel.audit"],
    "simple-history": ["django.contrib.contenttypes", "django.contrib.auth", "simple_history"],
    "auditlog": ["django.contrib.contenttypes", "django.contrib.auth", "auditlog"],
    "pghistory": ["pgtrigger", "pghistory"],
}

INSTALLED_APPS = [*_NEEDS[BENCH_VARIANT], "bench.toy"]
DATABASES = {"default": {**django_database(os.environ["BENCH_DATABASE_URL"]), "CONN_MAX_AGE": None}}
SECRET_KEY = "no page is served"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
