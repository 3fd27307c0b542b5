/** Links and a file that add a booking to a calendar. */

export interface Appointment {
  /** As in the mail's invitation: a calendar that gets both has one event. */
  uid: string;
  sequence: number;
  /** When it was booked or last changed. */
  changed: number;
  title: string;
  start: number;
  end: number;
  place: string;
  details: string;
}

export function googleLink(one: Appointment): string {
  return `https://calendar.google.com/calendar/render?${new URLSearchParams({
    action: "TEMPLATE",
    text: one.title,
    dates: `${stamp(one.start)}/${stamp(one.end)}`,
    details: one.details,
    location: one.place,
  })}`;
}

export function outlookLink(one: Appointment): string {
  return `https://outlook.live.com/calendar/0/deeplink/compose?${new URLSearchParams({
    path: "/calendar/action/compose",
    rru: "addevent",
    subject: one.title,
    startdt: new Date(one.start).toISOString(),
    enddt: new Date(one.end).toISOString(),
    body: one.details,
    location: one.place,
  })}`;
}

/** The booking as iCalendar (RFC 5545). */
export function icsFile(one: Appointment): string {
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//LinkTime//Booking page//EN",
    "BEGIN:VEVENT",
    `UID:${one.uid}`,
    `SEQUENCE:${one.sequence}`,
    `DTSTAMP:${stamp(one.changed)}`,
    `LAST-MODIFIED:${stamp(one.changed)}`,
    `DTSTART:${stamp(one.start)}`,
    `DTEND:${stamp(one.end)}`,
    `SUMMARY:${escaped(one.title)}`,
    ...(one.place ? [`LOCATION:${escaped(one.place)}`] : []),
    `DESCRIPTION:${escaped(one.details)}`,
    "END:VEVENT",
    "END:VCALENDAR",
  ];
  return lines.map(folded).join("\r\n") + "\r\n";
}

function stamp(instant: number): string {
  return new Date(instant).toISOString().replace(/[-:]|\.\d+/g, "");
}

function escaped(text: string): string {
  return text.replace(/[\\;,]/g, "\\$&").replace(/\r?\n/g, "\\n");
}

/** A line of at most 75 octets is continued on the next one after a blank. */
function folded(line: string): string {
  const encoder = new TextEncoder();
  let [result, octets] = ["", 0];
  for (const character of line) {
    const length = encoder.encode(character).length;
    if (octets + length > 74) [result, octets] = [`${result}\r\n `, 1];
    result += character;
    octets += length;
  }
  return result;
}
