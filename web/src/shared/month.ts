/** Dates of the proleptic Gregorian calendar as texts: 2026-11-28, and months as 2026-11. */

const DAY = 86_400_000;

export function monthOf(date: string): string {
  return date.slice(0, 7);
}

export function addDays(date: string, days: number): string {
  return iso(Date.parse(date) + days * DAY);
}

export function addMonths(month: string, months: number): string {
  const [year, number] = month.split("-").map(Number) as [number, number];
  return iso(Date.UTC(year, number - 1 + months, 1)).slice(0, 7);
}

/** The same day of another month, or that month's last day. */
export function sameDay(date: string, months: number): string {
  const month = addMonths(monthOf(date), months);
  const last = Number(lastDay(month).slice(8));
  return `${month}-${String(Math.min(Number(date.slice(8)), last)).padStart(2, "0")}`;
}

export function lastDay(month: string): string {
  return addDays(`${addMonths(month, 1)}-01`, -1);
}

/** The weekday, 1 for Monday to 7 for Sunday. */
export function weekday(date: string): number {
  return new Date(date).getUTCDay() || 7;
}

/** The weeks of a month, with null for dates of other months. */
export function weeksOf(month: string, firstWeekday: number): (string | null)[][] {
  const first = `${month}-01`;
  const blank = (weekday(first) - firstWeekday + 7) % 7;
  const length = Number(lastDay(month).slice(8));
  const weeks: (string | null)[][] = [];
  for (let cell = -blank; cell < length; cell += 7) {
    weeks.push(
      Array.from({ length: 7 }, (_none, day) => {
        const number = cell + day;
        return number < 0 || number >= length ? null : addDays(first, number);
      }),
    );
  }
  return weeks;
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}
