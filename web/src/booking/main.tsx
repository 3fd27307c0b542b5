/** The page of one event type: choose a time, say who you are, booked. */

import { render } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import "../style/main.css";
import { announce } from "../shared/announce.ts";
import type { Schemas } from "../shared/api.ts";
import { monthOf } from "../shared/month.ts";
import { readPage, type Page } from "../shared/page.ts";
import { Picker, type View } from "../shared/picker.tsx";
import { Slots } from "../shared/slots.ts";
import { localDate } from "../shared/zones.ts";
import type { Attempts } from "./attempt.ts";
import { Confirmation, Details, fetchParts } from "./later.tsx";
import type { Typed } from "./form.ts";
import { prefilled } from "./prefill.ts";

/** The API knows no date after 9999, and a month is read with the days around it. */
const LAST = "9998-12-31";

export interface BookingData {
  eventType: Schemas["PublicEventTypeDetail"];
  months: Record<string, number[]>;
  /** Of the UIDs of bookings in calendars. */
  uidDomain: string;
}

function Booking({ page }: { page: Page<BookingData> }) {
  const { eventType, months } = page.data;
  const slots = useMemo(
    () => new Slots(`/api/public/${eventType.host.username}/${eventType.slug}/slots`, months),
    [eventType],
  );
  const [view, setView] = useState<View>(() => ({
    zone: page.zone,
    hour12: page.formats.hour12,
    ...firstDay(page, slots),
  }));
  const [start, goTo] = useStart();
  const [typed, setTyped] = useState<Typed>(() => prefilled(new URLSearchParams(location.search), eventType.questions));
  // Here, as an answer may arrive when the form is no longer shown.
  const [attempts, setAttempts] = useState<Attempts>({});

  useEffect(fetchParts, []);
  useFocusOnReturn(start);

  const show = (next: View) => {
    if (next.date && next.date !== view.date) announce("date_selected", { date: next.date });
    setView(next);
  };

  const keep = (at: number, kept: Attempts[number]) => {
    setAttempts((before) => ({ ...before, [at]: kept }));
    if (!kept?.reply) return;
    slots.forget();
    goTo(at);
  };
  const choose = (chosen: number) => {
    // Only a request without an answer has to be sent again as it is.
    const { refused, reply, isUnknown } = attempts[chosen] ?? {};
    if ((refused && !isUnknown) || reply) keep(chosen, undefined);
    goTo(chosen);
    announce("slot_selected", { start: new Date(chosen).toISOString() });
  };

  const attempt = start ? attempts[start] : undefined;
  if (start && attempt?.reply) {
    const { reply, request } = attempt;
    return <Confirmation page={page} view={view} booked={reply} start={start} email={request.inviteeEmail} />;
  }
  if (start) {
    return (
      <Details
        page={page}
        view={view}
        start={start}
        typed={typed}
        attempt={attempt}
        onAttempt={keep}
        onType={(id, value) => setTyped((before) => ({ ...before, [id]: value }))}
        onStart={choose}
        onBack={(slotsChanged) => {
          if (slotsChanged) slots.forget();
          history.back();
        }}
      />
    );
  }
  return <Picker page={page} slots={slots} view={view} onView={show} onStart={choose} />;
}

/** The day that the address names (?date=2026-11-28), or else the month of the first free time. */
function firstDay(page: Page<BookingData>, slots: Slots): Pick<View, "month" | "date"> {
  const named = new URLSearchParams(location.search).get("date") ?? "";
  const date = named > LAST ? LAST : named;
  const today = localDate(page.now(), page.zone);
  if (/^\d{4}-\d\d-\d\d$/.test(date) && date >= today && !isNaN(Date.parse(date))) return { month: monthOf(date), date };
  const first = slots.first(page.now());
  return { month: first === undefined ? monthOf(today) : monthOf(localDate(first, page.zone)), date: null };
}

/** On the way back to the times what had the focus is gone with the form. */
function useFocusOnReturn(start: number | null): void {
  const left = useRef(start);
  useEffect(() => {
    if (left.current && !start) document.getElementById("times")?.focus();
    left.current = start;
  }, [start]);
}

/** The chosen start, in the history so that the browser's way back leads to the times. */
function useStart(): [number | null, (start: number) => void] {
  const [start, setStart] = useState<number | null>(null);
  useEffect(() => {
    const onPopState = (event: PopStateEvent) => setStart((event.state as { start?: number } | null)?.start ?? null);
    addEventListener("popstate", onPopState);
    // After a reload the times are shown, which the history has before this step; what was typed is lost.
    if (history.state) history.back();
    return () => removeEventListener("popstate", onPopState);
  }, []);
  const goTo = (chosen: number) => {
    // Called also when an answer arrives: only the history knows what is shown then.
    history[history.state ? "replaceState" : "pushState"]({ start: chosen }, "");
    setStart(chosen);
  };
  return [start, goTo];
}

const root = document.getElementById("app");
if (root) render(<Booking page={readPage<BookingData>()} />, root);
