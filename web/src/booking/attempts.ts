/** The requests to book that were sent since the page was opened. */

import { useState } from "preact/hooks";

import { Refused } from "../shared/api.ts";
import type { Slots } from "../shared/slots.ts";
import type { Attempt } from "./attempt.ts";
import { shownStart } from "./start.ts";

/** By the start that they ask for. */
export type Attempts = Record<number, Attempt | undefined>;

/** Whether the booking may still be made: an answer is awaited or was lost. */
const isOpen = (attempt: Attempt | undefined): boolean =>
  !!attempt && !attempt.reply && (!attempt.refused || attempt.isUnknown);

/** Those of the page in another language. Its answers no longer arrive, so what was open may be sent again. */
function resumed(kept: Attempts): Attempts {
  const lost = { isUnknown: true, refused: new Refused("away") };
  const found: Attempts = {};
  for (const [start, attempt] of Object.entries(kept)) {
    if (attempt?.reply) found[Number(start)] = attempt;
    else if (attempt && isOpen(attempt)) found[Number(start)] = { ...attempt, ...lost };
  }
  return found;
}

export function useAttempts(slots: Slots, goTo: (start: number) => void, kept: Attempts = {}) {
  // Above the form, as an answer may arrive when the form is no longer shown.
  const [attempts, setAttempts] = useState<Attempts>(() => resumed(kept));
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
