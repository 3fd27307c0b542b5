/** Calls to the public API. */

import type { components } from "../openapi.d.ts";

export type Schemas = components["schemas"];
type ErrorBody = Schemas["Error"];

const SECONDS = 10;

/** The API's answer to a request that it refused, or the lack of one. */
export class Refused extends Error {
  /** `offline` and `away` are ours: there was no answer, so a write may have happened. */
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

export async function call<Reply>(path: string, body?: unknown, key?: string): Promise<Reply> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  let response: Response;
  let content: unknown;
  try {
    response = await fetch(path, {
      headers,
      signal: AbortSignal.timeout(SECONDS * 1000),
      cache: "no-store",
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
    content = await response.json();
  } catch {
    throw noAnswer();
  }
  if (response.ok) return content as Reply;
  const error = content as ErrorBody;
  const seconds = Number(response.headers.get("Retry-After")) || 0;
  throw new Refused(response.status >= 500 ? "away" : error.code, error, seconds);
}

export const noAnswer = (): Refused => new Refused(navigator.onLine ? "away" : "offline");

/** A new Idempotency-Key. `crypto.randomUUID` exists only on HTTPS and the local machine. */
export const newKey = (): string => crypto.getRandomValues(new Uint32Array(4)).join("-");
