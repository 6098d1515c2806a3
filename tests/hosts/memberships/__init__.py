"""A project whose organisations share accounts: a user is the membership of an account in one of them."""
