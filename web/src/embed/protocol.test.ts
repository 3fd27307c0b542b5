import { describe, expect, it } from "vitest";

import { readHello, readMessage, written, writtenHello } from "./protocol.ts";

const ID = "1-2";
const START = "2027-01-04T09:00:00.000Z";
const message = (fields: Record<string, unknown>) => written({ id: ID, type: "resize", ...fields });

describe("readMessage", () => {
  it.each([
    { type: "ready" },
    { type: "resize", height: 700 },
    { type: "date_selected", date: "2027-01-04" },
    { type: "slot_selected", start: START },
    { type: "booked", bookingId: "0190a5b2-7c3e-7d4f-8a1b-2c3d4e5f6071", start: START },
    { type: "rescheduled", bookingId: "a", start: "2027-01-04T09:00:00Z" },
    { type: "cancelled", bookingId: "a" },
    { type: "error", code: "slot_taken" },
    { type: "close" },
  ])("reads $type", (fields) => {
    expect(readMessage(message(fields))).toEqual({ id: ID, ...fields });
  });

  it("reads no other field, so that nothing personal gets through", () => {
    expect(readMessage(message({ type: "cancelled", bookingId: "a", email: "zoe@example.com" }))).toEqual({
      id: ID,
      type: "cancelled",
      bookingId: "a",
    });
  });

  it.each([
    null,
    undefined,
    "linktime",
    [],
    {},
    { ...message({ height: 1 }), ns: "other" },
    { ...message({ height: 1 }), v: 2 },
    { ...message({ height: 1 }), v: "1" },
    { ...message({ height: 1 }), id: undefined },
    { ...message({ height: 1 }), id: "x".repeat(65) },
    message({ type: "hello" }),
    message({ type: "__proto__" }),
    message({ type: "constructor" }),
    message({ type: 1 }),
    message({}),
    message({ height: "700" }),
    message({ height: Infinity }),
    message({ height: -1 }),
    message({ type: "date_selected", date: "4 January" }),
    message({ type: "slot_selected", start: "<img>" }),
    message({ type: "booked", bookingId: "a b", start: START }),
    message({ type: "booked", bookingId: "a" }),
    message({ type: "error", code: ["slot_taken"] }),
  ])("refuses %j", (data) => {
    expect(readMessage(data)).toBeNull();
  });
});

describe("readHello", () => {
  it("reads what a site sends", () => {
    const hello = { id: ID, fit: true, scheme: "dark" as const };
    expect(readHello(writtenHello(hello))).toEqual(hello);
  });

  it("leaves the scheme to the device if it knows no other", () => {
    expect(readHello(written({ type: "hello", id: ID, fit: false, scheme: "url(x)" }))?.scheme).toBe("");
  });

  it.each([
    null,
    written({ type: "ready", id: ID, fit: true }),
    written({ type: "hello", id: ID }),
    written({ type: "hello", id: "<b>", fit: true }),
    { ns: "linktime", v: 0, id: ID, type: "hello", fit: true },
  ])("refuses %j", (data) => {
    expect(readHello(data)).toBeNull();
  });
});
