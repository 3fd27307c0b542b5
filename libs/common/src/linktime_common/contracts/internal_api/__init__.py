"""Bodies of calls between services and from the operator's command, on the internal port."""
