"""What a load balancer before a cluster does, as a backend of Django's."""
