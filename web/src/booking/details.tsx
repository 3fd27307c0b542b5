/** The form: who books, and the answers to the event type's questions. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { call } from "../shared/api.ts";
import { t } from "../shared/messages.ts";
import { Moment } from "../shared/moment.tsx";
import { Nearest } from "../shared/nearest.tsx";
import { Notice } from "../shared/notice.tsx";
import { isFramed, type Page } from "../shared/page.ts";
import type { View } from "../shared/picker.tsx";
import { timeProblem } from "../shared/refusals.ts";
import { SendButton } from "../shared/send-button.tsx";
import { showAbout } from "./about.ts";
import { isRepeatable, newAttempt, send, type Attempt } from "./attempt.ts";
import { Fields } from "./fields.tsx";
import {
  areAnswersRefused,
  isFormChanged,
  problemsOf,
  refusedFields,
  requestOf,
  type Problems,
  type Typed,
} from "./form.ts";
import type { BookingData } from "./main.tsx";
import { prefilled } from "./prefill.ts";

export interface Props {
  page: Page<BookingData>;
  view: View;
  start: number;
  typed: Typed;
  /** To book this start. */
  attempt: Attempt | undefined;
  onAttempt: (start: number, attempt: Attempt) => void;
  /** The host has changed it since. */
  onEventType: (eventType: BookingData["eventType"]) => void;
  onType: (id: string, value: string) => void;
  onStart: (start: number) => void;
  onBack: (slotsChanged: boolean) => void;
}

export function Details(props: Props) {
  const { page, view, start, attempt } = props;
  const { eventType } = page.data;
  const [found, setFound] = useState<Problems>({});
  const [outdated, setOutdated] = useState<Attempt["refused"]>();
  const heading = useRef<HTMLHeadingElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const given = useMemo(() => prefilled(new URLSearchParams(location.search), eventType.questions), [eventType]);
  const refused = attempt?.refused;
  const isSending = !!attempt && !refused;
  const isUnknown = !!attempt?.isUnknown;
  // While it is unknown whether the booking was made, only the same one may be sent again.
  const isLocked = isSending || isUnknown;
  const typed = attempt && isLocked ? attempt.typed : { ...given, ...props.typed };
  const refusedOnes = attempt && refused ? refusedFields(refused, attempt.request, eventType.questions) : {};
  const uncorrected = Object.fromEntries(
    Object.entries(refusedOnes).filter(([id]) => typed[id] === attempt?.typed[id]),
  );
  const isChanged = !!refused && (isFormChanged(refused) || refused === outdated);
  const isInFields = Object.keys(refusedOnes).length > 0 && !isChanged;

  useEffect(() => heading.current?.focus(), []);
  useEffect(() => {
    form.current?.querySelector<HTMLElement>("[aria-invalid='true']")?.focus();
  }, [found, refused]);
  useEffect(() => {
    if (!refused || !areAnswersRefused(refused)) return;
    // Without an answer the next refusal reads it.
    call<BookingData["eventType"]>(`/api/public/${eventType.host.username}/${eventType.slug}`).then(
      (read) => {
        if (JSON.stringify(read.questions) !== JSON.stringify(eventType.questions)) setOutdated(refused);
        props.onEventType(read);
        setFound(problemsOf(typed, read.questions));
        showAbout(read.name, read.durationMinutes, read.location);
      },
      () => undefined,
    );
  }, [refused]);

  const repeat = (next: Attempt) => void send(next, (kept) => props.onAttempt(start, kept));
  const submit = () => {
    if (attempt && isUnknown) return repeat(attempt);
    const problems = problemsOf(typed, eventType.questions);
    setFound(problems);
    if (Object.keys(problems).length || isSending) return;
    const request = requestOf(typed, eventType.questions, {
      eventTypeId: eventType.id,
      startTime: new Date(start).toISOString(),
      inviteeTimezone: view.zone,
      inviteeLocale: page.language,
      ...(isFramed() ? { source: "embed" } : {}),
    });
    repeat(newAttempt(request, typed));
  };

  const isSame = !!attempt && isRepeatable(attempt);
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
          submit();
        }}
      >
        <fieldset disabled={isLocked}>
          <Fields
            questions={eventType.questions}
            typed={typed}
            problems={{ ...uncorrected, ...found }}
            onType={props.onType}
          />
        </fieldset>
        {refused && !isInFields && !timeProblem(refused.code) && (
          <Notice
            refused={refused}
            texts={isChanged ? { [refused.code]: "error.form_changed" } : {}}
            onRetry={isSame ? submit : undefined}
          />
        )}
        {!isSame && <SendButton isSending={isSending} label="details.book" sending="details.sending" />}
      </form>
    </section>
  );
}
