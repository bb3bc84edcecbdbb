"""What engine and plugins do for a program, done here: for `offline`, and for the mocks of `testing`."""
