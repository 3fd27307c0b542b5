"""Bodies of the calls between services and from the operator's command, on the internal port."""
