/** embed.js: shows pages of LinkTime on other sites. docs/embed.md describes it for them. */

import { isParameter, type Options } from "./address.ts";
import { floatingButton, openPopup } from "./popup.ts";
import type { Message, Type } from "./protocol.ts";
import { show, type View } from "./view.ts";

type Listener = (message: Message) => void;
type Command = (embed: typeof api) => void;

declare global {
  interface Window {
    /** Until this script has run: the commands for it. */
    LinkTime?: typeof api | Command[];
  }
}

const PREFIX = "data-linktime-";
const script = document.currentScript ?? document.querySelector("script[src*='/embed.js']");
const base = new URL((script as HTMLScriptElement).src).origin;
const listeners = new Map<string, Set<Listener>>();
const shown = new WeakSet<Element>();

function receive(message: Message): void {
  for (const listener of [...(listeners.get(message.type) ?? [])]) {
    try {
      listener(message);
    } catch (error) {
      reportError(error);
    }
  }
}

const api = {
  /** Shows the page in an element, in place of its content. */
  inline(place: string | Element, options: Options): View {
    const element = typeof place === "string" ? document.querySelector(place) : place;
    if (!element) throw new Error(`LinkTime: there is no element ${String(place)}`);
    shown.add(element);
    const view = show(base, options, element, true, receive);
    element.replaceChildren(view.element);
    return view;
  },
  popup: (options: Options): View => openPopup(base, options, receive),
  button: (options: Options) => floatingButton(options, () => api.popup(options)),
  /** Calls the listener for each message of a type; returns how to stop it. */
  on(type: Type, listener: Listener): () => void {
    const all = listeners.get(type) ?? new Set();
    listeners.set(type, all.add(listener));
    return () => all.delete(listener);
  },
  /** Shows what attributes below `root` ask for and is not shown yet. */
  scan(root: ParentNode = document): void {
    for (const element of root.querySelectorAll(`[${PREFIX}inline],[${PREFIX}button]`)) {
      if (shown.has(element)) continue;
      shown.add(element);
      attempt(() => {
        if (element.hasAttribute(`${PREFIX}inline`)) api.inline(element, optionsOf(element, "inline"));
        else api.button(optionsOf(element, "button"));
      });
    }
  },
  push: (...commands: Command[]) => commands.forEach((command) => attempt(() => command(api))),
};

/** One wrong attribute or command must not stop the others. */
function attempt(action: () => void): void {
  try {
    action();
  } catch (error) {
    reportError(error);
  }
}

function optionsOf(element: Element, mode: string): Options {
  const prefill: Record<string, string> = {};
  for (const { name, value } of element.attributes) {
    const parameter = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : "";
    if (isParameter(parameter)) prefill[parameter] = value;
  }
  const text = element.getAttribute(`${PREFIX}text`);
  return { link: element.getAttribute(PREFIX + mode) ?? "", prefill, ...(text ? { text } : {}) };
}

function onClick(event: MouseEvent): void {
  const element = (event.target as Element | null)?.closest?.(`[${PREFIX}popup]`);
  // With a key held, a link opens in a tab of its own as any other.
  if (!element || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  attempt(() => {
    api.popup(optionsOf(element, "popup"));
    event.preventDefault();
  });
}

const before = window.LinkTime;
if (!before || Array.isArray(before)) {
  window.LinkTime = api;
  document.addEventListener("click", onClick);
  const start = () => {
    api.scan();
    api.push(...(before ?? []));
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
}
