/** A request to book that was sent: its answer may be missing, a refusal or the booking. */

import { announce } from "../shared/announce.ts";
import { call, Refused, type Schemas } from "../shared/api.ts";
import { newKey } from "../shared/idempotency-key.ts";
import type { Typed } from "./form.ts";

type BookRequest = Schemas["PublicBookRequest"];

/** The request asks for the booking too: the event type may have changed since the page was opened. */
export type Booked = Required<Schemas["BookedByInviteeReply"]>;

export interface Attempt {
  request: BookRequest;
  key: string;
  typed: Typed;
  /** An answer was lost, so the booking may have been made: only the same request may be sent again. */
  isUnknown: boolean;
  /** Neither while the answer is awaited. */
  refused?: Refused;
  reply?: Booked;
  /** The refusal arrived when the form was not shown. */
  isMissed?: boolean;
  /** The reply arrived before the page was loaded again. */
  isOld?: boolean;
}

/** Whether the same request may be sent again. */
export const isRepeatable = ({ isUnknown, refused }: Attempt): boolean =>
  !!refused && (isUnknown || refused.retryAfter > 0);

/** It did not reach what decides about a write, so it says nothing about the same request sent before. */
const isUndecided = ({ code, retryAfter }: Refused): boolean =>
  code === "refused" || code === "rate_limited" || retryAfter > 0;

/** A refusal is stored under its key, so what is sent after it needs another one. */
export const newAttempt = (request: BookRequest, typed: Typed): Attempt => ({
  request,
  key: newKey(),
  typed,
  isUnknown: false,
});

/** The starts that are asked for at the moment. */
const awaited = new Set<string>();

/** Sends it, and keeps it before and after. Of two clicks at once only the first one sends. */
export async function send(attempt: Attempt, keep: (attempt: Attempt) => void): Promise<void> {
  const { request, key, typed, isUnknown } = attempt;
  if (awaited.has(request.startTime)) return;
  awaited.add(request.startTime);
  const sent = { request, key, typed, isUnknown };
  keep(sent);
  try {
    const reply = await call<Booked>("/api/bookings?expand=booking", request, key);
    announce("booked", { bookingId: reply.bookingId, start: reply.booking.startTime });
    keep({ ...sent, isUnknown: false, reply });
  } catch (error) {
    const refused = error as Refused;
    announce("error", { code: refused.code });
    keep({ ...sent, isUnknown: refused.isUnknown || (isUnknown && isUndecided(refused)), refused });
  } finally {
    awaited.delete(request.startTime);
  }
}
