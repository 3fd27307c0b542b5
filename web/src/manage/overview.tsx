/** The booking with its state, and what can still be done with it. */

import { useEffect, useRef } from "preact/hooks";

import { AddToCalendar } from "../shared/add-to-calendar.tsx";
import { useKeptFocus } from "../shared/kept-focus.ts";
import { t } from "../shared/messages.ts";
import { Moment } from "../shared/moment.tsx";
import type { Page } from "../shared/page.ts";
import type { View } from "../shared/picker.tsx";
import { wayTo } from "../shared/way-to.ts";
import type { Change } from "./change.ts";
import type { Booking, ManageData } from "./main.tsx";
import { Reminders } from "./reminders.tsx";

interface Props {
  page: Page<ManageData>;
  booking: Booking;
  view: View;
  /** Of the reminders. */
  choosing: Change;
  /** Since the page was opened. */
  isChanged: boolean;
  /** Whether the heading gets the focus: what had it is no longer shown. */
  focused: boolean;
  onStep: (name: "move" | "cancel") => void;
}

export function Overview({ page, booking, view, choosing, isChanged, focused, onStep }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  // The booking may be read again and have less buttons.
  const section = useKeptFocus();
  useEffect(() => {
    if (focused) heading.current?.focus();
  }, []);
  const [start, end] = [Date.parse(booking.startTime), Date.parse(booking.endTime)];
  const isCancelled = booking.status === "CANCELLED";
  const isPast = end <= page.now();
  const until = booking.changeableUntil;
  const isChangeable = !isCancelled && !isPast && until !== null && Date.parse(until) > page.now();
  const state = isCancelled ? "manage.cancelled" : isPast ? "manage.past" : isChanged ? "manage.moved" : "manage.booked";
  return (
    <section class={isCancelled ? "overview struck" : "overview"} ref={section}>
      <p class={isCancelled || isPast ? "state off" : "state"} role="status">
        {t(state)}
      </p>
      <h1 ref={heading} tabIndex={-1}>
        <bdi>{booking.eventType.name}</bdi>
      </h1>
      <p class="quiet">
        <bdi>{t("manage.with", { host: booking.host.name })}</bdi>
      </p>
      <Moment page={page} view={view} start={start} end={end} />
      {booking.location && (
        <p>
          <bdi>{booking.location}</bdi>
        </p>
      )}
      {booking.cancellationReason && (
        <p class="quiet lines">
          {t("manage.reason")} <bdi>{booking.cancellationReason}</bdi>
        </p>
      )}
      {isChangeable && (
        <p class="actions">
          <button type="button" class="primary" onClick={() => onStep("move")}>
            {t("manage.move")}
          </button>
          <button type="button" class="secondary" onClick={() => onStep("cancel")}>
            {t("manage.cancel")}
          </button>
        </p>
      )}
      {!isCancelled && !isPast && !isChangeable && (
        <p class="notice" tabIndex={-1}>
          {t("error.too_late")}
        </p>
      )}
      {!isCancelled && !isPast && (
        <AddToCalendar
          appointment={{
            uid: `${booking.id}@${page.data.uidDomain}`,
            sequence: booking.sequence,
            changed: Date.parse(booking.updatedAt),
            title: t("calendar.title", { event: booking.eventType.name, host: booking.host.name }),
            start,
            end,
            place: booking.location ?? "",
            details: t("calendar.details", { link: location.href }),
          }}
        />
      )}
      {booking.reminders && !isCancelled && start > page.now() && (
        <Reminders wanted={booking.reminders.wanted} change={choosing} isOpened={!focused} />
      )}
      {(isCancelled || isPast) && (
        <p>
          <a class="primary" href={wayTo(`/${booking.host.username}/${booking.eventType.slug}`, view.zone)}>
            {t("manage.again")}
          </a>
        </p>
      )}
    </section>
  );
}
