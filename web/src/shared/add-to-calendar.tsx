import { useMemo } from "preact/hooks";

import { googleLink, icsFile, outlookLink, type Appointment } from "./calendar-links.ts";
import { t } from "./messages.ts";

export function AddToCalendar({ appointment }: { appointment: Appointment }) {
  const text = icsFile(appointment);
  const file = useMemo(() => URL.createObjectURL(new Blob([text], { type: "text/calendar" })), [text]);
  return (
    <section aria-labelledby="calendars">
      <h3 id="calendars">{t("calendar.add")}</h3>
      <ul class="links">
        <li>
          <a href={file} download="booking.ics">
            {t("calendar.file")}
          </a>
        </li>
        <li>
          <a href={googleLink(appointment)} target="_blank" rel="noopener">
            Google
          </a>
        </li>
        <li>
          <a href={outlookLink(appointment)} target="_blank" rel="noopener">
            Outlook
          </a>
        </li>
      </ul>
    </section>
  );
}
