"""HTTP: Django REST framework's authentication, throttles, parsers, viewsets and renderers.

Public are the modules that ``docs/reference/public.md`` lists; the rest is private.
"""
