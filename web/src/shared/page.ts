/** What the server wrote into the page. */

import { render, type ComponentChild } from "preact";

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
  const ahead = data.now - Date.now();
  const named = new URLSearchParams(location.search).get("tz") ?? "";
  const zone = zoneNamed(named) ?? ownZone();
  keepLinks(zone);
  // The steps before in the history have the address of the language before.
  const { search } = location;
  addEventListener("popstate", () => history.replaceState(history.state, "", search));
  return {
    data,
    language: data.language,
    formats: formatsOf(chooseLocale(data.language, navigator.languages)),
    zone,
    now: () => Date.now() + ahead,
  };
}

/** Shows the page's content, after which it is no longer called incomplete. */
export function show(content: ComponentChild): void {
  const root = document.getElementById("app");
  if (!root) return;
  render(content, root);
  root.querySelector(".incomplete")?.remove();
}

/** Whether the server wrote the page for a frame of another page. */
export const isFramed = (): boolean => document.documentElement.classList.contains("framed");

const ownZone = (): string => zoneNamed(Intl.DateTimeFormat().resolvedOptions().timeZone) ?? "UTC";

/** Lets the links of the shell keep the zone and what else is in the address. */
export function keepLinks(zone: string): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>("footer [hreflang], .host a")) {
    const address = new URLSearchParams(location.search);
    address.set("lang", link.lang || document.documentElement.lang);
    link.search = `${withZone(address, zone)}`;
  }
}

/** The browser's own zone needs no name. */
export function withZone(address: URLSearchParams, zone: string): URLSearchParams {
  address.delete("tz");
  if (zone !== ownZone()) address.set("tz", zone);
  return address;
}
