/** Free starts by month, as milliseconds. A month's list also has the starts of the dates around it. */

import { call, type Schemas } from "./api.ts";
import { addDays, lastDay } from "./month.ts";

const MINUTE = 60_000;
const MOST_DATES = 60;
const MOST_SEARCHES = 13; // two years, the furthest that a host can offer

/** The starts of a list of minutes, each as the distance to the one before it. */
export function lengthened(distances: readonly number[]): number[] {
  let minute = 0;
  return distances.map((distance) => (minute += distance) * MINUTE);
}

export class Slots {
  private months = new Map<string, number[]>();

  /** `path` is the API's list of slots. */
  constructor(
    private path: string,
    inlined: Record<string, number[]> = {},
  ) {
    for (const [month, distances] of Object.entries(inlined)) this.months.set(month, lengthened(distances));
  }

  known(month: string): number[] | undefined {
    return this.months.get(month);
  }

  /** The first start of the months known, or undefined. */
  first(after: number): number | undefined {
    return [...this.months.values()].flat().find((start) => start > after);
  }

  forget(): void {
    this.months.clear();
  }

  /** Raises Refused. */
  async load(month: string): Promise<number[]> {
    // Dates of some zones begin or end a day before or after those of UTC.
    const starts = await this.read(addDays(`${month}-01`, -1), addDays(lastDay(month), 1));
    this.months.set(month, starts);
    return starts;
  }

  /** The first start on or after a date, or null; raises Refused. */
  async next(date: string): Promise<number | null> {
    let first = date;
    for (let search = 0; search < MOST_SEARCHES; search++) {
      const last = addDays(first, MOST_DATES);
      const [start] = await this.read(first, last);
      if (start !== undefined) return start;
      first = last;
    }
    return null;
  }

  private async read(first: string, last: string): Promise<number[]> {
    const query = new URLSearchParams({ timezone: "UTC", startDate: first, endDate: last });
    const found = await call<Schemas["Slots"]>(`${this.path}?${query}`);
    return found.data.map((slot) => Date.parse(slot.startTime));
  }
}
