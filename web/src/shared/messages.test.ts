import { readdirSync, readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { plural, setMessages, t } from "./messages.ts";

const folder = new URL("../../messages/", import.meta.url);
const catalogues = new Map(
  readdirSync(folder).map((file) => [
    file.replace(".json", ""),
    JSON.parse(readFileSync(new URL(file, folder), "utf-8")) as Record<string, string>,
  ]),
);
const english = catalogues.get("en") ?? {};
const PLURAL = /\.(zero|one|two|few|many|other)$/;
const base = (key: string) => key.replace(PLURAL, "");
const names = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

test("there are five languages", () => {
  expect([...catalogues.keys()].sort()).toEqual(["ar", "de", "en", "es", "fr"]);
});

test.each([...catalogues])("%s has every text, in every plural form", (language, messages) => {
  const plurals = new Set(Object.keys(english).filter((key) => PLURAL.test(key)).map(base));
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  const wanted = Object.keys(english)
    .filter((key) => !PLURAL.test(key))
    .concat([...plurals].flatMap((key) => forms.map((form) => `${key}.${form}`)));
  expect(Object.keys(messages).sort()).toEqual(wanted.sort());
});

test.each([...catalogues])("%s has the placeholders of English", (_language, messages) => {
  for (const [key, text] of Object.entries(messages)) {
    const reference = english[key] ?? english[`${base(key)}.other`] ?? "";
    const optional = PLURAL.test(key) ? ["{n}"] : [];
    expect(names(text).filter((name) => !optional.includes(name)), key).toEqual(
      names(reference).filter((name) => !optional.includes(name)),
    );
    expect(text.trim(), key).toBe(text);
  }
});

test("a text gets its values and its plural form", () => {
  setMessages("en", english);
  expect(t("done.mail", { email: "{x}" })).toContain("{x}");
  expect(plural("retry.in", 1)).toBe("Try again in 1 second");
  expect(plural("retry.in", 30)).toBe("Try again in 30 seconds");
});
