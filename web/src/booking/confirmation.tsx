/** The booking is made: its time, calendars to add it to, and the link to change it. */

import { useEffect, useRef } from "preact/hooks";

import { AddToCalendar } from "../shared/add-to-calendar.tsx";
import { t } from "../shared/messages.ts";
import { Moment } from "../shared/moment.tsx";
import type { Page } from "../shared/page.ts";
import type { View } from "../shared/picker.tsx";
import { wayTo } from "../shared/way-to.ts";
import { showAbout } from "./about.ts";
import type { Booked } from "./attempt.ts";
import type { BookingData } from "./main.tsx";

export interface ConfirmationProps {
  page: Page<BookingData>;
  view: View;
  booked: Booked;
  email: string;
  onLeave: () => void;
}

export function Confirmation({ page, view, booked, email, onLeave }: ConfirmationProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { booking } = booked;
  const { eventType, location } = booking;
  const [start, end] = [Date.parse(booking.startTime), Date.parse(booking.endTime)];
  useEffect(() => {
    heading.current?.focus();
    showAbout(eventType.name, (end - start) / 60_000, location);
    return onLeave;
  }, []);
  return (
    <section class="done">
      <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
        <path d="M5 12.5l4.5 4.5L19 7.5" />
      </svg>
      <h2 ref={heading} tabIndex={-1}>
        {t("done.title")}
      </h2>
      <Moment page={page} view={view} start={start} end={end} />
      <p>{t("done.mail", { email })}</p>
      <AddToCalendar
        appointment={{
          uid: `${booked.bookingId}@${page.data.uidDomain}`,
          sequence: booking.sequence,
          changed: Date.parse(booking.updatedAt),
          title: t("calendar.title", { event: eventType.name, host: booking.host.name }),
          start,
          end,
          place: location ?? "",
          details: t("calendar.details", { link: booked.manageUrl }),
        }}
      />
      <p>
        <a class="secondary" href={wayTo(booked.manageUrl, view.zone)}>
          {t("done.manage")}
        </a>
      </p>
    </section>
  );
}
