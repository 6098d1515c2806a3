"""A project with a resource type of its own: devices, which users own."""
