"""What a proxy must do, as plain values, and the configuration files that make it do so. Nothing of Pulumi in here."""
