/** The page of one event type: choose a time, say who you are, booked. */

import { useEffect, useMemo, useState } from "preact/hooks";

import "../style/main.css";
import { announce } from "../shared/announce.ts";
import { takeKept, useLanguages } from "../shared/language.ts";
import type { Schemas } from "../shared/api.ts";
import { monthOf } from "../shared/month.ts";
import { readPage, show, type Page } from "../shared/page.ts";
import { Picker, type View } from "../shared/picker.tsx";
import { Slots } from "../shared/slots.ts";
import { localDate } from "../shared/zones.ts";
import { missedOf, useAttempts } from "./attempts.ts";
import { Chosen, fetchParts, Missed } from "./later.tsx";
import type { Typed } from "./form.ts";
import { useFocusOnReturn } from "./start.ts";

/** The API knows no date after 9999, and a month is read with the days around it. */
const LAST = "9998-12-31";

export interface BookingData {
  eventType: Schemas["PublicEventTypeDetail"];
  months: Record<string, number[]>;
  /** Of the UIDs of bookings in calendars. */
  uidDomain: string;
}

/** What stays in another language. */
interface Kept {
  view: View;
  typed: Typed;
}

function Booking({ written }: { written: Page<BookingData> }) {
  const [kept] = useState(takeKept<Kept>);
  const [page, setPage] = useState(written);
  const { eventType, months } = page.data;
  const slots = useMemo(
    () => new Slots(`/api/public/${eventType.host.username}/${eventType.slug}/slots`, months),
    [],
  );
  const [view, setView] = useState<View>(
    () => kept?.view ?? { zone: page.zone, hour12: page.formats.hour12, ...firstDay(page, slots) },
  );
  const [typed, setTyped] = useState<Typed>(kept?.typed ?? {});
  const { attempts, start, goTo, back, isOpen, keep, dropAnswered } = useAttempts(slots, !!kept);
  useLanguages(() => ({ view, typed }) satisfies Kept);
  const missed = missedOf(attempts, start);
  useEffect(fetchParts, []);
  useFocusOnReturn(start, missed.length > 0);

  const showView = (next: View) => {
    if (next.date && next.date !== view.date) announce("date_selected", { date: next.date });
    setView(next);
  };
  const choose = (chosen: number) => {
    dropAnswered();
    goTo(chosen);
    announce("slot_selected", { start: new Date(chosen).toISOString() });
  };
  const common = { page, view, onStart: choose };
  return (
    <>
      {missed.length > 0 && <Missed page={page} view={view} missed={missed} onOpen={goTo} onAttempt={keep} />}
      {start ? (
        <Chosen
          {...common}
          start={start}
          typed={typed}
          attempt={attempts[start]}
          onAttempt={keep}
          onEventType={(found) => {
            slots.forget();
            setPage({ ...page, data: { ...page.data, eventType: found } });
          }}
          onType={(id, value) => setTyped((before) => ({ ...before, [id]: value }))}
          onBack={(slotsChanged) => {
            if (slotsChanged) slots.forget();
            back();
          }}
        />
      ) : (
        <Picker {...common} slots={slots} isOpen={isOpen} onView={showView} />
      )}
    </>
  );
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

show(<Booking written={readPage<BookingData>()} />);
