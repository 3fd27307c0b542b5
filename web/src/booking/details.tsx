/** The form: who books, and the answers to the event type's questions. */

import { useEffect, useRef, useState } from "preact/hooks";

import { announce } from "../shared/announce.ts";
import { call, newKey, Refused, type Schemas } from "../shared/api.ts";
import { t } from "../shared/messages.ts";
import { Moment } from "../shared/moment.tsx";
import { Nearest } from "../shared/nearest.tsx";
import { Notice } from "../shared/notice.tsx";
import { isFramed, type Page } from "../shared/page.ts";
import type { View } from "../shared/picker.tsx";
import { timeProblem } from "../shared/refusals.ts";
import { Fields } from "./fields.tsx";
import { problemsOf, refusedFields, requestOf, type Problems, type Typed } from "./form.ts";
import type { BookingData } from "./main.tsx";

export type Booked = Schemas["BookedByInviteeReply"];

interface Props {
  page: Page<BookingData>;
  view: View;
  start: number;
  typed: Typed;
  onType: (id: string, value: string) => void;
  onStart: (start: number) => void;
  onBack: (slotsChanged: boolean) => void;
  onBooked: (booked: Booked) => void;
}

interface Attempt {
  body: string;
  key: string;
}

export function Details(props: Props) {
  const { page, view, start, typed } = props;
  const { eventType } = page.data;
  const [problems, setProblems] = useState<Problems>({});
  const [refused, setRefused] = useState<Refused | null>(null);
  const [isSending, setSending] = useState(false);
  const attempt = useRef<Attempt | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => heading.current?.focus(), []);

  const show = (found: Problems) => {
    setProblems(found);
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>("[aria-invalid='true']")?.focus());
  };
  const send = async () => {
    const found = problemsOf(typed, eventType.questions);
    show(found);
    if (Object.keys(found).length || isSending) return;
    const request = requestOf(typed, eventType.questions, {
      eventTypeId: eventType.id,
      startTime: new Date(start).toISOString(),
      inviteeTimezone: view.zone,
      inviteeLocale: page.language,
      ...(isFramed() ? { source: "embed" } : {}),
    });
    const body = JSON.stringify(request);
    // One key for one form: only what is sent for the first time gets a new one.
    if (attempt.current?.body !== body) attempt.current = { body, key: newKey() };
    setSending(true);
    setRefused(null);
    try {
      props.onBooked(await call<Booked>("/api/bookings?expand=booking", request, attempt.current.key));
    } catch (error) {
      const problem = error as Refused;
      announce("error", { code: problem.code });
      // A refusal is stored under its key, so a later attempt needs another one.
      if (!problem.isUnknown) attempt.current = null;
      const fields = refusedFields(problem, typed, eventType.questions);
      if (Object.keys(fields).length) show(fields);
      else setRefused(problem);
    } finally {
      setSending(false);
    }
  };

  const isUnknown = refused?.isUnknown ?? false;
  const isRepeatable = isUnknown || !!refused?.retryAfter;
  return (
    <section class="details">
      <button type="button" class="link back" onClick={() => props.onBack(false)}>
        {t("details.back")}
      </button>
      <h2 ref={heading} tabIndex={-1}>
        {t("details.title")}
      </h2>
      <Moment page={page} view={view} start={start} end={start + eventType.durationMinutes * 60_000} />
      {refused && timeProblem(refused.code) && (
        <Nearest
          refused={refused}
          page={page}
          view={view}
          onStart={(chosen) => {
            setRefused(null);
            props.onStart(chosen);
            heading.current?.focus();
          }}
          onOther={() => props.onBack(true)}
        />
      )}
      <form
        ref={form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        {/* While it is unknown whether the booking was made, only the same one may be sent again. */}
        <fieldset disabled={isSending || isUnknown}>
          <Fields questions={eventType.questions} typed={typed} problems={problems} onType={props.onType} />
        </fieldset>
        {refused && !timeProblem(refused.code) && (
          <Notice refused={refused} onRetry={isRepeatable ? send : undefined} />
        )}
        {!isRepeatable && (
          <button type="submit" class="primary" aria-disabled={isSending}>
            {isSending ? t("details.sending") : t("details.book")}
          </button>
        )}
      </form>
    </section>
  );
}
