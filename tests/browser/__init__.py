"""The admin as people use it: in a browser, with the mouse, with the keyboard alone, light and dark."""
