-- The scope of an invitee's Idempotency-Key has a hash of the address instead of the address.
UPDATE idempotency_records
   SET scope = left(scope, 48) || encode(sha256(convert_to(substr(scope, 12), 'UTF8')), 'hex')
 WHERE scope LIKE 'event type %@%';
