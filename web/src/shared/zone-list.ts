/** All time zones, found by city, country, former name and offset. */

import { cityOf } from "./zone-button.tsx";
import { presentName, shownOffset } from "./zones.ts";

export interface Places {
  countries: Record<string, string[]>;
  cities: Record<string, string[]>;
  /** Zones whose present name has another region. */
  renamed: Record<string, string>;
}

export interface ZoneEntry {
  zone: string;
  city: string;
  country: string;
  offset: string;
  /** The names of its cities and country, in lower case and without accents, as `known` and `text` are. */
  names: string[];
  /** Its other cities, and the former name of its own. */
  others: string[];
  /** What the entry shows, and its country in English. */
  known: string;
  /** What a search looks through. */
  text: string;
}

/** With the other city that has the words of the query, if the entry itself does not. */
export type Found = ZoneEntry & { other?: string | undefined };

export function zoneEntries(names: readonly string[], places: Places, language: string, now: number): ZoneEntry[] {
  const countries = new Map<string, string>();
  const regions = new Intl.DisplayNames(language, { type: "region" });
  const english = new Intl.DisplayNames("en", { type: "region" });
  const codes = new Map<string, string>();
  for (const [code, zones] of Object.entries(places.countries)) {
    countries.set(code, `${regions.of(code) ?? ""}|${english.of(code) ?? ""}`);
    for (const zone of zones) codes.set(zone, code);
  }
  const zones = new Map([["UTC", "UTC"]]);
  for (const name of names) zones.set(places.renamed[name] ?? presentName(name), cityOf(name));
  return [...zones.keys()].sort().map((zone) => {
    const [country = "", inEnglish = ""] = countries.get(codes.get(zone) ?? "")?.split("|") ?? [];
    const [city, former = ""] = [cityOf(zone), zones.get(zone)];
    const others = [...(places.cities[zone] ?? []), ...(former === city ? [] : [former])];
    const offset = shownOffset(now, zone);
    const known = [city && zone.replaceAll("_", " "), offset, country, inEnglish].map(plain).join(" ");
    const names = [city, country, inEnglish, ...others].map(plain);
    return { zone, city, country, offset, names, others, known, text: [known, ...names].join(" ") };
  });
}

/**
 * The entries that have every word of the query; those with a name that is it, or begins with it, first.
 * Without a query, all entries, the present zone first.
 */
export function search(entries: readonly ZoneEntry[], query: string, present: string): Found[] {
  const wanted = plain(query).trim();
  if (!wanted) return first(entries, ({ zone }) => (zone === present ? 0 : 1));
  const words = wanted.split(/\s+/);
  const found = entries.filter(({ text }) => words.every((word) => text.includes(word)));
  const ranked = first(found, ({ names }) =>
    names.includes(wanted) ? 0 : names.some((name) => name.startsWith(wanted)) ? 1 : 2,
  );
  return ranked.map((entry) => ({ ...entry, other: otherWith(words, entry) }));
}

function otherWith(words: readonly string[], { known, others }: ZoneEntry): string | undefined {
  const missing = words.filter((word) => !known.includes(word));
  return missing.length ? others.find((name) => missing.every((word) => plain(name).includes(word))) : undefined;
}

function first(entries: readonly ZoneEntry[], rank: (entry: ZoneEntry) => number): ZoneEntry[] {
  return [...entries].sort((one, other) => rank(one) - rank(other));
}

function plain(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replaceAll("−", "-")
    .toLowerCase();
}
