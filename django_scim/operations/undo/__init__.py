"""What gives back what a connection has changed by mistake: one event of the history, or a window of them."""
