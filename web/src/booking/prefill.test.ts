import { describe, expect, it } from "vitest";

import { prefilled } from "./prefill.ts";

const question = (id: string, type: "text" | "select" | "checkbox" | "phone", options: string[] = []) => ({
  id,
  label: id,
  type,
  required: false,
  options,
});
const QUESTIONS = [
  question("topic", "text"),
  question("size", "select", ["1", "2"]),
  question("agree", "checkbox"),
  question("mobile", "phone"),
  question("office", "phone"),
];
const filled = (query: string) => prefilled(new URLSearchParams(query), QUESTIONS);

describe("prefilled", () => {
  it("takes the fields of the form, and no other", () => {
    expect(filled("name=Zo&email=z&notes=n&a_topic=t&a_size=2&other=x&a_other=y")).toEqual({
      name: "Zo",
      email: "z",
      notes: "n",
      a_topic: "t",
      a_size: "2",
    });
  });

  it("ticks no box and adds no option", () => {
    expect(filled("a_agree=true&a_size=3")).toEqual({});
  });

  it("takes phone for the first question for a number, unless that has a value of its own", () => {
    expect(filled("phone=1")).toEqual({ a_mobile: "1" });
    expect(filled("phone=1&a_mobile=2")).toEqual({ a_mobile: "2" });
  });
});
