-- Accounts that the operator deactivated before `closed` existed. `active` stays false: processes of the
-- version before read nothing else.
UPDATE users SET closed = true WHERE NOT active AND managed_by IS NULL;

-- The deactivation of an account did not end the invitations that it had sent.
DELETE FROM invitations
 USING users
 WHERE users.id = invitations.invited_by
   AND NOT users.active;
