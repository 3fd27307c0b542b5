import { useEffect, useRef, useState } from "preact/hooks";

import { useLanguages } from "../shared/language.ts";
import { t } from "../shared/messages.ts";
import { Moment } from "../shared/moment.tsx";
import type { Page } from "../shared/page.ts";
import type { View } from "../shared/picker.tsx";
import { SendButton } from "../shared/send-button.tsx";
import { severalLines } from "../shared/texts.ts";
import type { Change } from "./change.ts";
import type { Booking, ManageData } from "./main.tsx";
import { Refusal } from "./refusal.tsx";

/** What stays in another language. */
export interface Kept {
  reason: string;
}

interface Props {
  page: Page<ManageData>;
  booking: Booking;
  view: View;
  /** What was typed in another language. */
  kept: Kept | undefined;
  change: Change;
  onBack: () => void;
}

export function Cancel({ page, booking, view, kept, change, onBack }: Props) {
  const [reason, setReason] = useState(kept?.reason ?? "");
  const heading = useRef<HTMLHeadingElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const isRefused = !!change.refused?.body.details?.["reason"];
  useLanguages(() => ({ reason }) satisfies Kept);
  useEffect(() => heading.current?.focus(), []);
  useEffect(() => {
    if (isRefused) field.current?.focus();
  }, [change.refused]);
  const send = () => {
    const text = severalLines(reason);
    change.send({ ...(text && { reason: text }), sequence: booking.sequence }, { name: "cancel" });
  };
  return (
    <section class="details">
      <h1 ref={heading} tabIndex={-1}>
        {t("cancel.title")}
      </h1>
      <p>
        <bdi>{booking.eventType.name}</bdi>, <bdi>{t("manage.with", { host: booking.host.name })}</bdi>
      </p>
      <Moment page={page} view={view} start={Date.parse(booking.startTime)} end={Date.parse(booking.endTime)} />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <div class="field">
          <label for="reason">
            {t("cancel.reason")} <span class="quiet">{t("field.optional")}</span>
          </label>
          <textarea
            id="reason"
            ref={field}
            aria-invalid={isRefused}
            aria-describedby={isRefused ? "reason-problem" : undefined}
            rows={3}
            dir="auto"
            maxLength={1000}
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
          {isRefused && (
            <p class="problem" id="reason-problem">
              {t("field.invalid")}
            </p>
          )}
        </div>
        {!isRefused && <Refusal change={change} onRepeat={change.repeat} />}
        <p class="actions">
          {change.next === "send" && (
            <SendButton isSending={change.isSending} label="cancel.confirm" sending="cancel.sending" isDanger />
          )}
          {change.next !== "see" && (
            <button type="button" class="secondary" onClick={onBack}>
              {t("cancel.keep")}
            </button>
          )}
        </p>
      </form>
    </section>
  );
}
