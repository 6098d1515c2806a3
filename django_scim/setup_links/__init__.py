"""The set-up of a connection as a page for whoever has the link: a customer who cannot sign in here.

Private: it may change without notice. Include :mod:`django_scim.setup_urls`.
"""
