"""Claims due deliveries, sends them, and records their outcomes."""
