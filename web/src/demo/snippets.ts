/** HTML with which a site shows a booking page. */

export type Mode = "inline" | "popup" | "button";

/** `address` is this LinkTime's, `link` is `username` or `username/event`. */
export function snippet(mode: Mode, address: string, link: string, label: string): string {
  const text = escaped(label);
  const script = `<script async src="${address}/embed.js"></script>`;
  const page = `<a href="${address}/${link}"`;
  switch (mode) {
    case "inline":
      return `<div data-linktime-inline="${link}">\n  ${page}>${text}</a>\n</div>\n${script}`;
    case "popup":
      return `${page} data-linktime-popup="${link}">${text}</a>\n${script}`;
    case "button":
      return `<div data-linktime-button="${link}" data-linktime-text="${text}"></div>\n${script}`;
  }
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

/** The link of a page as somebody writes it; null if it is none, or a page of another host than `host`. */
export function linkOf(text: string, host: string): string | null {
  const [, other, path = ""] = /^(?:https?:\/\/([^/]*))?(.*)$/.exec(text.trim()) ?? [];
  if (other !== undefined && other.toLowerCase() !== host) return null;
  const names = path.replace(/[?#].*$/, "").replace(/^\/|\/$/g, "");
  return /^[a-z0-9][a-z0-9-]{1,38}(\/[a-z0-9][a-z0-9-]{0,59})?$/i.test(names) ? names : null;
}
