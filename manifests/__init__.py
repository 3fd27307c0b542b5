"""Build the services' parts of docker-compose.yml and deploy/k8s from the operator's table."""
