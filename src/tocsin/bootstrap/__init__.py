"""Where the parts are put together: the only place that knows which adapters exist."""
