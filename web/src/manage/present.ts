/** The booking as it is: it can be changed elsewhere while the page is open. */

import { useEffect, useRef, useState } from "preact/hooks";

import { call } from "../shared/api.ts";
import { whenSeen } from "../shared/seen.ts";
import type { Booking } from "./main.tsx";

const FRESH_MILLISECONDS = 60_000;

/** Who changed the booking since it was shown: this page, or anybody else. */
export type News = "own" | "elsewhere";

interface Present {
  booking: Booking;
  news: News | null;
}

export function usePresent(path: string, written: Booking) {
  const [present, setPresent] = useState<Present>({ booking: written, news: null });
  const readAt = useRef(Date.now());
  const otherTabs = useRef<BroadcastChannel>();
  const keep = (found: Booking, news: News) =>
    setPresent((shown) => {
      const changes = found.sequence - shown.booking.sequence;
      // An answer may be older than what is shown.
      return changes < 0 ? shown : { booking: found, news: changes ? news : shown.news };
    });
  /** `news`: whose change it is, if there is one. */
  const read = async (news: News = "elsewhere") => {
    readAt.current = Date.now();
    // Without an answer the page stays as it is: nobody asked for it.
    await call<Booking>(path).then((found) => keep(found, news), () => undefined);
  };
  useEffect(() => {
    const channel = (otherTabs.current = new BroadcastChannel(path));
    channel.onmessage = () => void read();
    const stop = whenSeen(() => Date.now() - readAt.current > FRESH_MILLISECONDS && void read());
    return () => {
      channel.close();
      stop();
    };
  }, []);
  return {
    ...present,
    read,
    /** Shows the booking after a change by this page, here and in its other tabs. */
    finish: (changed: Booking, news: News = "own") => {
      keep(changed, news);
      otherTabs.current?.postMessage("changed");
    },
    forgetNews: () => setPresent(({ booking }) => ({ booking, news: null })),
  };
}
