import { useEffect, useRef } from "preact/hooks";

import { t } from "../shared/messages.ts";
import { Moment } from "../shared/moment.tsx";
import { Nearest } from "../shared/nearest.tsx";
import type { Page } from "../shared/page.ts";
import { Picker, type View } from "../shared/picker.tsx";
import { timeProblem } from "../shared/refusals.ts";
import { SendButton } from "../shared/send-button.tsx";
import type { Slots } from "../shared/slots.ts";
import type { Change } from "./change.ts";
import type { Booking, ManageData } from "./main.tsx";
import { Refusal } from "./refusal.tsx";

interface Props {
  page: Page<ManageData>;
  booking: Booking;
  view: View;
  slots: Slots;
  /** The new time, if it is chosen. */
  start: number | undefined;
  change: Change;
  onView: (view: View) => void;
  onBack: () => void;
  /** Without a time: choose another one. */
  onStart: (start?: number) => void;
}

export function Move({ page, booking, view, slots, start, change, onView, onBack, onStart }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [start === undefined]);
  const [from, to] = [Date.parse(booking.startTime), Date.parse(booking.endTime)];
  const { refused } = change;
  const send = () => {
    const newStartTime = new Date(start ?? from).toISOString();
    change.send({ newStartTime, sequence: booking.sequence }, { name: "move", start: start ?? from });
  };
  return (
    <section class="details wide">
      <button type="button" class="link back" onClick={start === undefined ? onBack : () => onStart()}>
        {t("details.back")}
      </button>
      <h1 ref={heading} tabIndex={-1}>
        {t(start === undefined ? "move.title" : "move.check")}
      </h1>
      <p class="quiet">{t("move.from")}</p>
      <Moment page={page} view={view} start={from} end={to} />
      {start === undefined ? (
        <Picker page={page} slots={slots} view={view} present={from} onView={onView} onStart={onStart} />
      ) : (
        <>
          <p class="quiet">{t("move.to")}</p>
          <Moment page={page} view={view} start={start} end={start + to - from} />
          {refused && timeProblem(refused.code) ? (
            <Nearest
              refused={refused}
              page={page}
              view={view}
              without={from}
              onStart={onStart}
              onOther={() => {
                slots.forget();
                onStart();
              }}
            />
          ) : (
            <Refusal change={change} onRepeat={change.repeat} />
          )}
          {change.next === "send" && (
            <p class="actions">
              <SendButton isSending={change.isSending} label="move.confirm" sending="move.sending" onClick={send} />
            </p>
          )}
        </>
      )}
    </section>
  );
}
