"""What container deployments need in addition to the local stack."""
