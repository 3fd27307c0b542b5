import { expect, test, vi } from "vitest";

import { secondsToWait } from "./api.ts";

vi.useFakeTimers({ now: Date.parse("2026-11-28T09:00:00Z") });

test.each([
  ["20", 20],
  ["1.5", 2],
  ["0", 0],
  ["-5", 0],
  ["86400", 300],
  ["Infinity", 300],
  ["Sat, 28 Nov 2026 09:00:30 GMT", 30],
  ["Sun, 29 Nov 2026 09:00:00 GMT", 300],
  ["Fri, 27 Nov 2026 09:00:00 GMT", 0],
  ["soon", 0],
  ["", 0],
])("Retry-After: %s is %d seconds", (text, seconds) => {
  expect(secondsToWait(text)).toBe(seconds);
});
