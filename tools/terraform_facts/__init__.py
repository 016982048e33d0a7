"""Read what pulumi-aws does with each property from the sources of the Terraform provider that it bridges."""
