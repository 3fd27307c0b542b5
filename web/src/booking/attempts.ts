/** The requests to book that were sent since the page was opened. */

import { useState } from "preact/hooks";

import type { Slots } from "../shared/slots.ts";
import type { Attempt } from "./attempt.ts";
import { shownStart } from "./start.ts";

/** By the start that they ask for. */
export type Attempts = Record<number, Attempt | undefined>;

/** Whether the booking may still be made: an answer is awaited or was lost. */
const isOpen = (attempt: Attempt | undefined): boolean =>
  !!attempt && !attempt.reply && (!attempt.refused || attempt.isUnknown);

export function useAttempts(slots: Slots, goTo: (start: number) => void) {
  // Above the form, as an answer may arrive when the form is no longer shown.
  const [attempts, setAttempts] = useState<Attempts>({});
  return {
    attempts,
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
