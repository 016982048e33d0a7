"""An `aws` provider for the Pulumi engine that works on an emulator: strict, and by tables."""
