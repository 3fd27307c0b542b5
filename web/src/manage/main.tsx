/** A booking for its invitee: see it, move it, cancel it. */

import { render } from "preact";
import { useMemo, useState } from "preact/hooks";

import "../style/main.css";
import { announce } from "../shared/announce.ts";
import type { Schemas } from "../shared/api.ts";
import { monthOf } from "../shared/month.ts";
import { readPage, type Page } from "../shared/page.ts";
import type { View } from "../shared/picker.tsx";
import { Slots } from "../shared/slots.ts";
import { localDate } from "../shared/zones.ts";
import { Cancel } from "./cancel.tsx";
import { Move } from "./move.tsx";
import { Overview } from "./overview.tsx";

export type Booking = Schemas["InviteesBookingReply"];

export interface ManageData {
  booking: Booking;
  /** Of the UIDs of bookings in calendars. */
  uidDomain: string;
}

/** The path of the booking in the API, from the address of the page. */
const PATH = `/api/public/bookings/${location.pathname.split("/")[2] ?? ""}`;

type Step = "overview" | "move" | "cancel";

function Manage({ page }: { page: Page<ManageData> }) {
  const slots = useMemo(() => new Slots(`${PATH}/slots`), []);
  const [booking, setBooking] = useState(page.data.booking);
  // Null is the overview before anything was pressed.
  const [step, setStep] = useState<Step | null>(null);
  const [news, setNews] = useState<"moved" | "cancelled" | null>(null);
  const [view, setView] = useState<View>(() => {
    // A booking is mostly moved to a time near it.
    const date = localDate(Math.max(Date.parse(booking.startTime), page.now()), page.zone);
    return { zone: page.zone, hour12: page.formats.hour12, month: monthOf(date), date };
  });
  const finish = (changed: Booking, what: "moved" | "cancelled") => {
    setBooking(changed);
    setNews(what);
    setStep("overview");
    if (what === "cancelled") announce("cancelled", { bookingId: changed.id });
    else announce("rescheduled", { bookingId: changed.id, start: changed.startTime });
  };
  const common = { page, booking, view, path: PATH, onBack: () => setStep("overview") };
  if (step === "move") {
    return <Move {...common} slots={slots} onView={setView} onMoved={(changed) => finish(changed, "moved")} />;
  }
  if (step === "cancel") return <Cancel {...common} onCancelled={(changed) => finish(changed, "cancelled")} />;
  return (
    <Overview
      page={page}
      booking={booking}
      view={view}
      news={news}
      focused={step !== null}
      onMove={() => setStep("move")}
      onCancel={() => setStep("cancel")}
    />
  );
}

const root = document.getElementById("app");
if (root) render(<Manage page={readPage<ManageData>()} />, root);
