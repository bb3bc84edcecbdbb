"""The components for programs in YAML, TypeScript and Pulumi's other languages, as a source-based plugin."""
