import { describe, expect, it } from "vitest";

import { linkOf, snippet } from "./snippets.ts";

describe("linkOf", () => {
  it.each([
    ["ann", "ann"],
    ["ann/intro", "ann/intro"],
    [" https://meet.example.com/ann/intro?lang=de ", "ann/intro"],
    ["/ann/", "ann"],
  ])("reads %j", (text, link) => {
    expect(linkOf(text, "meet.example.com")).toBe(link);
  });

  it.each(["", "a", "ann/intro/more", "javascript:alert(1)", '"><script>', "../ann", "https://evil.example/ann"])("refuses %j", (text) => {
    expect(linkOf(text, "meet.example.com")).toBeNull();
  });
});

describe("snippet", () => {
  it("escapes the label", () => {
    expect(snippet("button", "https://meet.example.com", "ann", '"<b>')).toContain('data-linktime-text="&quot;&lt;b>"');
  });
});
