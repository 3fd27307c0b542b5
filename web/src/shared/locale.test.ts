import { expect, test } from "vitest";

import { chooseLocale } from "./locale.ts";

test.each([
  ["en", ["de-AT", "en-GB", "en-US"], "en-GB"],
  ["en", ["de-AT"], "en"],
  ["en", ["en-US@posix"], "en"],
  ["en", ["en-US@posix", "en-AU"], "en-AU"],
  ["de", ["de_DE", "de-"], "de"],
  ["de", [], "de"],
])("the locale for %s of a viewer with %s", (language, wanted, locale) => {
  expect(chooseLocale(language, wanted)).toBe(locale);
});
