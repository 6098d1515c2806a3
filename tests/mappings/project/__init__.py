"""A project that needs no adapter: each mapping that ships stands in its settings."""
