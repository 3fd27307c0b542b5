/** What the server wrote into the page. */

import { chooseLocale, formatsOf, type Formats } from "./locale.ts";
import { setMessages } from "./messages.ts";
import { zoneNamed } from "./zones.ts";

interface PageData {
  language: string;
  messages: Record<string, string>;
  now: number;
}

export interface Page<Data> {
  data: Data;
  language: string;
  formats: Formats;
  /** The viewer's zone, or the one in the address. */
  zone: string;
  /** The present by the server's clock, as the device's may be wrong. */
  now: () => number;
}

export function readPage<Data>(): Page<Data> {
  const data = JSON.parse(document.getElementById("data")?.textContent ?? "{}") as Data & PageData;
  setMessages(data.language, data.messages);
  keepQuery();
  const ahead = data.now - Date.now();
  const named = new URLSearchParams(location.search).get("tz") ?? "";
  return {
    data,
    language: data.language,
    formats: formatsOf(chooseLocale(data.language, navigator.languages)),
    zone: zoneNamed(named) ?? zoneNamed(Intl.DateTimeFormat().resolvedOptions().timeZone) ?? "UTC",
    now: () => Date.now() + ahead,
  };
}

/** Whether the server wrote the page for a frame of another page. */
export const isFramed = (): boolean => document.documentElement.classList.contains("framed");

/** Lets the links to other languages keep what else is in the address. */
function keepQuery(): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>("footer [hreflang]")) {
    const address = new URLSearchParams(location.search);
    address.set("lang", link.lang);
    link.search = `${address}`;
  }
}
