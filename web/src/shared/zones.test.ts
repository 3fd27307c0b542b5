import { expect, test } from "vitest";

import places from "../data/places.json";
import { cityOf } from "./zone-button.tsx";
import { search, zoneEntries } from "./zone-list.ts";
import { byDate, localDate, nearestDate, offsetIfRepeated, offsetMinutes, shownOffset, zoneNamed } from "./zones.ts";

const at = (text: string) => Date.parse(text);

test.each([
  ["Asia/Kathmandu", "2026-11-28T00:00Z", 345, "GMT+5:45"],
  ["Australia/Lord_Howe", "2027-01-01T00:00Z", 660, "GMT+11"],
  ["Australia/Lord_Howe", "2027-07-01T00:00Z", 630, "GMT+10:30"],
  ["Pacific/Kiritimati", "2026-11-28T00:00Z", 840, "GMT+14"],
  ["America/St_Johns", "2026-11-28T00:00Z", -210, "GMT−3:30"],
  ["UTC", "2026-11-28T00:00Z", 0, "GMT"],
])("the offset of %s at %s", (zone, instant, minutes, text) => {
  expect(offsetMinutes(at(instant), zone)).toBe(minutes);
  expect(shownOffset(at(instant), zone)).toBe(text);
});

test("an instant has the date of its zone", () => {
  expect(localDate(at("2026-11-28T11:00Z"), "Pacific/Kiritimati")).toBe("2026-11-29");
  expect(localDate(at("2026-11-28T09:00Z"), "Pacific/Pago_Pago")).toBe("2026-11-27");
  const days = byDate([at("2026-11-28T23:30Z"), at("2026-11-29T00:30Z")], "Europe/Berlin");
  expect([...days.keys()]).toEqual(["2026-11-29"]);
});

test("the nearest date is the earlier of two", () => {
  const days = ["2026-11-27", "2026-11-29", "2026-12-04"];
  expect(nearestDate(days, "2026-11-29")).toBe("2026-11-29");
  expect(nearestDate(days, "2026-11-28")).toBe("2026-11-27");
  expect(nearestDate(days, "2026-12-03")).toBe("2026-12-04");
  expect(nearestDate([], "2026-12-03")).toBeUndefined();
});

test.each([
  ["America/New_York", "2027-11-07T04:30Z", ["", " GMT−4", " GMT−4", " GMT−5", " GMT−5", ""]],
  ["America/New_York", "2027-03-14T06:00Z", ["", "", "", ""]],
  ["Australia/Lord_Howe", "2027-04-03T14:00Z", ["", " GMT+11", " GMT+10:30", ""]],
  ["Europe/London", "2027-10-30T23:30Z", ["", " GMT+1", " GMT+1", " GMT", " GMT", ""]],
  ["UTC", "2027-11-07T04:30Z", ["", "", "", ""]],
])("local times that occur twice have their offset: %s from %s by half hours", (zone, first, offsets) => {
  expect(offsets.map((_none, half) => offsetIfRepeated(at(first) + half * 1_800_000, zone))).toEqual(offsets);
});

test.each([
  ["europe/berlin", "Europe/Berlin"],
  ["ASIA/TOKYO", "Asia/Tokyo"],
  ["Asia/Kolkata", "Asia/Kolkata"],
  ["asia/kolkata", "Asia/Kolkata"],
  ["Asia/Calcutta", "Asia/Kolkata"],
  ["asia/saigon", "Asia/Ho_Chi_Minh"],
  ["America/Montreal", "America/Montreal"],
  ["EST", "EST"],
  ["cet", "CET"],
  ["Asia/Ho_Chi_Minh", "Asia/Ho_Chi_Minh"],
  ["Etc/GMT+5", "Etc/GMT+5"],
  ["us/eastern", "America/New_York"],
  ["utc", "UTC"],
  ["+05:30", undefined],
  ["-03", undefined],
  ["Mars/Base", undefined],
  ["", undefined],
])("%s names the zone %s", (name, zone) => {
  expect(zoneNamed(name)).toBe(zone);
});

const entries = zoneEntries(Intl.supportedValuesOf("timeZone"), places, "de", at("2026-11-28T00:00Z"));

test.each([
  ["mumbai", "Asia/Kolkata"],
  ["münchen", "Europe/Berlin"],
  ["munchen", "Europe/Berlin"],
  ["nepal", "Asia/Kathmandu"],
  ["indien", "Asia/Kolkata"],
  ["india", "Asia/Kolkata"],
  ["san francisco", "America/Los_Angeles"],
  ["gmt+5:45", "Asia/Kathmandu"],
  ["utc", "UTC"],
  ["دبي", "Asia/Dubai"],
])("%s finds %s first", (query, zone) => {
  expect(search(entries, query, "UTC")[0]?.zone).toBe(zone);
});

test("without a query the present zone is first, and all others follow", () => {
  const found = search(entries, " ", "Europe/Berlin").map(({ zone }) => zone);
  expect(found[0]).toBe("Europe/Berlin");
  expect([...found].sort()).toEqual(entries.map(({ zone }) => zone));
});

test.each([
  ["san", "America/Los_Angeles", "San Diego"],
  ["san francisco", "America/Los_Angeles", "San Francisco"],
  ["indien mum", "Asia/Kolkata", "Mumbai"],
  ["calcutta", "Asia/Kolkata", "Calcutta"],
  ["los", "America/Los_Angeles", undefined],
  ["india", "Asia/Kolkata", undefined],
])("%s finds %s by its other city %s", (query, zone, other) => {
  expect(search(entries, query, "UTC").find((entry) => entry.zone === zone)?.other).toBe(other);
});

test.each([
  ["Etc/GMT+5", ""],
  ["Etc/GMT-14", ""],
  ["UTC", "UTC"],
  ["America/New_York", "New York"],
])("the city of %s is %s", (zone, city) => {
  expect(cityOf(zone)).toBe(city);
});

test("a zone that is an offset is found by its offset, not by its name with the wrong sign", () => {
  const found = zoneEntries(["Etc/GMT+5"], places, "en", at("2026-11-28T00:00Z"));
  expect(search(found, "gmt-5", "UTC").map(({ zone }) => zone)).toEqual(["Etc/GMT+5"]);
  expect(search(found, "gmt+5", "UTC")).toEqual([]);
});

test("each place is in a zone that exists", () => {
  for (const zone of [...Object.values(places.countries).flat(), ...Object.keys(places.cities)]) {
    expect(zoneNamed(zone), zone).toBe(zone);
  }
});
