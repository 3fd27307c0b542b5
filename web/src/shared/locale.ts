/** How dates and times are written: the region of the browser in the language of the page. */

import { addDays } from "./month.ts";

// For browsers that do not know it: countries whose week does not begin on Monday.
const SUNDAY = /-(US|CA|MX|BR|JP|KR|IL|IN|ZA|SA|CO|PE|VE|AU)$/;
const SATURDAY = /-(EG|AE|DZ|IQ|JO|KW|LY|OM|QA|SD|SY|YE)$/;

interface WeekInfo {
  firstDay: number;
}
type LocaleWithWeek = Intl.Locale & { getWeekInfo?: () => WeekInfo; weekInfo?: WeekInfo };

export interface Formats {
  locale: string;
  firstWeekday: number;
  hour12: boolean;
  time: (instant: number, zone: string, hour12: boolean) => string;
  /** A date such as 2026-11-28. */
  date: (date: string) => string;
  /** Without its year. */
  dayOfYear: (date: string) => string;
  shortDate: (date: string) => string;
  month: (month: string) => string;
  dayNumber: (date: string) => string;
  weekdays: (style: "long" | "short" | "narrow") => string[];
}

export function chooseLocale(language: string, wanted: readonly string[]): string {
  return wanted.find((tag) => tag.split("-")[0] === language && isTag(tag)) ?? language;
}

/** Some browsers pass on a name of the system such as en-US@posix, which Intl refuses. */
function isTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length > 0;
  } catch {
    return false;
  }
}

export function firstWeekdayOf(locale: string): number {
  const found = new Intl.Locale(locale) as LocaleWithWeek;
  const known = found.getWeekInfo?.() ?? found.weekInfo;
  if (known) return known.firstDay;
  const tag = found.maximize().baseName;
  return SUNDAY.test(tag) ? 7 : SATURDAY.test(tag) ? 6 : 1;
}

export function formatsOf(locale: string): Formats {
  const utc = (options: Intl.DateTimeFormatOptions) => {
    const formatter = new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options });
    return (date: string) => formatter.format(Date.parse(date));
  };
  const times = new Map<string, Intl.DateTimeFormat>();
  const firstWeekday = firstWeekdayOf(locale);
  const resolved = new Intl.DateTimeFormat(locale, { hour: "numeric" }).resolvedOptions();
  return {
    locale,
    firstWeekday,
    hour12: resolved.hour12 ?? false,
    time: (instant, zone, hour12) => {
      const key = `${zone} ${hour12}`;
      let formatter = times.get(key);
      if (!formatter) {
        const clock = hour12 ? { hour: "numeric", hour12 } : { hour: "2-digit", hourCycle: "h23" };
        formatter = new Intl.DateTimeFormat(locale, {
          timeZone: zone,
          minute: "2-digit",
          ...(clock as Intl.DateTimeFormatOptions),
        });
        times.set(key, formatter);
      }
      return formatter.format(instant);
    },
    date: utc({ weekday: "long", day: "numeric", month: "long", year: "numeric" }),
    dayOfYear: utc({ weekday: "long", day: "numeric", month: "long" }),
    shortDate: utc({ weekday: "short", day: "numeric", month: "short" }),
    month: utc({ month: "long", year: "numeric" }),
    dayNumber: utc({ day: "numeric" }),
    // 4 January 2027 is a Monday.
    weekdays: (style) => {
      const name = utc({ weekday: style });
      return Array.from({ length: 7 }, (_none, day) => name(addDays("2027-01-04", firstWeekday - 1 + day)));
    },
  };
}
