"""How the child ends, beside 0."""

EXIT_REFUSED = 3
"""The image is refused; the output is the name of the ImageProblem."""
