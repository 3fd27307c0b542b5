"""Build the services' parts of docker-compose.yml and deploy/k8s, and the dashboard, from the operator's table."""
