/** All time zones, found by city, country, former name and offset. */

import { cityOf } from "./zone-button.tsx";
import { shownOffset } from "./zones.ts";

export interface Places {
  countries: Record<string, string[]>;
  cities: Record<string, string[]>;
  renamed: Record<string, string>;
}

export interface ZoneEntry {
  zone: string;
  city: string;
  country: string;
  offset: string;
  /** Other cities of the zone. */
  others: string[];
  /** What a search looks through, without accents and in lower case. */
  text: string;
}

export function zoneEntries(names: readonly string[], places: Places, language: string, now: number): ZoneEntry[] {
  const countries = new Map<string, string>();
  const regions = new Intl.DisplayNames(language, { type: "region" });
  const english = new Intl.DisplayNames("en", { type: "region" });
  const codes = new Map<string, string>();
  for (const [code, zones] of Object.entries(places.countries)) {
    countries.set(code, `${regions.of(code) ?? ""}|${english.of(code) ?? ""}`);
    for (const zone of zones) codes.set(zone, code);
  }
  const zones = new Set(["UTC", ...names.map((name) => places.renamed[name] ?? name)]);
  return [...zones].sort().map((zone) => {
    const [country = "", inEnglish = ""] = countries.get(codes.get(zone) ?? "")?.split("|") ?? [];
    const others = places.cities[zone] ?? [];
    const offset = shownOffset(now, zone);
    const text = plain([zone.replaceAll("_", " "), country, inEnglish, offset, ...others].join(" "));
    return { zone, city: cityOf(zone), country, offset, others, text };
  });
}

/** The entries that have every word of the query; those whose city begins with it first. */
export function search(entries: readonly ZoneEntry[], query: string): ZoneEntry[] {
  const wanted = plain(query).trim();
  const words = wanted.split(/\s+/).filter(Boolean);
  const found = entries.filter((entry) => words.every((word) => entry.text.includes(word)));
  const rank = (entry: ZoneEntry) =>
    [entry.city, ...entry.others].some((name) => plain(name).startsWith(wanted)) ? 0 : 1;
  return wanted ? found.sort((one, other) => rank(one) - rank(other)) : found;
}

function plain(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replaceAll("−", "-")
    .toLowerCase();
}
