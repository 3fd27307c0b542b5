/** The form of a start, or the booking that was made of it. */

import { Confirmation } from "./confirmation.tsx";
import { Details, type Props } from "./details.tsx";
import { Reopened } from "./reopened.tsx";

export function Chosen({ attempt, ...props }: Props) {
  if (!attempt?.reply) return <Details {...props} attempt={attempt} />;
  const { page, view } = props;
  const { reply, request, isOld } = attempt;
  if (isOld) return <Reopened view={view} booked={reply} />;
  return <Confirmation page={page} view={view} booked={reply} email={request.inviteeEmail} />;
}
