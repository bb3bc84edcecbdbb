"""The commands of pulumi-sidecar, one file each."""
