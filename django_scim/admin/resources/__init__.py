"""Resources: what SCIM knows of the rows of the project."""
