"""One module per kind of fact; each turns parts of the outline into values of the core."""
