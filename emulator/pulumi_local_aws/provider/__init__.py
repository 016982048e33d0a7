"""Provide the Pulumi engine's `aws` plugin for an emulator: strict, and driven by tables."""
