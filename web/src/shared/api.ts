/** Calls to the public API. */

import type { components } from "../openapi.d.ts";

export type Schemas = components["schemas"];
type ErrorBody = Schemas["Error"];

const SECONDS = 10;
/** What a proxy asks for may be a day; nobody is kept from trying for longer than this. */
const MOST_TO_WAIT = 300;

/** The API's answer to a request that it refused, or the lack of one. */
export class Refused extends Error {
  /**
   * `offline` and `away` are ours: there was no answer, so a write may have happened. So is `refused`, by something
   * before the API, such as a proxy.
   */
  constructor(
    readonly code: string,
    readonly body: Partial<ErrorBody> = {},
    readonly retryAfter = 0,
  ) {
    super(code);
  }

  get isUnknown(): boolean {
    return this.code === "offline" || this.code === "away";
  }
}

export async function call<Reply>(path: string, body?: unknown, key?: string, method = "POST"): Promise<Reply> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  let response: Response;
  try {
    response = await fetch(path, {
      headers,
      signal: AbortSignal.timeout(SECONDS * 1000),
      cache: "no-store",
      ...(body === undefined ? {} : { method, body: JSON.stringify(body) }),
    });
    if (response.ok) return (await response.json()) as Reply;
  } catch {
    throw noAnswer();
  }
  const { status, headers: given } = response;
  const error: Partial<ErrorBody> = await response.json().catch(() => ({}));
  const code = status >= 500 ? "away" : status === 429 ? "rate_limited" : (error?.code ?? "refused");
  throw new Refused(code, error ?? {}, secondsToWait(given.get("Retry-After") ?? ""));
}

/** The whole seconds of a `Retry-After`, which has seconds or a date; 0 of anything else. */
export function secondsToWait(text: string): number {
  const seconds = isNaN(Number(text)) ? (Date.parse(text) - Date.now()) / 1000 : Number(text);
  return Math.max(0, Math.min(MOST_TO_WAIT, Math.ceil(seconds) || 0));
}

export const noAnswer = (): Refused => new Refused(navigator.onLine ? "away" : "offline");
