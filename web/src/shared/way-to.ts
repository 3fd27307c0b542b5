import { withZone } from "./page.ts";

/** The address of another page in this zone, and in the language of this page if its address names one. */
export function wayTo(page: string, zone: string): string {
  const address = new URL(page, location.href);
  const language = new URLSearchParams(location.search).get("lang");
  if (language) address.searchParams.set("lang", language);
  withZone(address.searchParams, zone);
  return address.href;
}
