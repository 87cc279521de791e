"""The rules, each a module named after it, with a `rule` in it; `catalogue` lists them."""
