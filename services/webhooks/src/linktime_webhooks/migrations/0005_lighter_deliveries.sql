-- What a delivery costs the database is mostly indexes and checks; these it can do without.

-- Rows of endpoints are never deleted, and what adds a delivery has its endpoint locked.
ALTER TABLE deliveries DROP CONSTRAINT deliveries_endpoint_id_fkey1;

-- One index finds a delivery by its id and keeps it once in its partition.
ALTER TABLE delivery_history DROP CONSTRAINT delivery_history_pkey;
ALTER TABLE delivery_history ADD PRIMARY KEY (id, finished_at);
DROP INDEX delivery_history_by_id;

-- The same for the attempts of a delivery, in their order.
ALTER TABLE attempts DROP CONSTRAINT attempts_pkey1;
ALTER TABLE attempts ADD PRIMARY KEY (delivery_id, at, id);
DROP INDEX attempts_of_delivery;
