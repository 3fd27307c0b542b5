-- An endpoint's deliveries, newest first, read by its owner page by page. `id` makes the order total.
CREATE INDEX live_deliveries_newest ON deliveries (endpoint_id, created_at DESC, id DESC);
CREATE INDEX delivery_history_newest
    ON delivery_history (endpoint_id, created_at DESC, id DESC);
