import { useEffect, useRef, useState } from "preact/hooks";

import { t } from "../shared/messages.ts";
import { Moment } from "../shared/moment.tsx";
import { Nearest } from "../shared/nearest.tsx";
import type { Page } from "../shared/page.ts";
import { Picker, type View } from "../shared/picker.tsx";
import { timeProblem } from "../shared/refusals.ts";
import type { Slots } from "../shared/slots.ts";
import { useChange } from "./change.ts";
import type { Booking, ManageData } from "./main.tsx";
import { Refusal } from "./refusal.tsx";

interface Props {
  page: Page<ManageData>;
  booking: Booking;
  view: View;
  slots: Slots;
  path: string;
  onView: (view: View) => void;
  onBack: () => void;
  onMoved: (booking: Booking) => void;
}

export function Move({ page, booking, view, slots, path, onView, onBack, onMoved }: Props) {
  const [start, setStart] = useState<number | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [start === null]);
  const change = useChange(`${path}/reschedule`, booking, onMoved);
  const [from, to] = [Date.parse(booking.startTime), Date.parse(booking.endTime)];
  const choose = (chosen: number | null) => {
    change.forget();
    setStart(chosen);
  };
  const { refused } = change;
  const send = () => change.send({ newStartTime: new Date(start ?? from).toISOString() });
  return (
    <section class="details wide">
      <button type="button" class="link back" onClick={start === null ? onBack : () => choose(null)}>
        {t("details.back")}
      </button>
      <h1 ref={heading} tabIndex={-1}>
        {t(start === null ? "move.title" : "move.check")}
      </h1>
      <p class="quiet">{t("move.from")}</p>
      <Moment page={page} view={view} start={from} end={to} />
      {start === null ? (
        <Picker page={page} slots={slots} view={view} present={from} onView={onView} onStart={choose} />
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
              onStart={choose}
              onOther={() => {
                slots.forget();
                choose(null);
              }}
            />
          ) : (
            <Refusal change={change} onRepeat={send} />
          )}
          {change.next === "send" && (
            <p class="actions">
              <button type="button" class="primary" aria-disabled={change.isSending} onClick={send}>
                {t("move.confirm")}
              </button>
            </p>
          )}
        </>
      )}
    </section>
  );
}
