/**
 * The requests to book that were sent since the page was opened. Those without an answer, and those that booked, are in
 * the history too: after a reload the first can be sent again as they are, and the second are not offered again.
 */

import { useEffect, useLayoutEffect, useState } from "preact/hooks";

import { Refused } from "../shared/api.ts";
import type { Slots } from "../shared/slots.ts";
import type { Attempt } from "./attempt.ts";
import { shownStart, useStart } from "./start.ts";

/** By the start that they ask for. */
export type Attempts = Record<number, Attempt | undefined>;

/** Whether the booking may still be made: an answer is awaited or was lost. */
const isOpen = (attempt: Attempt | undefined): boolean =>
  !!attempt && !attempt.reply && (!attempt.refused || attempt.isUnknown);

/** `isKept`: the page is loaded in another language, and shows what it showed before. */
export function useAttempts(slots: Slots, isKept: boolean) {
  // Above the form, as an answer may arrive when the form is no longer shown.
  const [attempts, setAttempts] = useState(() => readAttempts(!isKept));
  const { start, goTo, back } = useStart((one) => isKept || !!attempts[one]);
  useEffect(() => {
    const onPopState = () => setAttempts((before) => ({ ...readAttempts(true), ...before }));
    addEventListener("popstate", onPopState);
    return () => removeEventListener("popstate", onPopState);
  }, []);
  // At once, as the page may be left before it is painted.
  useLayoutEffect(() => writeAttempts(attempts), [attempts, start]);
  return {
    attempts,
    start,
    goTo,
    back,
    isOpen: (start: number) => isOpen(attempts[start]),
    keep: (start: number, attempt: Attempt) => {
      const isMissed = shownStart() !== start;
      setAttempts((before) => ({ ...before, [start]: { ...attempt, isMissed } }));
      if (attempt.reply || (attempt.refused && isMissed)) slots.forget();
      if (attempt.reply) goTo(start);
    },
    /** Only a request without an answer has to be sent again as it is. */
    dropAnswered: () =>
      setAttempts((before) => Object.fromEntries(Object.entries(before).filter(([, attempt]) => isOpen(attempt)))),
  };
}

/** Those that failed, but not in the form that is shown: the answer was lost, or came after the way back. */
export function missedOf(attempts: Attempts, shown: number | null): [number, Attempt][] {
  return Object.entries(attempts)
    .map(([start, attempt]) => [Number(start), attempt] as [number, Attempt])
    .filter(([start, { refused, isUnknown, isMissed }]) => start !== shown && refused && (isUnknown || isMissed));
}

type Sent = Pick<Attempt, "request" | "key" | "typed" | "reply">;

/** `isOld`: what was booked was confirmed before. */
function readAttempts(isOld: boolean): Attempts {
  const sent = (history.state as { sent?: Record<number, Sent> } | null)?.sent ?? {};
  return Object.fromEntries(
    Object.entries(sent).map(([start, one]) => [
      start,
      one.reply ? { ...one, isUnknown: false, isOld } : { ...one, isUnknown: true, refused: new Refused("away") },
    ]),
  );
}

function writeAttempts(attempts: Attempts): void {
  const sent: Record<string, Sent> = {};
  for (const [start, attempt] of Object.entries(attempts)) {
    if (!attempt || !(attempt.reply || isOpen(attempt))) continue;
    const { request, key, typed, reply } = attempt;
    sent[start] = { request, key, typed, ...(reply ? { reply } : {}) };
  }
  const state = history.state as object | null;
  if (state || Object.keys(sent).length) history.replaceState({ ...state, sent }, "");
}
