"""What an account can still do once its identity provider has deactivated it."""
