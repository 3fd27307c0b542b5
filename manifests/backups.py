"""Backups of the services' databases on Kubernetes, and recovery from them."""

from linktime_operator.stack.services import SERVICES

COMPONENTS = "deploy/k8s/components"

SCHEDULED = """\
---
apiVersion: postgresql.cnpg.io/v1
kind: ScheduledBackup
metadata:
  name: {service}-database
spec:
  schedule: "0 {minute} 1 * * *" # seconds first: every night, one database after the other
  backupOwnerReference: self
  cluster: {{ name: {service}-database }}
  method: plugin
  pluginConfiguration: {{ name: barman-cloud.cloudnative-pg.io }}
"""
MINUTES = 10

RECOVERED = """\
  - target: {{ kind: Cluster, name: {service}-database }}
    patch: |-
      apiVersion: postgresql.cnpg.io/v1
      kind: Cluster
      metadata: {{ name: any }}
      spec:
        externalClusters:
          - name: before
            plugin:
              name: barman-cloud.cloudnative-pg.io
              parameters: {{ barmanObjectName: backups, serverName: {service}-database }}
        plugins:
          - name: barman-cloud.cloudnative-pg.io
            isWALArchiver: true
            parameters: {{ barmanObjectName: backups, serverName: {service}-database-2 }}
"""


def scheduled() -> str:
    """Return a scheduled backup for each database."""
    return "".join(
        SCHEDULED.format(service=service, minute=place * MINUTES)
        for place, service in enumerate(SERVICES)
    )


def recovered() -> str:
    """Return the patches that let each database begin with the backup of its own."""
    return "".join(RECOVERED.format(service=service) for service in SERVICES)
