"""SCIM's own side: attribute paths, the schemas that are served, and the extensions of a project."""
