// List, book, move and cancel with the generated TypeScript client; prints what was seen as JSON.
//
// node main_path.js <address> <key> <slug of an event type>

import createClient from "openapi-fetch";
import type { paths } from "./linktime.js";

const [address, key, slug] = process.argv.slice(2) as [string, string, string];
const client = createClient<paths>({
  baseUrl: address,
  headers: { Authorization: `Bearer ${key}` },
});

/** Return the answer of a call; its type is the answer's without an error's. */
function answered<T>(call: { data?: T; error?: { error: string } }): T {
  if (call.data === undefined) throw new Error(call.error?.error);
  return call.data;
}

const slots = answered(
  await client.GET("/api/v1/availability/{slug}", {
    params: { path: { slug }, query: { timezone: "Europe/Berlin" } },
  }),
);
const [first, second] = slots.data.map((slot) => slot.startTime) as [string, string];
// Without the optional fields: they must not be required ones in TypeScript.
const booked = answered(
  await client.POST("/api/v1/bookings", {
    body: {
      eventTypeSlug: slug,
      startTime: first,
      inviteeName: "Zoë Quinn",
      inviteeEmail: "zoe@example.com",
      inviteeTimezone: "Europe/Berlin",
    },
  }),
);
const path = { id: booked.bookingId };
const page = answered(await client.GET("/api/v1/bookings", { params: { query: { limit: 5 } } }));
const moved = answered(
  await client.POST("/api/v1/bookings/{id}/reschedule", {
    params: { path },
    body: { newStartTime: second },
  }),
);
const cancel = (reason?: string) =>
  client.POST("/api/v1/bookings/{id}/cancel", { params: { path }, body: { reason } });
const cancelled = answered(await cancel("ill"));
const again = await cancel();
const seen = answered(await client.GET("/api/v1/bookings/{id}", { params: { path } }));
const amount: number | undefined = seen.payment?.amount;

console.log(
  JSON.stringify({
    listed: page.data.map((one) => one.id === booked.bookingId),
    moved: moved.success,
    cancelled: cancelled.success,
    again: again.error?.code,
    status: seen.status,
    isMoved: seen.startTime === second,
    history: seen.history.map((line) => line.type),
    payment: amount ?? seen.payment,
  }),
);
