"""Preflight: what an identity provider does, tried against the project before anybody connects.

Private: it may change without notice. ``django_scim.testing`` has what projects may use.
"""
