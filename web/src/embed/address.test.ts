import { describe, expect, it } from "vitest";

import { addressOf } from "./address.ts";

const BASE = "https://meet.example.com";

describe("addressOf", () => {
  it.each(["ann/intro", "/ann/intro", `${BASE}/ann/intro`])("leads %s to the page", (link) => {
    expect(addressOf(BASE, { link })).toBe(`${BASE}/ann/intro`);
  });

  it.each(["https://evil.example/ann", "//evil.example/ann", "javascript:alert(1)", "data:text/html,x"])(
    "refuses %s",
    (link) => {
      expect(() => addressOf(BASE, { link })).toThrow();
    },
  );

  it("adds the fields that the page knows", () => {
    const prefill = { name: "Zoë & Co", a_topic: "x=1", origin: "https://evil.example", email: "" };
    expect(addressOf(BASE, { link: "ann/intro?tz=UTC", prefill })).toBe(
      `${BASE}/ann/intro?tz=UTC&name=Zo%C3%AB+%26+Co&a_topic=x%3D1`,
    );
  });
});
