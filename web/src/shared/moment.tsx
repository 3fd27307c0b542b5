/** A start and end in a zone, in words. */

import type { Page } from "./page.ts";
import type { View } from "./picker.tsx";
import { cityOf } from "./zone-button.tsx";
import { localDate, shownOffset } from "./zones.ts";

interface Props {
  page: Page<unknown>;
  view: View;
  start: number;
  end: number;
}

export function Moment({ page, view, start, end }: Props) {
  const [date, lastDate] = [localDate(start, view.zone), localDate(end, view.zone)];
  const [offset, last] = [shownOffset(start, view.zone), shownOffset(end, view.zone)];
  const isChanged = offset !== last;
  const time = (instant: number) =>
    page.formats.time(instant, view.zone, view.hour12) + (isChanged ? ` ${shownOffset(instant, view.zone)}` : "");
  return (
    <p class="moment">
      <strong>{page.formats.date(date)}</strong>
      <span>
        <bdi>
          {time(start)} – {lastDate !== date && `${page.formats.date(lastDate)}, `}
          {time(end)}
        </bdi>{" "}
        <span class="quiet">
          <bdi>{cityOf(view.zone)}</bdi> {!isChanged && <bdi>{offset}</bdi>}
        </span>
      </span>
    </p>
  );
}
