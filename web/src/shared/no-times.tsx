/** An empty month. */

import { useEffect, useRef, useState } from "preact/hooks";

import { Refused } from "./api.ts";
import { t } from "./messages.ts";
import { monthOf } from "./month.ts";
import { Notice } from "./notice.tsx";
import type { Page } from "./page.ts";
import type { View } from "./picker.tsx";
import type { Slots } from "./slots.ts";
import { localDate } from "./zones.ts";

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
      const first = `${view.month}-01` > today ? `${view.month}-01` : today;
      const start = await slots.next(first);
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
