"""The plugin `sidecar` for programs in YAML, TypeScript and other languages. Pulumi's engine starts it."""

import sys

from pulumi_sidecar.plugin.server import serve

if __name__ == "__main__":
    serve(sys.argv[1:])
