"""Write a deployed stack as Terraform JSON, and compare the real AWS provider with this project's own."""
