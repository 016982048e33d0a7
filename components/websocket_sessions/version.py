"""The package's version: the distribution, the Pulumi package and its plugin all read it here."""

__version__ = "0.1.0"
