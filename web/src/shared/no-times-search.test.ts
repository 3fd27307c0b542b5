import { expect, test } from "vitest";

import { nextStart } from "./no-times-search.ts";

/** A list of slots as the API gives it: of dates of UTC, both included. */
function listOf(...texts: string[]) {
  const asked: string[] = [];
  const read = async (first: string, last: string) => {
    asked.push(first);
    return texts.filter((text) => text.slice(0, 10) >= first && text.slice(0, 10) <= last).map((text) => Date.parse(text));
  };
  return { read, asked };
}

async function found(texts: string[], from: string, zone = "UTC", taken?: string) {
  const isFree = (start: number) => start !== Date.parse(taken ?? "");
  const start = await nextStart(listOf(...texts), { zone, today: "2026-11-29", from, isFree });
  return start === undefined ? null : new Date(start).toISOString().slice(0, 16);
}

test("a free day from the month on is found before an earlier one", async () => {
  expect(await found(["2026-12-01T09:00Z", "2027-09-30T09:00Z"], "2027-06-01")).toBe("2027-09-30T09:00");
});

test.each(["2027-06-01", "2028-12-01", "9998-12-01"])("without one from %s on the first of all is found", async (from) => {
  expect(await found(["2026-12-01T09:00Z", "2027-01-01T09:00Z"], from)).toBe("2026-12-01T09:00");
});

test("west of UTC, a start of the evening before the month is not in it", async () => {
  const free = ["2027-02-01T01:00Z", "2027-03-10T15:00Z"];
  expect(await found(free, "2027-02-01", "America/New_York")).toBe("2027-03-10T15:00");
  expect(await found(free, "2027-02-01", "UTC")).toBe("2027-02-01T01:00");
});

test("the first and last dates of a month and of two years are searched in every zone", async () => {
  expect(await found(["2027-01-31T16:00Z"], "2027-02-01", "Asia/Tokyo")).toBe("2027-01-31T16:00");
  expect(await found(["2027-02-28T14:59Z"], "2027-02-01", "Asia/Tokyo")).toBe("2027-02-28T14:59");
  expect(await found(["2027-03-01T04:59Z"], "2027-02-01", "America/New_York")).toBe("2027-03-01T04:59");
  expect(await found(["2028-11-29T11:00Z"], "2027-02-01", "Pacific/Niue")).toBe("2028-11-29T11:00");
});

test("what is not free is passed over", async () => {
  expect(await found(["2027-03-01T09:00Z", "2027-05-01T09:00Z"], "2027-02-01", "UTC", "2027-03-01T09:00Z")).toBe("2027-05-01T09:00");
  expect(await found(["2027-03-01T09:00Z"], "2027-02-01", "UTC", "2027-03-01T09:00Z")).toBeNull();
});

test("two years are read once, in steps of 60 days", async () => {
  const list = listOf();
  await nextStart(list, { zone: "UTC", today: "2026-11-29", from: "2026-11-01", isFree: () => true });
  expect(list.asked.slice(0, 2)).toEqual(["2026-11-28", "2027-01-27"]);
  expect(list.asked).toHaveLength(13);
});
