import { expect, test } from "vitest";

import { addDays, addMonths, lastDay, sameDay, weekday, weeksOf } from "./month.ts";

test("a month begins below the weekday of its first date", () => {
  expect(weeksOf("2026-11", 1)[0]).toEqual([null, null, null, null, null, null, "2026-11-01"]);
  expect(weeksOf("2026-11", 7)[0]?.[0]).toBe("2026-11-01");
  expect(weeksOf("2027-02", 1)).toHaveLength(4); // 28 days from a Monday on
  expect(weeksOf("2026-08", 1)).toHaveLength(6);
});

test.each([1, 6, 7])("every date is in its month once, with first weekday %i", (first) => {
  for (let month = "2024-01"; month < "2029-01"; month = addMonths(month, 1)) {
    const dates = weeksOf(month, first).flat().filter(Boolean);
    expect(dates).toHaveLength(Number(lastDay(month).slice(8)));
    expect(new Set(dates).size).toBe(dates.length);
  }
});

test("days and months are added across years and leap days", () => {
  expect(addDays("2028-02-28", 1)).toBe("2028-02-29");
  expect(addDays("2027-01-01", -1)).toBe("2026-12-31");
  expect(addMonths("2026-12", 1)).toBe("2027-01");
  expect(sameDay("2027-01-31", 1)).toBe("2027-02-28");
  expect(weekday("2026-11-29")).toBe(7);
});
