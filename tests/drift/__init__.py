"""Where accounts and an identity provider have come apart."""
