"""The service under ASGI, and with connections that are kept or pooled: many requests at once, by threads."""
