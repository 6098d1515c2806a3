"""A project with organisations: each has accounts and teams of its own, and perhaps the same names."""
