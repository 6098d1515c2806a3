"""A project whose user model has no ``is_superuser``: what somebody may do is in a column, the role."""
