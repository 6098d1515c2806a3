"""A project with schema extensions of its own, one a class and one a JSON schema in the settings."""
