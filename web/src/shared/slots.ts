/** Free starts by month, as milliseconds. A month's list also has the starts of the dates around it. */

import { call, type Schemas } from "./api.ts";
import { addDays, lastDay } from "./month.ts";
import { whenSeen } from "./seen.ts";

const MINUTE = 60_000;
const FRESH = 3 * MINUTE;
/** Of a month when the page is shown again: time has passed elsewhere. */
const FRESH_WHEN_SEEN = MINUTE;

/** The starts of a list of minutes, each as the distance to the one before it. */
export function lengthened(distances: readonly number[]): number[] {
  let minute = 0;
  return distances.map((distance) => (minute += distance) * MINUTE);
}

interface Month {
  starts: number[];
  readAt: number;
}

export class Slots {
  private months = new Map<string, Month>();
  private running = new Map<string, Promise<number[]>>();

  /** `path` is the API's list of slots. */
  constructor(
    private path: string,
    inlined: Record<string, number[]> = {},
  ) {
    for (const [month, distances] of Object.entries(inlined)) {
      this.months.set(month, { starts: lengthened(distances), readAt: Date.now() });
    }
    // Before any list of times looks whether its month is old, and also while none is shown.
    whenSeen(() => this.age(Date.now() - FRESH_WHEN_SEEN));
  }

  known(month: string): number[] | undefined {
    return this.months.get(month)?.starts;
  }

  /** Whether the month is not known, or was read so long ago that its times may be taken. */
  isOld(month: string): boolean {
    const readAt = this.months.get(month)?.readAt ?? 0;
    return Date.now() - readAt > FRESH;
  }

  /** The first start of the months known, or undefined. */
  first(after: number): number | undefined {
    return [...this.months.values()].flatMap(({ starts }) => starts).find((start) => start > after);
  }

  /** Has every month read again; until then its list stays. */
  forget(): void {
    this.age(Infinity);
    this.running.clear();
  }

  /** Reads the month, once for all who ask meanwhile. Raises Refused. */
  load(month: string): Promise<number[]> {
    let reading = this.running.get(month);
    if (!reading) {
      reading = this.readMonth(month).finally(() => this.running.delete(month));
      this.running.set(month, reading);
    }
    return reading;
  }

  private age(readBefore: number): void {
    for (const month of this.months.values()) if (month.readAt < readBefore) month.readAt = 0;
  }

  private async readMonth(month: string): Promise<number[]> {
    const readAt = Date.now();
    // Dates of some zones begin or end a day before or after those of UTC.
    const starts = await this.read(addDays(`${month}-01`, -1), addDays(lastDay(month), 1));
    this.months.set(month, { starts, readAt });
    return starts;
  }

  /** The starts from one date to another; raises Refused. */
  async read(first: string, last: string): Promise<number[]> {
    const query = new URLSearchParams({ timezone: "UTC", startDate: first, endDate: last });
    const found = await call<Schemas["Slots"]>(`${this.path}?${query}`);
    return found.data.map((slot) => Date.parse(slot.startTime));
  }
}
