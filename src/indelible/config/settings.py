"""Django's settings, all from the home and its configuration; importable before a home or a server exists.

Nothing here switches a rule of the kernel on or off (decision D8). The service logs in as `indelible_app`.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import Any, Final

from indelible import __version__
from indelible.config.static_release import static_release
from indelible.home import configuration, keys
from indelible.home.addresses import database_address
from indelible.home.layout import find_home
from indelible.home.postgres import django_database

HOME: Final = find_home()
CONFIGURATION: Final = configuration.load(HOME)

# ----------------------------------------------------------------- rooms

INSTALLED_APPS = [
    "indelible.kernel.audit",
    "indelible.kernel.identity",
    "indelible.kernel.access",
    "indelible.kernel.files",
    "indelible.kernel.records",
    "indelible.kernel.signatures",
    "indelible.kernel.notices",
    "indelible.kernel.workflow",
    "indelible.exports",
    "indelible.web",
    "procrastinate.contrib.django",
    "django_htmx",
    "django.contrib.staticfiles",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "indelible.config.urls"
WSGI_APPLICATION = "indelible.config.wsgi.application"

# ----------------------------------------------------------------- database


def _database() -> dict[str, Any]:
    """The service's own login; before `init` an address that answers nothing."""
    if CONFIGURATION.embedded and not HOME.exists():
        return django_database("postgresql://indelible_app@/indelible")
    return django_database(database_address(HOME, "app"))


DATABASES = {
    "default": {**_database(), "CONN_MAX_AGE": 300, "CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": False}
}

# ----------------------------------------------------------------- secrets, addresses, transport

# before `init` there is no installation to protect, and a key of this process alone protects nothing else
SECRET_KEY = keys.django_secret(HOME) if HOME.exists() else secrets.token_hex(32)
DEBUG = False
ALLOWED_HOSTS = CONFIGURATION.allowed_hosts
CSRF_TRUSTED_ORIGINS = [CONFIGURATION.address]
CSRF_COOKIE_SECURE = CONFIGURATION.encrypted
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_NAME = "__Host-csrf" if CONFIGURATION.encrypted else "csrf"
SESSION_COOKIE_SECURE = CONFIGURATION.encrypted
SECURE_HSTS_SECONDS = 31_536_000 if CONFIGURATION.encrypted else 0
SECURE_SSL_REDIRECT = CONFIGURATION.encrypted
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if CONFIGURATION.trusted_proxies else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        # a form that signs may lead on to the company's identity provider
        "form-action": ["'self'", *([CONFIGURATION.sso_origin] if CONFIGURATION.sso_issuer else [])],
        "frame-ancestors": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
# a form of the longest table a declaration may have: 500 rows of 40 columns, and what stands around it
DATA_UPLOAD_MAX_NUMBER_FIELDS = 25_000
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "indelible.web.middleware.Door",
]
APPEND_SLASH = False

# ----------------------------------------------------------------- mail: urgent notices only

EMAIL_HOST = CONFIGURATION.smtp_host
EMAIL_PORT = CONFIGURATION.smtp_port
EMAIL_HOST_USER = CONFIGURATION.smtp_user
EMAIL_HOST_PASSWORD = CONFIGURATION.smtp_password
EMAIL_USE_TLS = CONFIGURATION.smtp_security == "starttls"
EMAIL_USE_SSL = CONFIGURATION.smtp_security == "tls"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = CONFIGURATION.mail_from

# ----------------------------------------------------------------- language and time

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# ----------------------------------------------------------------- pages and static files

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
_STATIC: Final = Path(__file__).resolve().parent.parent / "web" / "static"
STATIC_URL = f"/static/{static_release(_STATIC, __version__)}/"
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False
# the address carries the digest of all files, so each answer under it is the same for ever
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/"

# ----------------------------------------------------------------- logs


def _handlers() -> dict[str, Any]:
    """The home's log always; stderr for the service, where a person at a terminal sees warnings only."""
    handlers: dict[str, Any] = {}
    if HOME.logs.is_dir():
        handlers["file"] = {
            "class": "logging.handlers.WatchedFileHandler",
            "filename": str(HOME.logs / "service.log"),
            "formatter": "json",
            "encoding": "utf-8",
        }
    if os.environ.get("INDELIBLE_LOG_TO") != "file":
        level = "WARNING" if sys.stderr.isatty() else "DEBUG"
        handlers["stderr"] = {"class": "logging.StreamHandler", "formatter": "json", "level": level}
    return handlers


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "indelible.config.logs.JsonFormatter"}},
    "handlers": _handlers(),
    "loggers": {
        "procrastinate": {"level": "WARNING"},
        "fido2": {"level": "WARNING"},
    },  # what a job or a key did stands in its act; a line a minute hides the rest
    "root": {"handlers": list(_handlers()), "level": CONFIGURATION.log_level.upper()},
}
# Django's own set-up would add a second, unstructured handler for its logger
LOGGING_CONFIG = "logging.config.dictConfig"
