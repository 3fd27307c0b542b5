/** Sends one change of a booking, again with the same key as long as its outcome is unknown. */

import { useRef, useState } from "preact/hooks";

import { announce } from "../shared/announce.ts";
import { call, newKey, Refused, type Schemas } from "../shared/api.ts";
import type { Booking } from "./main.tsx";

type Changed = Schemas["ChangedByInviteeReply"];

export interface Change {
  refused: Refused | null;
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
  return { refused, isSending, send, forget: () => setRefused(null) };
}
