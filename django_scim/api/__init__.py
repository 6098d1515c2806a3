"""HTTP: Django REST framework's authentication, throttles, parsers, viewsets and renderers."""
