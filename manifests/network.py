"""Network policies of each service and its database."""

from collections.abc import Iterable

from linktime_operator.stack.services import INTERNAL_CALLS, PUBLIC_CALLS

# Called by users, so every source is allowed.
OPEN_TO_ALL = "gateway"
PUBLIC_INTERNET = """\
    - to:
        - ipBlock:
            cidr: 0.0.0.0/0
            except: [10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16]
        - ipBlock:
            cidr: ::/0
            except: ["::1/128", "fc00::/7", "fe80::/10"]
"""
MORE_EGRESS = {
    "gateway": """\
    # Counts requests for the limits.
    - to:
        - { podSelector: { matchLabels: { app.kubernetes.io/name: valkey, app.kubernetes.io/part-of: linktime } } }
      ports: [{ port: 6379 }]
""",
    "bookings": """\
    # The operator's mail server, which may be in a private network.
    - ports: [{ port: 25 }, { port: 465 }, { port: 587 }]
""",
    "webhooks": f"""\
    # Subscribers' endpoints, on any port of the public internet and nothing nearer.
{PUBLIC_INTERNET}""",
}
# Policies besides the two of every service.
MORE_POLICIES = {
    "availability": f"""\
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: availability-calendars
spec:
  podSelector:
    matchLabels: {{ app.kubernetes.io/name: availability, app.kubernetes.io/part-of: linktime }}
    # `sync` reads calendars, `serve` tests an account and asks before a booking.
    matchExpressions:
      - {{ key: app.kubernetes.io/component, operator: In, values: [serve, sync] }}
  policyTypes: [Egress]
  egress:
    # Hosts' calendar servers, on any port of the public internet and nothing nearer.
{PUBLIC_INTERNET}"""
}

POLICIES = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {service}
spec:
  podSelector:
    matchLabels: {{ app.kubernetes.io/name: {service}, app.kubernetes.io/part-of: linktime }}
  policyTypes: [Ingress, Egress]
  ingress:
{ingress}  egress:
    - to:
        - {{ podSelector: {{ matchLabels: {{ cnpg.io/cluster: {service}-database }} }} }}
      ports: [{{ port: 5432 }}]
    - to:
        - {{ podSelector: {{ matchLabels: {{ app.kubernetes.io/name: rabbitmq }} }} }}
      ports: [{{ port: 5672 }}]
{egress}---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {service}-database
spec:
  podSelector:
    matchLabels: {{ cnpg.io/cluster: {service}-database }}
  policyTypes: [Ingress]
  ingress:
    - from:
        - {{ podSelector: {{ matchLabels: {{ app.kubernetes.io/name: {service}, app.kubernetes.io/part-of: linktime }} }} }}
        - {{ podSelector: {{ matchLabels: {{ cnpg.io/cluster: {service}-database }} }} }}
      ports: [{{ port: 5432 }}]
    - from: # the PostgreSQL operator asks each instance for its state
        - namespaceSelector: {{ matchLabels: {{ kubernetes.io/metadata.name: cnpg-system }} }}
        - {{ podSelector: {{ matchLabels: {{ cnpg.io/cluster: {service}-database }} }} }}
      ports: [{{ port: 8000 }}]
"""
PODS = (
    "        - {{ podSelector: {{ matchLabels: "
    "{{ app.kubernetes.io/name: {name}, app.kubernetes.io/part-of: linktime }} }} }}\n"
)


def policies(service: str) -> str:
    """Return the policies of a service and its database."""
    public = sorted(name for name, called in PUBLIC_CALLS.items() if service in called)
    internal = sorted(name for name, called in INTERNAL_CALLS.items() if service in called)
    ingress = _rule("from", public, 8000) + _rule("from", internal, 8001)
    if service == OPEN_TO_ALL:
        ingress = "    - ports: [{ port: 8000 }]\n" + ingress
    egress = (
        _rule("to", PUBLIC_CALLS.get(service, ()), 8000)
        + _rule("to", INTERNAL_CALLS.get(service, ()), 8001)
        + MORE_EGRESS.get(service, "")
    )
    common = POLICIES.format(service=service, ingress=ingress, egress=egress)
    return common + MORE_POLICIES.get(service, "")


def _rule(direction: str, names: Iterable[str], port: int) -> str:
    pods = "".join(PODS.format(name=name) for name in names)
    return f"    - {direction}:\n{pods}      ports: [{{ port: {port} }}]\n" if pods else ""
