/** An empty month. */

import { useEffect, useRef, useState } from "preact/hooks";

import { Refused } from "./api.ts";
import { t } from "./messages.ts";
import { addDays, monthOf } from "./month.ts";
import { Notice } from "./notice.tsx";
import type { Page } from "./page.ts";
import type { View } from "./picker.tsx";
import type { Slots } from "./slots.ts";
import { localDate } from "./zones.ts";

const MOST_DATES = 60; // of one request
const FURTHEST_DAYS = 731; // two years, the furthest that a host can offer

interface Props {
  page: Page<unknown>;
  slots: Slots;
  view: View;
  onView: (view: View) => void;
}

/** No free time in the month shown: offers to look for the next one. */
export function NoTimes({ page, slots, view, onView }: Props) {
  const [state, setState] = useState<"idle" | "searching" | "none" | Refused>("idle");
  const text = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    // The button was removed.
    if (state === "none") text.current?.focus();
  }, [state]);
  const find = async () => {
    setState("searching");
    try {
      const today = localDate(page.now(), view.zone);
      const first = `${view.month}-01`;
      // Nobody can be booked later than that, so that the next free day is the first one.
      const isAhead = first > today && first < addDays(today, FURTHEST_DAYS);
      const start = await nextStart(slots, isAhead ? first : today);
      if (start === null) return setState("none");
      const date = localDate(start, view.zone);
      onView({ ...view, month: monthOf(date), date });
    } catch (error) {
      setState(error as Refused);
    }
  };
  if (state instanceof Refused) return <Notice refused={state} onRetry={find} />;
  return (
    <div class="none">
      <p role="status" tabIndex={-1} ref={text}>
        {state === "none" ? t("slots.none") : t("month.none", { month: page.formats.month(view.month) })}
      </p>
      {state !== "none" && (
        <button type="button" class="secondary" aria-disabled={state === "searching"} onClick={find}>
          {t("month.find")}
        </button>
      )}
    </div>
  );
}

/** The first start on or after a date, or null; raises Refused. */
async function nextStart(slots: Slots, date: string): Promise<number | null> {
  const end = addDays(date, FURTHEST_DAYS);
  for (let first = date; first < end; first = addDays(first, MOST_DATES)) {
    const [start] = await slots.read(first, addDays(first, MOST_DATES));
    if (start !== undefined) return start;
  }
  return null;
}
