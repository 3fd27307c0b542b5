/** A booking for its invitee: see it, move it, cancel it. */

import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";

import "../style/main.css";
import { announce } from "../shared/announce.ts";
import type { Schemas } from "../shared/api.ts";
import { t } from "../shared/messages.ts";
import { monthOf } from "../shared/month.ts";
import { readPage, show, type Page } from "../shared/page.ts";
import type { View } from "../shared/picker.tsx";
import { Slots } from "../shared/slots.ts";
import { localDate } from "../shared/zones.ts";
import { Cancel } from "./cancel.tsx";
import { changeOf, useChange, type Change } from "./change.ts";
import { Move } from "./move.tsx";
import { Overview } from "./overview.tsx";
import { usePresent } from "./present.ts";
import { Refusal } from "./refusal.tsx";
import { isSame, OVERVIEW, useStep, type Step } from "./step.ts";

export type Booking = Schemas["InviteesBookingReply"];

export interface ManageData {
  booking: Booking;
  /** Of the UIDs of bookings in calendars. */
  uidDomain: string;
}

/** The path of the booking in the API, from the address of the page. */
const PATH = `/api/public/bookings/${location.pathname.split("/")[2] ?? ""}`;

function Manage({ page }: { page: Page<ManageData> }) {
  const slots = useMemo(() => new Slots(`${PATH}/slots`), []);
  const { booking, keep, read } = usePresent(PATH, page.data.booking);
  const [step, goTo] = useStep();
  const [news, setNews] = useState<"moved" | "cancelled" | null>(null);
  const [view, setView] = useState(() => viewOf(page, booking));
  const finish = (changed: Booking, what: "moved" | "cancelled") => {
    keep(changed);
    setNews(what);
    goTo(OVERVIEW);
    if (what === "cancelled") announce("cancelled", { bookingId: changed.id });
    else announce("rescheduled", { bookingId: changed.id, start: changed.startTime });
  };
  // Above the steps, as an answer may arrive when its step is no longer shown.
  const moving = useChange(`${PATH}/reschedule`, booking, (changed) => finish(changed, "moved"));
  const cancelling = useChange(`${PATH}/cancel`, booking, (changed) => finish(changed, "cancelled"));
  const press = (next: Step) => {
    moving.forget();
    cancelling.forget();
    goTo(next);
  };
  const shown = step && booking.status !== "CANCELLED" ? step : OVERVIEW;
  useOutcome(shown, booking, [moving, cancelling], read);
  const common = { page, booking, view, onBack: () => goTo(OVERVIEW) };
  return (
    <>
      <Missed step={shown} moving={moving} cancelling={cancelling} goTo={goTo} />
      {shown.name === "move" ? (
        <Move
          {...common}
          slots={slots}
          start={shown.start}
          change={changeOf(moving, shown)}
          onView={setView}
          onStart={(start) => press({ name: "move", ...(start ? { start } : {}) })}
        />
      ) : shown.name === "cancel" ? (
        <Cancel {...common} change={changeOf(cancelling, shown)} />
      ) : (
        <Overview {...common} news={news} focused={step !== null} onStep={(name) => press({ name })} />
      )}
    </>
  );
}

/** A booking is mostly moved to a time near it. */
function viewOf(page: Page<ManageData>, booking: Booking): View {
  const date = localDate(Math.max(Date.parse(booking.startTime), page.now()), page.zone);
  return { zone: page.zone, hour12: page.formats.hour12, month: monthOf(date), date };
}

/** On the way back from a change whose answer was lost, what became of it is read. */
function useOutcome(step: Step, booking: Booking, changes: Change[], read: () => Promise<void>): void {
  // Before the booking is painted, so that it is never shown with a refusal that it answers.
  useLayoutEffect(() => changes.forEach((change) => change.settle()), [booking.updatedAt]);
  useEffect(() => {
    if (step.name === "overview" && changes.some((change) => change.refused?.isUnknown)) void read();
  }, [step, ...changes.map((change) => change.refused)]);
}

interface MissedProps {
  step: Step;
  moving: Change;
  cancelling: Change;
  goTo: (step: Step) => void;
}

/** The refusals of changes that other steps sent. */
function Missed({ step, moving, cancelling, goTo }: MissedProps) {
  const missed = [moving, cancelling].filter((one) => one.refused && one.isMissed && !isSame(one.from, step));
  if (!missed.length) return null;
  return (
    <div class="missed">
      {missed.map((change) => (
        <Refusal
          change={change}
          about={t(change === moving ? "move.confirm" : "manage.cancel")}
          onRepeat={() => {
            goTo(change.from);
            change.repeat();
          }}
        />
      ))}
    </div>
  );
}

show(<Manage page={readPage<ManageData>()} />);
