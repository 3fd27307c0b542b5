/** /embed/demo: the three ways to show a booking page, as another site would use them. */

import type { Message } from "../embed/protocol.ts";
import { linkOf, snippet, type Mode } from "./snippets.ts";

const MODES: readonly Mode[] = ["inline", "popup", "button"];
const PLACEHOLDER = "username/event";
const MOST_LINES = 50;
const REPORTED = ["ready", "date_selected", "slot_selected", "booked", "rescheduled", "cancelled", "error"] as const;

const field = element<HTMLInputElement>("link");
const wanted = new URLSearchParams(location.search).get("link") ?? "";
const link = linkOf(wanted, location.host);
field.value = wanted;
if (wanted && !link) refuse();

for (const mode of MODES) {
  const section = element(mode);
  const code = section.querySelector("code");
  const copy = section.querySelector("button.copy");
  const text = snippet(mode, location.origin, link ?? PLACEHOLDER, element("popup-button").textContent ?? "");
  if (code) code.textContent = text;
  copy?.addEventListener("click", () => void copyFrom(copy, code, text));
}

const popup = element("popup-button");
if (link) {
  element("live").hidden = popup.hidden = false;
  popup.setAttribute("data-linktime-popup", link);
  const commands = (window.LinkTime ??= []);
  commands.push((embed) => {
    for (const type of REPORTED) embed.on(type, log);
    embed.inline("#live", { link });
    embed.button({ link });
  });
}

function refuse(): void {
  element("link-problem").hidden = false;
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", "link-problem");
  field.focus();
}

async function copyFrom(button: Element, code: Element | null, text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    element("status").textContent = button.getAttribute("data-copied");
  } catch {
    // Browsers have no clipboard without HTTPS, or do not allow it: it is selected for the keyboard.
    if (code) getSelection()?.selectAllChildren(code);
  }
}

function log({ id: _id, ...message }: Message): void {
  const line = document.createElement("li");
  line.textContent = JSON.stringify(message);
  const lines = element("messages");
  lines.append(line);
  if (lines.children.length > MOST_LINES) lines.firstElementChild?.remove();
}

function element<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element ${id}`);
  return found as Kind;
}
