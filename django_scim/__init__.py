"""A pluggable Django app that makes a project a complete SCIM 2.0 service provider."""

__version__ = "0.1.0"
