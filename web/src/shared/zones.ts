/** Local dates, times and offsets of instants in a time zone; instants are milliseconds. */

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const PLAIN_NAME = /^[A-Z][a-z]{3,}(\/([A-Z][a-z]+_)*[A-Z][a-z]{3,})+$/;
// These have one offset all year, or are an offset: a city would say something else.
const ABBREVIATION = /^([EHM]ST|[CEMW]ET)$/i;
/** Cities by the former names of their zones, by which browsers know them. */
const RENAMED: Record<string, string> = {
  Asmera: "Asmara",
  Calcutta: "Kolkata",
  Coral_Harbour: "Atikokan",
  Enderbury: "Kanton",
  Faeroe: "Faroe",
  Godthab: "Nuuk",
  Katmandu: "Kathmandu",
  Kiev: "Kyiv",
  Ponape: "Pohnpei",
  Rangoon: "Yangon",
  Saigon: "Ho_Chi_Minh",
  Truk: "Chuuk",
};
const dates = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, Intl.DateTimeFormat>();

/** The zone of that name as the API writes it, or undefined: browsers also take other letter case, and offsets. */
export function zoneNamed(name: string): string | undefined {
  try {
    const zone = new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
    if (/^[+-]/.test(zone)) return undefined;
    if (ABBREVIATION.test(name)) return name.toUpperCase();
    // Browsers take some names as another one: America/Montreal as America/Toronto.
    return presentName(PLAIN_NAME.test(name) && zone.toLowerCase() !== name.toLowerCase() ? name : zone);
  } catch {
    return undefined;
  }
}

/** The zone by the present name of its city: Asia/Kolkata for Asia/Calcutta. */
export function presentName(zone: string): string {
  return zone.replace(/[^/]+$/, (city) => RENAMED[city] ?? city);
}

/** The date as 2026-11-28. */
export function localDate(instant: number, zone: string): string {
  const formatter = kept(dates, zone, () =>
    new Intl.DateTimeFormat("en-US", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }),
  );
  const [month, day, year] = formatter.format(instant).split("/");
  return `${year}-${month}-${day}`;
}

/** The offset from UTC in minutes. */
export function offsetMinutes(instant: number, zone: string): number {
  const found = /GMT(?:([+-])(\d+):(\d+))?/.exec(offsetText(instant, zone));
  if (!found?.[1]) return 0;
  return (found[1] === "-" ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3]));
}

/** The offset as people write it: GMT+5:45. */
export function shownOffset(instant: number, zone: string): string {
  return offsetText(instant, zone).replace("-", "−").replace(/\+00:00|:00$/, "").replace(/\b0/, "");
}

/** The starts by local date, in order. */
export function byDate(starts: readonly number[], zone: string): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const start of starts) {
    const date = localDate(start, zone);
    const day = found.get(date);
    if (day) day.push(start);
    else found.set(date, [start]);
  }
  return found;
}

/** The date of `days` that is nearest to a date; the earlier of two. */
export function nearestDate(days: Iterable<string>, date: string): string | undefined {
  const distance = (day: string) => Math.abs(Date.parse(day) - Date.parse(date));
  return [...days].sort((one, other) => distance(one) - distance(other))[0];
}

/** The offset to write after a local time that occurs twice, as the clocks go back; else nothing. */
export function offsetIfRepeated(instant: number, zone: string): string {
  const own = offsetMinutes(instant, zone);
  const isRepeated = [-DAY, DAY].some((distance) => {
    const other = offsetMinutes(instant + distance, zone);
    // The instant that has the same local time with the offset before or after.
    return other !== own && offsetMinutes(instant + (own - other) * MINUTE, zone) === other;
  });
  return isRepeated ? ` ${shownOffset(instant, zone)}` : "";
}

function offsetText(instant: number, zone: string): string {
  const formatter = kept(offsets, zone, () =>
    new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" }),
  );
  return formatter.formatToParts(instant).find((part) => part.type === "timeZoneName")?.value ?? "GMT";
}

function kept<Value>(cache: Map<string, Value>, key: string, make: () => Value): Value {
  let value = cache.get(key);
  if (value === undefined) cache.set(key, (value = make()));
  return value;
}
