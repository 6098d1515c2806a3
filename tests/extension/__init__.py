"""What a host adds to the app, written with the public names alone: see ``docs/reference/public.md``."""
