"""The set-up as somebody sees it who has a link and no login."""
