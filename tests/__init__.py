"""The specification of django_scim, as tests."""
