/** A request to book that was sent: its answer may be missing, a refusal or the booking. */

import { announce } from "../shared/announce.ts";
import { call, newKey, Refused, type Schemas } from "../shared/api.ts";
import type { Typed } from "./form.ts";

type BookRequest = Schemas["PublicBookRequest"];

export interface Attempt {
  request: BookRequest;
  key: string;
  typed: Typed;
  /** An answer was lost, so the booking may have been made: only the same request may be sent again. */
  isUnknown: boolean;
  /** Neither while the answer is awaited. */
  refused?: Refused;
  reply?: Schemas["BookedByInviteeReply"];
  /** The refusal arrived when the form was not shown. */
  isMissed?: boolean;
  /** The reply arrived before the page was loaded again. */
  isOld?: boolean;
}

/** Whether the same request may be sent again. */
export const isRepeatable = ({ isUnknown, refused }: Attempt): boolean =>
  !!refused && (isUnknown || refused.retryAfter > 0);

/** A refusal is stored under its key, so what is sent after it needs another one. */
export const newAttempt = (request: BookRequest, typed: Typed): Attempt => ({
  request,
  key: newKey(),
  typed,
  isUnknown: false,
});

/** Sends it, and keeps it before and after. */
export async function send(attempt: Attempt, keep: (attempt: Attempt) => void): Promise<void> {
  const { request, key, typed, isUnknown } = attempt;
  const sent = { request, key, typed, isUnknown };
  keep(sent);
  try {
    const reply = await call<Schemas["BookedByInviteeReply"]>("/api/bookings?expand=booking", request, key);
    announce("booked", { bookingId: reply.bookingId, start: request.startTime });
    keep({ ...sent, isUnknown: false, reply });
  } catch (error) {
    const refused = error as Refused;
    announce("error", { code: refused.code });
    // A limit says nothing about a request that was sent before.
    keep({ ...sent, isUnknown: refused.isUnknown || (isUnknown && refused.retryAfter > 0), refused });
  }
}
