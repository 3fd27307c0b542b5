import { useEffect, useRef, useState } from "preact/hooks";

import { t } from "../shared/messages.ts";
import { Moment } from "../shared/moment.tsx";
import type { Page } from "../shared/page.ts";
import type { View } from "../shared/picker.tsx";
import type { Change } from "./change.ts";
import type { Booking, ManageData } from "./main.tsx";
import { Refusal } from "./refusal.tsx";

interface Props {
  page: Page<ManageData>;
  booking: Booking;
  view: View;
  change: Change;
  onBack: () => void;
}

/** As the API takes it. */
const oneLine = (text: string) => text.trim().replace(/\s+/g, " ");

export function Cancel({ page, booking, view, change, onBack }: Props) {
  const [reason, setReason] = useState("");
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const send = () => change.send({ reason: oneLine(reason), sequence: booking.sequence }, { name: "cancel" });
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
            rows={3}
            dir="auto"
            maxLength={1000}
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </div>
        <Refusal change={change} onRepeat={change.repeat} />
        <p class="actions">
          {change.next === "send" && (
            <button type="submit" class="primary danger" aria-disabled={change.isSending}>
              {t("cancel.confirm")}
            </button>
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
