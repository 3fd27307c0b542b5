/** What happens on the page, for the site that shows it in a frame: `framed/main.ts` sends it on. */

interface Facts {
  date_selected: { date: string };
  slot_selected: { start: string };
  booked: { bookingId: string; start: string };
  rescheduled: { bookingId: string; start: string };
  cancelled: { bookingId: string };
  error: { code: string };
}

export function announce<Type extends keyof Facts>(type: Type, facts: Facts[Type]): void {
  dispatchEvent(new CustomEvent("linktime", { detail: { type, ...facts } }));
}
