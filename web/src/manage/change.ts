/** Sends one change of a booking, again with the same key as long as its outcome is unknown. */

import { useRef, useState } from "preact/hooks";

import { announce } from "../shared/announce.ts";
import { call, Refused, type Schemas } from "../shared/api.ts";
import { newKey } from "../shared/idempotency-key.ts";
import type { MessageKey } from "../shared/messages.ts";
import type { Booking } from "./main.tsx";
import { isSame, OVERVIEW, shownStep, type Step } from "./step.ts";

type Changed = Pick<Schemas["ChangedByInviteeReply"], "booking">;
type Method = "POST" | "PUT";

/** Refusals because the booking is not as the page shows it. */
export const OUTDATED: Record<string, MessageKey> = {
  change_too_late: "error.too_late",
  already_cancelled: "error.cancelled",
  booking_ended: "error.ended",
  booking_changed: "error.changed",
};

interface Sent {
  body: string;
  key: string;
  from: Step;
}

export interface Change {
  refused: Refused | null;
  /** The step that sent it, which shows its refusal. */
  from: Step;
  /** Whether another step has to show the refusal: the answer was lost, or came when that step was left. */
  isMissed: boolean;
  /** What can be done: send the change, send the same one again, or see the booking as it is. */
  next: "send" | "repeat" | "see";
  isSending: boolean;
  send: (body: object, from: Step) => void;
  repeat: () => void;
  /** Drops a refusal, but not a change that may have happened. */
  forget: () => void;
  /** Drops also that: the booking was read since. */
  settle: () => void;
}

export function useChange(
  path: string,
  before: Booking,
  onChanged: (booking: Booking) => void,
  method: Method = "POST",
): Change {
  const [refused, setRefused] = useState<Refused | null>(null);
  const [isMissed, setMissed] = useState(false);
  const [isSending, setSending] = useState(false);
  const attempt = useRef<Sent | null>(null);
  const from = useRef(OVERVIEW);
  const isAwaited = useRef(false);
  const post = async (sent: Sent) => {
    // Of two clicks at once only the first one sends.
    if (isAwaited.current) return;
    isAwaited.current = true;
    attempt.current = sent;
    from.current = sent.from;
    setSending(true);
    setRefused(null);
    try {
      const changed = await call<Changed>(`${path}?expand=booking`, JSON.parse(sent.body), sent.key, method);
      onChanged(changed.booking ?? before);
    } catch (error) {
      const refusal = error as Refused;
      announce("error", { code: refusal.code });
      attempt.current = nextAfter(refusal) === "repeat" ? sent : null;
      setMissed(refusal.isUnknown || !isSame(sent.from, shownStep()));
      setRefused(refusal);
    } finally {
      isAwaited.current = false;
      setSending(false);
    }
  };
  return {
    refused,
    from: from.current,
    isMissed,
    next: nextAfter(refused),
    isSending,
    send: (body, step) => {
      const text = JSON.stringify(body);
      void post(attempt.current?.body === text ? attempt.current : { body: text, key: newKey(), from: step });
    },
    repeat: () => attempt.current && void post(attempt.current),
    forget: () => setRefused((shown) => (shown?.isUnknown ? shown : null)),
    settle: () => {
      attempt.current = null;
      setRefused(null);
    },
  };
}

/** The change as its step shows it: of another step's it only knows that it is being sent. */
export const changeOf = (change: Change, step: Step): Change =>
  isSame(change.from, step) ? change : { ...change, refused: null, next: "send" };

function nextAfter(refused: Refused | null): Change["next"] {
  if (!refused) return "send";
  if (refused.code in OUTDATED) return "see";
  return refused.isUnknown || refused.retryAfter ? "repeat" : "send";
}
