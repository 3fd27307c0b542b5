/** Month, times and zone: everything to choose a start. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import type { Refused } from "./api.ts";
import { useKeptFocus } from "./kept-focus.ts";
import { later } from "./later.tsx";
import { plural, t } from "./messages.ts";
import { MonthGrid } from "./month-grid.tsx";
import { monthOf } from "./month.ts";
import { Notice } from "./notice.tsx";
import { keepLinks, type Page } from "./page.ts";
import { whenSeen } from "./seen.ts";
import type { Slots } from "./slots.ts";
import { ZoneButton } from "./zone-button.tsx";
import { byDate, localDate, nearestDate, offsetIfRepeated } from "./zones.ts";

const NoTimes = later(
  () => import("./no-times.tsx").then((loaded) => loaded.NoTimes),
  ({ page, view }) => t("month.none", { month: page.formats.month(view.month) }),
);

/** Instead of the chosen start, if it is not free any more. */
const GONE = -1;

export interface View {
  zone: string;
  hour12: boolean;
  month: string;
  date: string | null;
}

interface Props {
  page: Page<unknown>;
  slots: Slots;
  view: View;
  /** Whether a start is asked for already, and so may be missing from the list by that. */
  isOpen?: (start: number) => boolean;
  /** The start of the booking that is moved: shown, but not to be chosen. */
  present?: number;
  onView: (view: View) => void;
  onStart: (start: number) => void;
}

export function Picker(props: Props) {
  const { page, slots, view, isOpen, present, onView, onStart } = props;
  const { zone, month } = view;
  const [failure, setFailure] = useState<Refused | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [isLoading, setLoading] = useState(false);
  // The chosen start while its month is read again, or 0, or GONE.
  const [asked, setAsked] = useState(0);
  const latest = useRef(asked);
  const heading = useRef<HTMLHeadingElement>(null);
  const times = useKeptFocus();
  const starts = slots.known(month);
  const now = page.now();
  const free = (starts ?? []).filter((start) => start > now && start !== present);
  const days = useMemo(() => byDate(free, zone), [starts, zone, present]);
  const own = present && starts && localDate(present, zone);
  const date =
    [view.date, ...days.keys()].find((day) => day && monthOf(day) === month && (days.has(day) || day === own)) ?? null;

  useEffect(() => {
    // A month that was left while it was read says nothing about this one.
    let isWanted = slots.isOld(month);
    setLoading(isWanted);
    setFailure(null);
    if (isWanted)
      slots
        .load(month)
        .catch((error: Refused) => isWanted && setFailure(error))
        .finally(() => isWanted && setLoading(false));
    return () => {
      isWanted = false;
    };
  }, [month, attempt]);

  const retry = () => setAttempt((before) => before + 1);
  useEffect(() => whenSeen(retry), []);

  const ask = (chosen: number) => setAsked((latest.current = chosen));
  useEffect(() => () => ask(0), [view]);
  const choose = async (start: number) => {
    ask(start);
    if (slots.isOld(month) && !isOpen?.(start)) {
      // Without an answer the form is shown: what was typed there can be sent later.
      const listed = await slots.load(month).catch(() => [start]);
      if (latest.current !== start) return;
      if (!listed.includes(start)) return ask(GONE);
    }
    ask(0);
    onStart(start);
  };
  const select = (chosen: string) => {
    onView({ ...view, date: chosen });
    requestAnimationFrame(() => heading.current?.focus());
  };
  const changeZone = (chosen: string) => {
    keepLinks(chosen);
    const near = (date && nearestDate(byDate(free, chosen).keys(), date)) || view.date || month;
    // A date that nobody chose is the first free one of the month.
    onView({ ...view, zone: chosen, month: monthOf(near), date: view.date && near });
  };
  return (
    <div class="picker">
      <MonthGrid
        month={month}
        today={localDate(now, zone)}
        days={days}
        known={!!starts}
        selected={date}
        loading={isLoading}
        formats={page.formats}
        onDay={select}
        onMonth={(chosen) => onView({ ...view, month: chosen, date: null })}
      />
      <ZoneButton
        zone={zone}
        now={now}
        hour12={view.hour12}
        formats={page.formats}
        onZone={changeZone}
        onHour12={(hour12) => onView({ ...view, hour12 })}
      />
      <section class="times" aria-labelledby="times" ref={times}>
        {date && (
          <>
            <h2 id="times" ref={heading} tabIndex={-1}>
              {/* The month's title has the year. */}
              {page.formats.dayOfYear(date)}
            </h2>
            <p class="visually-hidden" role="status">
              {plural("day.times", days.get(date)?.length ?? 0, { date: page.formats.date(date) })}
            </p>
            <Times
              starts={days.get(date) ?? []}
              present={date === own && present}
              asked={asked}
              date={date}
              page={page}
              view={view}
              onStart={choose}
            />
          </>
        )}
        {asked === GONE && (
          <p class="notice" role="alert" tabIndex={-1}>
            {t("time.taken")}
          </p>
        )}
        {failure && <Notice refused={failure} onRetry={retry} />}
        {!date && !failure && !isLoading && starts && (
          <div tabIndex={-1}>
            <NoTimes {...props} />
          </div>
        )}
        <div role="status">
          {(!starts || asked > 0) && !failure && (
            <p class="quiet" tabIndex={-1}>
              {t("slots.loading")}
            </p>
          )}
        </div>
      </section>
    </div>
  );
}

interface TimesProps {
  starts: number[];
  /** Is shown among them. */
  present: number | false | undefined;
  /** Is marked as busy. */
  asked: number;
  date: string;
  page: Page<unknown>;
  view: View;
  onStart: (start: number) => void;
}

function Times({ present, asked, date, page, view, onStart, starts: free }: TimesProps) {
  const starts = present ? [...free, present].sort((one, other) => one - other) : free;
  const shownDate = page.formats.date(date);
  return (
    <ul class="list">
      {starts.map((start) => {
        const time = page.formats.time(start, view.zone, view.hour12) + offsetIfRepeated(start, view.zone);
        const mark = start === present && t("move.from");
        return (
          <li key={start}>
            <button
              type="button"
              class="time"
              aria-label={`${time}, ${mark || shownDate}`}
              aria-busy={start === asked}
              aria-disabled={!!mark}
              onClick={() => mark || onStart(start)}
            >
              {time} {mark && <small>{mark}</small>}
            </button>
          </li>
        );
      })}
    </ul>
  );
}
