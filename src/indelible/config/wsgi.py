"""The door for the web server (gunicorn): the WSGI application."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "indelible.config.settings")

application = get_wsgi_application()
