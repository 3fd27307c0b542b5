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
  /** The names of its cities and country, in lower case and without accents, as `text` is. */
  names: string[];
  /** What a search looks through. */
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
    const names = [cityOf(zone), country, inEnglish, ...others].map(plain);
    const text = [plain(zone.replaceAll("_", " ")), plain(offset), ...names].join(" ");
    return { zone, city: cityOf(zone), country, offset, names, text };
  });
}

/** The entries that have every word of the query; those with a name that is it, or begins with it, first. */
export function search(entries: readonly ZoneEntry[], query: string): ZoneEntry[] {
  const wanted = plain(query).trim();
  if (!wanted) return [...entries];
  const words = wanted.split(/\s+/);
  const rank = ({ names }: ZoneEntry) =>
    names.includes(wanted) ? 0 : names.some((name) => name.startsWith(wanted)) ? 1 : 2;
  return entries
    .filter((entry) => words.every((word) => entry.text.includes(word)))
    .sort((one, other) => rank(one) - rank(other));
}

function plain(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replaceAll("−", "-")
    .toLowerCase();
}
