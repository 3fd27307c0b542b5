/** A booking for its invitee: see it, move it, cancel it. */

import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";

import "../style/main.css";
import { announce } from "../shared/announce.ts";
import type { Schemas } from "../shared/api.ts";
import { takeKept } from "../shared/language.ts";
import { t, type MessageKey } from "../shared/messages.ts";
import { monthOf } from "../shared/month.ts";
import { readPage, show, type Page } from "../shared/page.ts";
import type { View } from "../shared/picker.tsx";
import { Slots } from "../shared/slots.ts";
import { localDate } from "../shared/zones.ts";
import { Cancel, type Kept } from "./cancel.tsx";
import { changeOf, useChange, type Change } from "./change.ts";
import { Move } from "./move.tsx";
import { Overview } from "./overview.tsx";
import { usePresent, type News } from "./present.ts";
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
  const { booking, news, ...present } = usePresent(PATH, page.data.booking);
  const [kept] = useState(takeKept<Kept>);
  const [step, goTo] = useStep(!!kept);
  const [view, setView] = useState(() => viewOf(page, booking));
  const finish = (changed: Booking, what: "moved" | "cancelled") => {
    present.finish(changed);
    goTo(OVERVIEW);
    if (what === "cancelled") announce("cancelled", { bookingId: changed.id });
    else announce("rescheduled", { bookingId: changed.id, start: changed.startTime });
  };
  // Above the steps, as an answer may arrive when its step is no longer shown.
  const moving = useChange(`${PATH}/reschedule`, booking, (changed) => finish(changed, "moved"));
  const cancelling = useChange(`${PATH}/cancel`, booking, (changed) => finish(changed, "cancelled"));
  // The choice is no change of the booking, so a new time in the answer is somebody else's.
  const keepChoice = (chosen: Booking) => present.finish(chosen, "elsewhere");
  const choosing = useChange(`${PATH}/reminders`, booking, keepChoice, "PUT");
  const changes = [moving, cancelling, choosing];
  const press = (next: Step) => {
    changes.forEach((change) => change.forget());
    present.forgetNews();
    goTo(next);
    // Before anything is chosen or typed for a booking that is not so any more.
    void present.read();
  };
  const shown = step && booking.status !== "CANCELLED" ? step : OVERVIEW;
  useOutcome(shown, booking, changes, present.read);
  useLayoutEffect(() => choosing.settle(), [booking.reminders?.wanted]);
  useEffect(() => {
    if (step && !isSame(step, shown)) goTo(OVERVIEW);
  }, [booking.status, step]);
  const common = { page, booking, view, onBack: () => goTo(OVERVIEW) };
  return (
    <>
      {news === "elsewhere" && (
        <p class="notice" role="alert">
          {t("manage.elsewhere")}
        </p>
      )}
      <Missed
        step={shown}
        changes={[
          [moving, "move.confirm"],
          [cancelling, "manage.cancel"],
          [choosing, "reminders.title"],
        ]}
        goTo={goTo}
      />
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
        <Cancel {...common} kept={kept} change={changeOf(cancelling, shown)} />
      ) : (
        <Overview
          {...common}
          choosing={choosing}
          isChanged={news !== null}
          focused={step !== null}
          onStep={(name) => press({ name })}
        />
      )}
    </>
  );
}

/** A booking is mostly moved to a time near it. */
function viewOf(page: Page<ManageData>, booking: Booking): View {
  const date = localDate(Math.max(Date.parse(booking.startTime), page.now()), page.zone);
  return { zone: page.zone, hour12: page.formats.hour12, month: monthOf(date), date };
}

/** What became of a change is read: on the way back if its answer was lost, and at once if the booking is not as shown. */
function useOutcome(step: Step, booking: Booking, changes: Change[], read: (news?: News) => Promise<void>): void {
  // Before the booking is painted, so that it is never shown with a refusal that it answers.
  useLayoutEffect(() => changes.forEach((change) => change.settle()), [booking.updatedAt]);
  useEffect(() => {
    if (changes.some((change) => change.next === "see")) void read();
    else if (step.name === "overview" && changes.some((change) => change.refused?.isUnknown)) void read("own");
  }, [step, ...changes.map((change) => change.refused)]);
}

interface MissedProps {
  step: Step;
  /** With the name of each. */
  changes: [Change, MessageKey][];
  goTo: (step: Step) => void;
}

/** The refusals of changes that other steps sent. */
function Missed({ step, changes, goTo }: MissedProps) {
  const missed = changes.filter(([one]) => one.refused && one.isMissed && !isSame(one.from, step));
  if (!missed.length) return null;
  return (
    <div class="missed">
      {missed.map(([change, name]) => (
        <Refusal
          change={change}
          about={t(name)}
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
