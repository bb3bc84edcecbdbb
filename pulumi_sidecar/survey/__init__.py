"""What a program makes, as a whole: pods and what is around them, for `pulumi-sidecar graph` and `explain`."""
