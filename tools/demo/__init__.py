"""The demo: the root project's objects, and its HTTPS on this machine. Runs from a checkout: `make demo`."""
