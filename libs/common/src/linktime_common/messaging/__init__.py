"""Events over RabbitMQ: the outbox and its relay, the consumers and their inbox, the topology."""
