"""System checks: what is wrong with the settings, and what matters once the project can be reached."""
