/** The form of a start, or the booking that was made of it. */

import { Confirmation } from "./confirmation.tsx";
import { Details, type Props } from "./details.tsx";
import { Reopened } from "./reopened.tsx";

/** The bookings whose confirmation was left for another step of the history: they may be moved or cancelled since. */
const left = new Set<string>();

export function Chosen({ attempt, ...props }: Props) {
  if (!attempt?.reply) return <Details {...props} attempt={attempt} />;
  const { page, view } = props;
  const { reply, request, isOld } = attempt;
  if (isOld || left.has(reply.bookingId)) return <Reopened view={view} booked={reply} />;
  return (
    <Confirmation
      page={page}
      view={view}
      booked={reply}
      email={request.inviteeEmail}
      onLeave={() => left.add(reply.bookingId)}
    />
  );
}
