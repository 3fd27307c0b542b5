/** The side of a page that is shown in a frame: answers the site if its host allows it. */

import { MOST_HEIGHT, readHello, written, type Hello } from "../embed/protocol.ts";

interface Site extends Hello {
  origin: string;
}

const root = document.documentElement;
const listed = document.querySelector<HTMLMetaElement>("meta[name='embed-sites']")?.content ?? "";
const allowed = new Set([location.origin, ...listed.split(" ").filter(Boolean)]);
let site: Site | null = null;
let sent = 0;

addEventListener("message", (event) => {
  if (event.source !== parent || !allowed.has(event.origin)) return;
  const hello = readHello(event.data);
  if (!hello) return;
  site = { ...hello, origin: event.origin };
  for (const scheme of ["light", "dark"]) root.classList.toggle(scheme, hello.scheme === scheme);
  sent = 0;
  send({ type: "ready" });
  sendHeight();
});

// What the page announces (shared/announce.ts).
addEventListener("linktime", (event) => send((event as CustomEvent<{ type: string }>).detail));

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented) send({ type: "close" });
});

new ResizeObserver(sendHeight).observe(document.body);

for (const link of document.querySelectorAll<HTMLAnchorElement>("footer p a")) link.target = "_blank";

function sendHeight(): void {
  const height = Math.ceil(document.body.getBoundingClientRect().height);
  if (!site?.fit || height === sent) return;
  sent = height;
  // A scroll bar that comes and goes while the frame grows would move the page.
  root.style.overflow = height <= MOST_HEIGHT ? "hidden" : "";
  send({ type: "resize", height });
}

function send(message: { type: string } & Record<string, unknown>): void {
  if (site) parent.postMessage(written({ id: site.id, ...message }), site.origin);
}
