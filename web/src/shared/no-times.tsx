/** An empty month. */

import { useEffect, useRef, useState } from "preact/hooks";

import { Refused } from "./api.ts";
import { t } from "./messages.ts";
import { monthOf } from "./month.ts";
import { nextStart } from "./no-times-search.ts";
import { Notice } from "./notice.tsx";
import type { Page } from "./page.ts";
import type { View } from "./picker.tsx";
import type { Slots } from "./slots.ts";
import { localDate } from "./zones.ts";

interface Props {
  page: Page<unknown>;
  slots: Slots;
  view: View;
  /** A start that is not to be chosen. */
  present?: number;
  onView: (view: View) => void;
}

/** No free time in the month shown: offers to look for the next one. */
export function NoTimes({ page, slots, view, present, onView }: Props) {
  const [state, setState] = useState<"idle" | "searching" | "none" | Refused>("idle");
  const text = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    // The button was removed.
    if (state === "none") text.current?.focus();
  }, [state]);
  const latest = useRef<View | null>(null);
  useEffect(() => {
    latest.current = view;
    setState((before) => (before === "searching" ? "idle" : before));
    return () => {
      latest.current = null;
    };
  }, [view]);
  const search = async () => {
    const now = page.now();
    const start = await nextStart(slots, {
      zone: view.zone,
      today: localDate(now, view.zone),
      from: `${view.month}-01`,
      isFree: (start) => start > now && start !== present,
    });
    if (start === undefined) return null;
    const date = localDate(start, view.zone);
    const month = monthOf(date);
    // It may have become free after its month was read.
    if (!slots.known(month)?.includes(start)) await slots.load(month);
    return { ...view, month, date };
  };
  const find = async () => {
    setState("searching");
    const found = await search().catch((error: Refused) => error);
    // Another month or zone was chosen meanwhile.
    if (latest.current !== view) return;
    if (found instanceof Refused) setState(found);
    else if (found) onView(found);
    else setState("none");
  };
  if (state instanceof Refused) return <Notice refused={state} onRetry={find} />;
  return (
    <div class="none">
      <p role="status" tabIndex={-1} ref={text}>
        {state === "none" ? t("slots.none") : t("month.none", { month: page.formats.month(view.month) })}
      </p>
      {state !== "none" && (
        <button type="button" class="secondary" aria-disabled={state === "searching"} onClick={() => state === "searching" || find()}>
          {t("month.find")}
        </button>
      )}
    </div>
  );
}
