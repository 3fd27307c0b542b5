/** The search for the next free start, beyond the months that are known. */

import { addDays } from "./month.ts";
import type { Slots } from "./slots.ts";
import { localDate } from "./zones.ts";

const MOST_DATES = 60; // of one request
const FURTHEST_DAYS = 731; // two years, the furthest that a host can offer

interface Wanted {
  zone: string;
  /** Dates of the zone. */
  today: string;
  from: string;
  isFree: (start: number) => boolean;
}

/** The first free start on or after `from`, or else on or after `today`; raises Refused. */
export async function nextStart(slots: Pick<Slots, "read">, wanted: Wanted): Promise<number | undefined> {
  const { today, from } = wanted;
  const end = addDays(today, FURTHEST_DAYS);
  const first = from > today ? from : today;
  return (await firstBetween(slots, wanted, first, end)) ?? firstBetween(slots, wanted, today, first < end ? first : end);
}

async function firstBetween(slots: Pick<Slots, "read">, wanted: Wanted, first: string, end: string) {
  const { zone, isFree } = wanted;
  // Requests have dates of UTC: east of it, the first date begins on the day before.
  for (let date = addDays(first, -1); first < end && date < end; date = addDays(date, MOST_DATES)) {
    const starts = await slots.read(date, addDays(date, MOST_DATES));
    const found = starts.find((start) => isFree(start) && localDate(start, zone) >= first);
    if (found !== undefined) return found;
  }
  return undefined;
}
