"""Where checkpoints go: out of reach of whoever can write the database."""
