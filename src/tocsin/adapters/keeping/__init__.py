"""Keeps a process on this machine within bounds: the sandbox for looking, wardens for changing."""
