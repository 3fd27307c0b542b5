-- What the operator decides has a column of its own; `active` is the managing organization's.
ALTER TABLE users ADD COLUMN closed boolean NOT NULL DEFAULT false;
