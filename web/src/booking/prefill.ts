/** Values of fields from the address of the page. They are checked as typed ones are, and never sent by themselves. */

import type { Schemas } from "../shared/api.ts";
import { oneLine, severalLines } from "../shared/texts.ts";
import { answerId, EMAIL, NAME, NOTES, type Typed } from "./form.ts";

const PHONE = "phone";

/** ?name=…&email=…&notes=…&a_topic=…, and ?phone=… for the first question that asks for a number. */
export function prefilled(address: URLSearchParams, questions: readonly Schemas["Question"][]): Typed {
  const typed: Typed = {};
  const fill = (id: string, value: string | null, isLong = false) => {
    const text = (isLong ? severalLines : oneLine)(value ?? "");
    if (text) typed[id] = text;
  };
  for (const id of [NAME, EMAIL, NOTES]) fill(id, address.get(id), id === NOTES);
  for (const question of questions) {
    const id = answerId(question);
    const value = address.get(id);
    // A box may mean consent, which only the invitee gives; a list has its own options only.
    if (question.type !== "checkbox" && (question.type !== "select" || question.options.includes(value ?? "")))
      fill(id, value, question.type === "textarea");
  }
  const phone = questions.find((question) => question.type === PHONE);
  if (phone && !typed[answerId(phone)]) fill(answerId(phone), address.get(PHONE));
  return typed;
}
