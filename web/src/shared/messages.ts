/** The texts of the page, in the language that the server chose. */

import type english from "../../messages/en.json";

type AllKeys = keyof typeof english;
/** Keys that end with a plural category, without it. */
export type PluralKey = AllKeys extends infer Key ? (Key extends `${infer Base}.other` ? Base : never) : never;
export type MessageKey = Exclude<AllKeys, `page.${string}`>;
export type Values = Record<string, string | number>;

let messages: Record<string, string> = {};
let plurals = new Intl.PluralRules("en");
let numbers = new Intl.NumberFormat("en");

export function setMessages(language: string, found: Record<string, string>): void {
  messages = found;
  plurals = new Intl.PluralRules(language);
  numbers = new Intl.NumberFormat(language);
}

export function t(key: MessageKey, values: Values = {}): string {
  return filled(messages[key] ?? key, values);
}

/** The form of `key` for the number `n`, which the text may contain as `{n}`. */
export function plural(key: PluralKey, n: number, values: Values = {}): string {
  const text = messages[`${key}.${plurals.select(n)}`] ?? messages[`${key}.other`] ?? key;
  return filled(text, { n: numbers.format(n), ...values });
}

function filled(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (_all, name: string) => String(values[name] ?? ""));
}
