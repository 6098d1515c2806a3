"""A project whose users sign in by email: a UUID key, one full name, and nothing of ``AbstractUser``."""
