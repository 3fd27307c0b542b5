import { expect, test } from "vitest";

import { googleLink, icsFile } from "./calendar-links.ts";

const APPOINTMENT = {
  uid: "1@meet.example",
  sequence: 2,
  changed: Date.parse("2026-11-20T09:00Z"),
  title: "Intro; call, with Zoë",
  start: Date.parse("2026-11-28T10:00Z"),
  end: Date.parse("2026-11-28T10:30Z"),
  place: "",
  details: `https://a.example/${"ü".repeat(100)}\nnext`,
};

test("the file is iCalendar: escaped, folded at 75 octets, with CRLF", () => {
  const file = icsFile(APPOINTMENT);
  expect(file).toContain("SUMMARY:Intro\\; call\\, with Zoë\r\n");
  expect(file).toContain("DTSTART:20261128T100000Z\r\nDTEND:20261128T103000Z\r\n");
  for (const line of file.split("\r\n")) expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75);
  expect(file.replaceAll("\r\n ", "")).toContain(`${"ü".repeat(100)}\\nnext`);
  expect(file).toContain("UID:1@meet.example\r\nSEQUENCE:2\r\nDTSTAMP:20261120T090000Z\r\nLAST-MODIFIED:20261120T090000Z\r\n");
  expect(file).not.toContain("LOCATION");
});

test("Google gets the same instants", () => {
  expect(new URL(googleLink(APPOINTMENT)).searchParams.get("dates")).toBe("20261128T100000Z/20261128T103000Z");
});
