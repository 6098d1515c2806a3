"""A project whose groups are teams, with a membership that has a role, and with teams in teams."""
