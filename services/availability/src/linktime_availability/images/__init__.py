"""Reading of uploaded images, in a limited child process.

Decoders are written in C and read what users send: the child has no settings, no secrets, no
connections, and little memory and time.
"""
