"""Makes the parts of the reference that are no docstrings: settings, commands, checks, errors, fields."""
