"""The OpenAPI description, built once for all modules: a build takes a second of processor time."""

from documents import openapi

DOCUMENT = openapi.build()
