/** A frame with a page of LinkTime, and what it sends. */

import { addressOf, type Options } from "./address.ts";
import { LEAST_HEIGHT, MOST_HEIGHT, readMessage, writtenHello, type Message, type Scheme } from "./protocol.ts";
import { style } from "./style.ts";
import { texts } from "./texts.ts";

/** How long after its loading a page may take to answer; one that may not be shown never answers. */
const ANSWER_MILLISECONDS = 3000;
/** How long a page in view may take to load until a note says so. It can still arrive, or be asked for again. */
const SLOW_MILLISECONDS = 6000;
/** Reserved before the height is known, so that the site does not move; by the width of the frame. */
const RESERVED = [
  { below: 768, height: 1000 },
  { below: 928, height: 860 },
];
const RESERVED_WIDE = 680;

export interface View {
  id: string;
  element: HTMLElement;
  remove: () => void;
}

type Receive = (message: Message) => void;

/** `fit`: the frame is as tall as its page. */
export function show(base: string, options: Options, place: Element, fit: boolean, receive: Receive): View {
  style();
  const address = addressOf(base, options);
  const id = crypto.getRandomValues(new Uint32Array(2)).join("-");
  const element = document.createElement("div");
  const frame = document.createElement("iframe");
  const [cover, outline] = [document.createElement("div"), document.createElement("div")];
  element.className = "linktime-view";
  element.tabIndex = -1;
  // Above the reserved place, so that the site does not move.
  cover.className = "linktime-cover";
  outline.className = "linktime-outline";
  cover.append(outline);
  element.append(frame);
  const width = place.clientWidth || innerWidth;
  const reserved = RESERVED.find(({ below }) => width < below)?.height ?? RESERVED_WIDE;
  const scheme = schemeOf(place);
  frame.title = texts().title;
  // Before the handshake the page may have another colour scheme.
  frame.style.cssText = `display:block;width:100%;border:0;color-scheme:${scheme || "light dark"}`;
  frame.style.height = fit ? `${reserved}px` : "100%";
  if (fit) frame.loading = "lazy";
  else element.style.height = "100%";

  let timer = 0;
  let stopWaiting = () => {};
  const again = () => {
    // The button that was pressed is removed.
    element.focus({ preventScroll: true });
    wait();
    // Not `src`, which would be one more step of the browser's way back.
    frame.contentWindow?.location.replace(address);
  };
  const [slow, failed] = [noteWith(texts().slow, address, again), noteWith(texts().failed, address, again)];
  const wait = () => {
    slow.remove();
    failed.remove();
    frame.style.display = "block";
    frame.style.visibility = "hidden";
    element.append(cover);
    clearTimeout(timer);
    stopWaiting();
    stopWaiting = afterSight(element, SLOW_MILLISECONDS, () => cover.prepend(slow));
  };
  wait();
  frame.onload = () => {
    // Only a page of this LinkTime gets the message.
    frame.contentWindow?.postMessage(writtenHello({ id, fit, scheme }), base);
    stopWaiting();
    clearTimeout(timer);
    timer = setTimeout(() => {
      frame.style.display = "none";
      cover.remove();
      element.append(failed);
      receive({ id, type: "error", code: "not_shown" });
    }, ANSWER_MILLISECONDS);
  };
  const listen = (event: MessageEvent) => {
    if (event.origin !== base || event.source !== frame.contentWindow) return;
    const message = readMessage(event.data);
    if (message?.id !== id) return;
    if (message.type === "ready") {
      clearTimeout(timer);
      frame.style.display = "block";
      frame.style.visibility = "";
      cover.remove();
      failed.remove();
    }
    if (message.type === "resize" && fit) {
      frame.style.height = `${clamp(message.height ?? 0, Math.max(LEAST_HEIGHT, reserved))}px`;
    }
    receive(message);
  };
  addEventListener("message", listen);
  frame.src = address;
  return {
    id,
    element,
    remove: () => {
      stopWaiting();
      clearTimeout(timer);
      removeEventListener("message", listen);
      element.remove();
    },
  };
}

function clamp(height: number, least: number): number {
  return Math.min(Math.max(Math.ceil(height), least), MOST_HEIGHT);
}

/** The colour scheme of the place: a page of another one would have a background of its own. */
function schemeOf(place: Element): Scheme {
  const meta = document.querySelector<HTMLMetaElement>("meta[name='color-scheme']");
  const own = getComputedStyle(place).colorScheme;
  const schemes = own === "normal" ? (meta?.content ?? "") : own;
  const isDark = schemes.includes("dark");
  return isDark && schemes.includes("light") ? "" : isDark ? "dark" : "light";
}

/** Calls `action` some time after the element is in view, as a frame out of view may not load; returns how to stop it. */
function afterSight(element: Element, milliseconds: number, action: () => void): () => void {
  let timer = 0;
  const sight = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    sight.disconnect();
    timer = setTimeout(action, milliseconds);
  });
  sight.observe(element);
  return () => {
    sight.disconnect();
    clearTimeout(timer);
  };
}

/** After a text: a link to the page, and a button that asks for it again. */
function noteWith(text: string, address: string, again: () => void): HTMLElement {
  const link = document.createElement("a");
  link.href = address;
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = texts().open;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = texts().retry;
  button.onclick = again;
  const box = document.createElement("div");
  box.className = "linktime-note";
  box.role = "status";
  box.append(text, " ", link, button);
  return box;
}
