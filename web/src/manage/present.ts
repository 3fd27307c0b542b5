/** The booking as it is: it can be changed elsewhere while the page is open. */

import { useEffect, useRef, useState } from "preact/hooks";

import { call } from "../shared/api.ts";
import { whenSeen } from "../shared/seen.ts";
import type { Booking } from "./main.tsx";

const FRESH_MILLISECONDS = 60_000;

export function usePresent(path: string, written: Booking) {
  const [booking, setBooking] = useState(written);
  const readAt = useRef(Date.now());
  /** An answer may be older than what is shown. */
  const keep = (found: Booking) =>
    setBooking((before) => (Date.parse(found.updatedAt) < Date.parse(before.updatedAt) ? before : found));
  const read = async () => {
    readAt.current = Date.now();
    // Without an answer the page stays as it is: nobody asked for it.
    await call<Booking>(path).then(keep, () => undefined);
  };
  useEffect(() => whenSeen(() => Date.now() - readAt.current > FRESH_MILLISECONDS && void read()), []);
  return { booking, keep, read };
}
