"""A project with django-allauth, which has a row for each address, and with a row for each phone number."""
