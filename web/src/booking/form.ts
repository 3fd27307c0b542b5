/** What the invitee has typed, and its problems. */

import type { Refused, Schemas } from "../shared/api.ts";
import type { MessageKey } from "../shared/messages.ts";

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

export function problemsOf(typed: Typed, questions: readonly Question[]): Problems {
  const problems: Problems = {};
  if (!typed[NAME]?.trim()) problems[NAME] = "field.name_required";
  if (!typed[EMAIL]?.trim()) problems[EMAIL] = "field.email_required";
  else if (!/^[^\s@]+@[^\s@]+$/.test(typed[EMAIL].trim())) problems[EMAIL] = "field.email_invalid";
  for (const question of questions) {
    const id = answerId(question);
    if (question.required && !typed[id]?.trim()) problems[id] = "field.required";
  }
  return problems;
}

export function requestOf(
  typed: Typed,
  questions: readonly Question[],
  rest: Pick<BookRequest, "eventTypeId" | "startTime" | "inviteeTimezone" | "inviteeLocale" | "source">,
): BookRequest {
  const answers = sent(typed, questions).map((question) => ({
    questionId: question.id,
    value: typed[answerId(question)]?.trim() ?? "",
  }));
  const notes = typed[NOTES]?.trim();
  return {
    ...rest,
    inviteeName: typed[NAME]?.trim() ?? "",
    inviteeEmail: typed[EMAIL]?.trim() ?? "",
    ...(notes ? { notes } : {}),
    ...(answers.length ? { answers } : {}),
  };
}

/** The fields that the API refused. */
export function refusedFields(refused: Refused, typed: Typed, questions: readonly Question[]): Problems {
  const problems: Problems = {};
  for (const field of Object.keys(refused.body.details ?? {})) {
    const position = /^answers\.(\d+)/.exec(field)?.[1];
    const question = position === undefined ? undefined : sent(typed, questions)[Number(position)];
    if (field === "inviteeName") problems[NAME] = "field.invalid";
    else if (field === "inviteeEmail") problems[EMAIL] = "field.email_invalid";
    else if (field === "notes") problems[NOTES] = "field.invalid";
    else if (question) problems[answerId(question)] = question.type === "phone" ? "field.phone" : "field.invalid";
  }
  return problems;
}

function sent(typed: Typed, questions: readonly Question[]): Question[] {
  return questions.filter((question) => typed[answerId(question)]?.trim());
}
