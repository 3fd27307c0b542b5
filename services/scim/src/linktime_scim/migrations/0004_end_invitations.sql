-- An invitation ends when its sender is deactivated, and when the invited person becomes a member or
-- leaves otherwise than by accepting. Those that were left before end here.
DELETE FROM invitations
 USING memberships
 WHERE memberships.organization_id = invitations.organization_id
   AND memberships.user_id = invitations.invited_by
   AND NOT memberships.active;

DELETE FROM invitations
 USING memberships
  JOIN users ON users.id = memberships.user_id
 WHERE memberships.organization_id = invitations.organization_id
   AND users.email_key = invitations.email_key;
