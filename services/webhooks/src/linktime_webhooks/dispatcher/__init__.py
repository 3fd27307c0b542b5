"""Claims due deliveries, sends them, and records what came of them."""
