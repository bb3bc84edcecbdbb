"""The arguments and outputs for other languages. Written by `make generate`."""
