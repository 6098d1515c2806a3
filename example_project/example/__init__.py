"""A stock Django project that an identity provider can provision into."""
