/** Refusals that name a time: another one can be chosen. */

import type { MessageKey } from "./messages.ts";

const TAKEN = new Set(["slot_taken", "calendar_busy"]);
const CLOSED = new Set(["outside_hours", "time_off", "not_on_grid", "too_far"]);
const FULL = new Set(["daily_limit", "weekly_limit", "monthly_limit"]);

/** The text for a time that cannot be booked; null for any other refusal. */
export function timeProblem(code: string): MessageKey | null {
  if (TAKEN.has(code)) return "time.taken";
  if (code === "too_soon") return "time.too_soon";
  if (FULL.has(code)) return "time.full";
  return CLOSED.has(code) ? "time.closed" : null;
}
