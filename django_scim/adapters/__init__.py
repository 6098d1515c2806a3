"""Adapters: SCIM attributes on one side, Django models on the other."""
