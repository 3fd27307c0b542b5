# Runs the service that the image was built for. It listens where the image says, unless its own
# settings (BOOKINGS_PORT, …) say otherwise.
set -eu
prefix=$(printf %s "$LINKTIME_SERVICE" | tr '[:lower:]' '[:upper:]')
for setting in HOST=0.0.0.0 PORT=8000 INTERNAL_PORT=8001; do
    name=${prefix}_${setting%%=*}
    printenv "$name" >/dev/null || export "$name=${setting#*=}"
done
exec python -m "linktime_$LINKTIME_SERVICE" "$@"
