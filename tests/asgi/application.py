"""What uvicorn and gunicorn serve."""

from __future__ import annotations

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

asynchronous = get_asgi_application()
synchronous = get_wsgi_application()
