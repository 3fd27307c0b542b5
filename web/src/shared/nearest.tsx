/** Why a time cannot be had, with the free times near it. */

import { useEffect, useRef } from "preact/hooks";

import type { Refused } from "./api.ts";
import { t } from "./messages.ts";
import type { Page } from "./page.ts";
import type { View } from "./picker.tsx";
import { timeProblem } from "./refusals.ts";
import { localDate, offsetIfRepeated } from "./zones.ts";

interface Props {
  refused: Refused;
  page: Page<unknown>;
  view: View;
  /** A start that is not to be chosen. */
  without?: number;
  onStart: (start: number) => void;
  onOther: () => void;
}

export function Nearest({ refused, page, view, without, onStart, onOther }: Props) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), [refused]);
  const starts = (refused.body.nearest ?? [])
    .map((text) => Date.parse(text))
    .filter((start) => start !== without)
    .sort((one, other) => one - other);
  const time = (start: number) =>
    page.formats.time(start, view.zone, view.hour12) + offsetIfRepeated(start, view.zone);
  return (
    <div class="notice" role="alert" tabIndex={-1} ref={box}>
      <p>
        <strong>{t(timeProblem(refused.code) ?? "time.taken")}</strong>{" "}
        {starts.length > 0 && t("time.nearest")}
      </p>
      <ul class="list near">
        {starts.map((start) => (
          <li key={start}>
            <button type="button" class="time" onClick={() => onStart(start)}>
              {page.formats.shortDate(localDate(start, view.zone))}, {time(start)}
            </button>
          </li>
        ))}
      </ul>
      <button type="button" class="link" onClick={onOther}>
        {t("time.choose")}
      </button>
    </div>
  );
}
