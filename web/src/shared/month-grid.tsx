/** The month as a grid of dates, one of which is in the tab order (ARIA Authoring Practices). */

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import type { Formats } from "./locale.ts";
import { plural, t } from "./messages.ts";
import { addDays, addMonths, monthOf, sameDay, weekday, weeksOf } from "./month.ts";

interface Props {
  month: string;
  today: string;
  /** Free starts by date. */
  days: Map<string, number[]>;
  /** Whether the free starts of the month are known. */
  known: boolean;
  selected: string | null;
  loading: boolean;
  formats: Formats;
  onDay: (date: string) => void;
  onMonth: (month: string) => void;
}

export function MonthGrid(props: Props) {
  const { month, today, days, selected, formats } = props;
  const table = useRef<HTMLTableElement>(null);
  const [wanted, setWanted] = useState<string | null>(null);
  const [moves, setMoves] = useState(0);
  const focusable = choose(month, [wanted, selected, [...days.keys()].find((date) => monthOf(date) === month), today]);

  useLayoutEffect(() => {
    if (moves) table.current?.querySelector<HTMLElement>("[tabindex='0']")?.focus();
  }, [moves]);

  const move = (date: string) => {
    if (monthOf(date) < monthOf(today)) return;
    setWanted(date);
    setMoves(moves + 1);
    if (monthOf(date) !== month) props.onMonth(monthOf(date));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const date = target(event, focusable, formats.firstWeekday);
    if (!date) return;
    event.preventDefault();
    move(date);
  };

  const [long, heads] = useMemo(() => headsOf(formats), [formats]);
  return (
    <section class="month" aria-busy={props.loading}>
      <header>
        <h2 id="month" aria-live="polite">
          {formats.month(month)}
        </h2>
        <Turn to={-1} month={month} disabled={month <= monthOf(today)} onMonth={props.onMonth} />
        <Turn to={1} month={month} disabled={false} onMonth={props.onMonth} />
      </header>
      <table role="grid" aria-labelledby="month" ref={table} onKeyDown={onKeyDown}>
        <thead>
          <tr>
            {heads.map((name, index) => (
              <th scope="col" abbr={long[index]}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeksOf(month, formats.firstWeekday).map((week) => (
            <tr>
              {week.map((date) => (
                <td aria-selected={date !== null && date === selected}>
                  {date && (
                    <Day
                      date={date}
                      count={props.known ? (days.get(date)?.length ?? 0) : null}
                      isToday={date === today}
                      inTabOrder={date === focusable}
                      formats={formats}
                      onDay={props.onDay}
                      onFocus={setWanted}
                    />
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** The long names of the weekdays, and those to show. */
function headsOf(formats: Formats): [string[], string[]] {
  const short = formats.weekdays("short");
  // In some languages, such as Arabic, the short names are as long as the long ones.
  const heads = short.some((name) => name.length > 5) ? formats.weekdays("narrow") : short;
  return [formats.weekdays("long"), heads];
}

interface TurnProps {
  to: 1 | -1;
  month: string;
  disabled: boolean;
  onMonth: (month: string) => void;
}

function Turn({ to, month, disabled, onMonth }: TurnProps) {
  return (
    <button
      type="button"
      class={`turn ${to < 0 ? "back" : "on"}`}
      aria-label={t(to < 0 ? "month.previous" : "month.next")}
      aria-disabled={disabled}
      onClick={() => disabled || onMonth(addMonths(month, to))}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d="M6 3l5 5-5 5" />
      </svg>
    </button>
  );
}

interface DayProps {
  date: string;
  /** Null if it is not known. */
  count: number | null;
  isToday: boolean;
  inTabOrder: boolean;
  formats: Formats;
  onDay: (date: string) => void;
  onFocus: (date: string) => void;
}

function Day({ date, count, isToday, inTabOrder, formats, onDay, onFocus }: DayProps) {
  const shown = formats.date(date);
  const label = count ? plural("day.times", count, { date: shown }) : count === 0 ? t("day.none", { date: shown }) : shown;
  return (
    <button
      type="button"
      class="day"
      tabIndex={inTabOrder ? 0 : -1}
      aria-disabled={!count}
      aria-current={isToday ? "date" : undefined}
      aria-label={label}
      onClick={() => count && onDay(date)}
      onFocus={() => onFocus(date)}
    >
      {formats.dayNumber(date)}
    </button>
  );
}

function choose(month: string, dates: (string | null | undefined)[]): string {
  return dates.find((date) => date && monthOf(date) === month) ?? `${month}-01`;
}

function target(event: KeyboardEvent, date: string, firstWeekday: number): string | null {
  const isRightToLeft = document.documentElement.dir === "rtl";
  const inWeek = (weekday(date) - firstWeekday + 7) % 7;
  switch (event.key) {
    case "ArrowLeft":
      return addDays(date, isRightToLeft ? 1 : -1);
    case "ArrowRight":
      return addDays(date, isRightToLeft ? -1 : 1);
    case "ArrowUp":
      return addDays(date, -7);
    case "ArrowDown":
      return addDays(date, 7);
    case "Home":
      return addDays(date, -inWeek);
    case "End":
      return addDays(date, 6 - inWeek);
    case "PageUp":
      return sameDay(date, event.shiftKey ? -12 : -1);
    case "PageDown":
      return sameDay(date, event.shiftKey ? 12 : 1);
    default:
      return null;
  }
}
