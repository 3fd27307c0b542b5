/** The messages between a page of LinkTime in a frame and the site that shows it. docs/embed.md lists them. */

const NAMESPACE = "linktime";
const VERSION = 1;
const MOST_CHARACTERS = 64;

export const LEAST_HEIGHT = 200;
/** Taller pages scroll inside of their frame. */
export const MOST_HEIGHT = 20_000;

/** What the site sends first: the frame's id, whether it grows with the page, and the site's colour scheme. */
export interface Hello {
  id: string;
  fit: boolean;
  scheme: Scheme;
}

/** Empty: the device's. */
export type Scheme = "" | "light" | "dark";

type Check = (value: unknown) => boolean;

const isDate: Check = (value) => typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value);
const isInstant: Check = (value) => typeof value === "string" && /^\d{4}-[\d:.T-]{5,25}Z$/.test(value);
const isName: Check = (value) => typeof value === "string" && /^[\w-]+$/.test(value) && value.length <= MOST_CHARACTERS;
const isHeight: Check = (value) => typeof value === "number" && Number.isFinite(value) && value > 0;

/** The types of messages of a page, each with its fields. No other field is read. */
const FIELDS = {
  ready: {},
  resize: { height: isHeight },
  date_selected: { date: isDate },
  slot_selected: { start: isInstant },
  booked: { bookingId: isName, start: isInstant },
  rescheduled: { bookingId: isName, start: isInstant },
  cancelled: { bookingId: isName },
  error: { code: isName },
  close: {},
} satisfies Record<string, Record<string, Check>>;

export type Type = keyof typeof FIELDS;
export type Message = { id: string; type: Type; height?: number } & Record<string, unknown>;

/** A message for `window.postMessage`. */
export function written<Fields extends { id: string; type: string }>(fields: Fields) {
  return { ns: NAMESPACE, v: VERSION, ...fields };
}

/** The message of a page; null if it is none, or malformed. */
export function readMessage(data: unknown): Message | null {
  const found = ours(data);
  if (!found || !Object.hasOwn(FIELDS, found.type)) return null;
  const type = found.type as Type;
  const message: Message = { id: found.id, type };
  for (const [name, isValid] of Object.entries<Check>(FIELDS[type])) {
    if (!isValid(found[name])) return null;
    message[name] = found[name];
  }
  return message;
}

/** The first message of a site; null if it is none, or malformed. */
export function readHello(data: unknown): Hello | null {
  const found = ours(data);
  if (found?.type !== "hello" || typeof found["fit"] !== "boolean") return null;
  const scheme = found["scheme"];
  return { id: found.id, fit: found["fit"], scheme: scheme === "light" || scheme === "dark" ? scheme : "" };
}

export function writtenHello(hello: Hello) {
  return written({ type: "hello", ...hello });
}

function ours(data: unknown): ({ id: string; type: string } & Record<string, unknown>) | null {
  if (typeof data !== "object" || data === null) return null;
  const found = data as Record<string, unknown>;
  if (found["ns"] !== NAMESPACE || found["v"] !== VERSION) return null;
  if (!isName(found["id"]) || typeof found["type"] !== "string") return null;
  return found as { id: string; type: string };
}
