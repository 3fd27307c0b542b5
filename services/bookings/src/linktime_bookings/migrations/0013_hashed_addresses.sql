-- The key of an invitee's count has a hash of the address instead of the address.
UPDATE email_counts
   SET key = 'invitee ' || encode(sha256(convert_to(substr(key, 9), 'UTF8')), 'hex')
 WHERE key LIKE 'invitee %@%';
