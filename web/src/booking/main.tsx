/** The page of one event type: choose a time, say who you are, booked. */

import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";

import "../style/main.css";
import { announce } from "../shared/announce.ts";
import type { Schemas } from "../shared/api.ts";
import { monthOf } from "../shared/month.ts";
import { readPage, type Page } from "../shared/page.ts";
import { Picker, type View } from "../shared/picker.tsx";
import { Slots } from "../shared/slots.ts";
import { localDate } from "../shared/zones.ts";
import type { Booked } from "./details.tsx";
import { Confirmation, Details, fetchParts } from "./later.tsx";
import type { Typed } from "./form.ts";
import { prefilled } from "./prefill.ts";

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
  const [start, setStart] = useStart();
  const [typed, setTyped] = useState<Typed>(() => prefilled(new URLSearchParams(location.search), eventType.questions));
  const [booked, setBooked] = useState<Booked | null>(null);

  useEffect(fetchParts, []);

  const show = (next: View) => {
    if (next.date && next.date !== view.date) announce("date_selected", { date: next.date });
    setView(next);
  };

  if (booked && start) {
    return <Confirmation page={page} view={view} booked={booked} start={start} email={typed["email"] ?? ""} />;
  }
  if (start) {
    return (
      <Details
        page={page}
        view={view}
        start={start}
        typed={typed}
        onType={(id, value) => setTyped((before) => ({ ...before, [id]: value }))}
        onStart={setStart}
        onBack={(slotsChanged) => {
          if (slotsChanged) slots.forget();
          history.back();
        }}
        onBooked={setBooked}
      />
    );
  }
  return <Picker page={page} slots={slots} view={view} onView={show} onStart={setStart} />;
}

/** The day that the address names (?date=2026-11-28), or else the month of the first free time. */
function firstDay(page: Page<BookingData>, slots: Slots): Pick<View, "month" | "date"> {
  const date = new URLSearchParams(location.search).get("date") ?? "";
  const today = localDate(page.now(), page.zone);
  if (/^\d{4}-\d\d-\d\d$/.test(date) && date >= today && !isNaN(Date.parse(date))) return { month: monthOf(date), date };
  const first = slots.first(page.now());
  return { month: first === undefined ? monthOf(today) : monthOf(localDate(first, page.zone)), date: null };
}

/** The chosen start, in the history so that the browser's way back leads to the times. */
function useStart(): [number | null, (start: number) => void] {
  const [start, setStart] = useState<number | null>(null);
  useEffect(() => {
    const onPopState = (event: PopStateEvent) => setStart((event.state as { start?: number } | null)?.start ?? null);
    addEventListener("popstate", onPopState);
    return () => removeEventListener("popstate", onPopState);
  }, []);
  const choose = (chosen: number) => {
    if (start === null) history.pushState({ start: chosen }, "");
    else history.replaceState({ start: chosen }, "");
    setStart(chosen);
    announce("slot_selected", { start: new Date(chosen).toISOString() });
  };
  return [start, choose];
}

const root = document.getElementById("app");
if (root) render(<Booking page={readPage<BookingData>()} />, root);
