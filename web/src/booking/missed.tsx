/** Says of another time than the shown one that it was refused, or that it may be booked; in its form both can be mended. */

import { Notice } from "../shared/notice.tsx";
import type { Page } from "../shared/page.ts";
import type { View } from "../shared/picker.tsx";
import { timeProblem } from "../shared/refusals.ts";
import { localDate, offsetIfRepeated } from "../shared/zones.ts";
import { isRepeatable, send, type Attempt } from "./attempt.ts";
import { isFormChanged, refusedFields } from "./form.ts";
import type { BookingData } from "./main.tsx";

interface Props {
  page: Page<BookingData>;
  view: View;
  missed: [number, Attempt][];
  onOpen: (start: number) => void;
  onAttempt: (start: number, attempt: Attempt) => void;
}

export function Missed({ page, view, missed, onOpen, onAttempt }: Props) {
  return (
    <div class="missed">
      {missed.map(([start, attempt]) => {
        const { refused, request } = attempt;
        if (!refused) return null;
        const isChanged = isFormChanged(refused);
        const areFields = isChanged || Object.keys(refusedFields(refused, request, page.data.eventType.questions)).length > 0;
        const text = isChanged ? "error.form_changed" : areFields ? "error.fields" : timeProblem(refused.code);
        const open = () => {
          onOpen(start);
          if (isRepeatable(attempt)) void send(attempt, (kept) => onAttempt(start, kept));
          else onAttempt(start, attempt);
        };
        const time = page.formats.time(start, view.zone, view.hour12) + offsetIfRepeated(start, view.zone);
        return (
          <Notice
            key={start}
            refused={refused}
            about={`${page.formats.shortDate(localDate(start, view.zone))}, ${time}`}
            texts={text ? { [refused.code]: text } : {}}
            onRetry={areFields || isRepeatable(attempt) ? open : undefined}
          />
        );
      })}
    </div>
  );
}
