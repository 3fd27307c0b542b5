/** What the invitee has typed, and its problems. */

import type { Refused, Schemas } from "../shared/api.ts";
import type { MessageKey } from "../shared/messages.ts";
import { oneLine, severalLines } from "../shared/texts.ts";

type Question = Schemas["Question"];
type BookRequest = Schemas["PublicBookRequest"];

/** By the ids of the fields. */
export type Typed = Record<string, string>;
export type Problems = Record<string, MessageKey>;

export const NAME = "name";
export const EMAIL = "email";
export const NOTES = "notes";

export function answerId(question: Question): string {
  return `a_${question.id}`;
}

/** What is sent of a field: what it shows. A list shows nothing if what was chosen is no longer offered. */
function shown(typed: Typed, id: string, question?: Question): string {
  const text = typed[id] ?? "";
  if (id === NOTES || question?.type === "textarea") return severalLines(text);
  if (question?.type === "select" && !question.options.includes(text)) return "";
  return oneLine(text);
}

const answer = (typed: Typed, question: Question): string => shown(typed, answerId(question), question);

export function problemsOf(typed: Typed, questions: readonly Question[]): Problems {
  const problems: Problems = {};
  const email = shown(typed, EMAIL);
  if (!shown(typed, NAME)) problems[NAME] = "field.name_required";
  if (!email) problems[EMAIL] = "field.email_required";
  else if (!/^[^\s@]+@[^\s@]+$/.test(email)) problems[EMAIL] = "field.email_invalid";
  for (const question of questions) {
    const id = answerId(question);
    if (question.required && !answer(typed, question))
      problems[id] = question.type === "select" && typed[id] ? "field.option" : "field.required";
  }
  return problems;
}

export function requestOf(
  typed: Typed,
  questions: readonly Question[],
  rest: Pick<BookRequest, "eventTypeId" | "startTime" | "inviteeTimezone" | "inviteeLocale" | "source">,
): BookRequest {
  const answers = questions
    .map((question) => ({ questionId: question.id, value: answer(typed, question) }))
    .filter(({ value }) => value);
  const notes = shown(typed, NOTES);
  return {
    ...rest,
    inviteeName: shown(typed, NAME),
    inviteeEmail: shown(typed, EMAIL),
    ...(notes ? { notes } : {}),
    ...(answers.length ? { answers } : {}),
  };
}

/** The fields that the API refused, of those that the form has. */
export function refusedFields(refused: Refused, request: BookRequest, questions: readonly Question[]): Problems {
  const problems: Problems = {};
  for (const field of fieldsOf(refused)) {
    const position = /^answers\.(\d+)\.value$/.exec(field)?.[1];
    const asked = position && request.answers?.[Number(position)]?.questionId;
    const question = questions.find(({ id }) => id === asked);
    if (field === "inviteeName") problems[NAME] = "field.invalid";
    else if (field === "inviteeEmail") problems[EMAIL] = "field.email_invalid";
    else if (field === "notes") problems[NOTES] = "field.invalid";
    else if (question) problems[answerId(question)] = PROBLEMS[question.type] ?? "field.invalid";
  }
  return problems;
}

const PROBLEMS: Partial<Record<Question["type"], MessageKey>> = { phone: "field.phone", select: "field.option" };

/** Whether answers were refused: the host may have changed the questions since they were read. */
export const areAnswersRefused = (refused: Refused): boolean =>
  fieldsOf(refused).some((field) => field.startsWith("answers"));

/** Whether they were refused for what the form does not have: an answer is missing, or a question. */
export const isFormChanged = (refused: Refused): boolean =>
  fieldsOf(refused).some((field) => /^answers($|.*questionId$)/.test(field));

const fieldsOf = (refused: Refused): string[] => Object.keys(refused.body.details ?? {});
