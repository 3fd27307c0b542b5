/** Sends one change of a booking, again with the same key as long as its outcome is unknown. */

import { useRef, useState } from "preact/hooks";

import { announce } from "../shared/announce.ts";
import { call, newKey, Refused, type Schemas } from "../shared/api.ts";
import type { MessageKey } from "../shared/messages.ts";
import type { Booking } from "./main.tsx";

type Changed = Schemas["ChangedByInviteeReply"];

/** Refusals because the booking is not as the page shows it. */
export const OUTDATED: Record<string, MessageKey> = {
  change_too_late: "error.too_late",
  already_cancelled: "error.cancelled",
  booking_ended: "error.ended",
  booking_changed: "error.changed",
};

export interface Change {
  refused: Refused | null;
  /** What can be done: send the change, send the same one again, or see the booking as it is. */
  next: "send" | "repeat" | "see";
  isSending: boolean;
  send: (body: object) => Promise<void>;
  forget: () => void;
}

export function useChange(path: string, before: Booking, onChanged: (booking: Booking) => void): Change {
  const [refused, setRefused] = useState<Refused | null>(null);
  const [isSending, setSending] = useState(false);
  const attempt = useRef<{ body: string; key: string } | null>(null);
  const send = async (body: object) => {
    if (isSending) return;
    const text = JSON.stringify(body);
    if (attempt.current?.body !== text) attempt.current = { body: text, key: newKey() };
    setSending(true);
    setRefused(null);
    try {
      const changed = await call<Changed>(`${path}?expand=booking`, body, attempt.current.key);
      onChanged(changed.booking ?? before);
    } catch (error) {
      announce("error", { code: (error as Refused).code });
      if (!(error as Refused).isUnknown) attempt.current = null;
      setRefused(error as Refused);
    } finally {
      setSending(false);
    }
  };
  return { refused, next: nextAfter(refused), isSending, send, forget: () => setRefused(null) };
}

function nextAfter(refused: Refused | null): Change["next"] {
  if (!refused) return "send";
  if (refused.code in OUTDATED) return "see";
  return refused.isUnknown || refused.retryAfter ? "repeat" : "send";
}
