"""The linktime command: runs a local stack and operates a running one."""
