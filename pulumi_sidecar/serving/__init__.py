"""The proxy of a program on this machine, for as long as somebody looks at it: `pulumi-sidecar serve`."""
