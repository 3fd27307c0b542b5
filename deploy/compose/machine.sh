# shellcheck shell=bash
# What the scripts for Docker Compose need of the machine. The scripts have the function `fail`.

OLDEST_ENGINE=25.0
OLDEST_COMPOSE=2.24

# is_older A B: whether version A is below B.
is_older() { [ "$1" != "$2" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

check_docker() {
    local engine compose
    engine=$(docker version --format '{{.Server.Version}}' 2>/dev/null) ||
        fail "The Docker engine does not answer. Start it, or set DOCKER_HOST."
    compose=$(docker compose version --short 2>/dev/null) ||
        fail "Docker Compose is missing: install the package docker-compose-plugin."
    ! is_older "$engine" $OLDEST_ENGINE || fail "Docker Engine $engine is too old: $OLDEST_ENGINE is needed."
    ! is_older "${compose#v}" $OLDEST_COMPOSE || fail "Docker Compose $compose is too old: $OLDEST_COMPOSE is needed."
}
