/** Why something could not be done, and a way on. */

import { useEffect, useRef, useState } from "preact/hooks";

import type { Refused } from "./api.ts";
import { plural, t, type MessageKey } from "./messages.ts";

const TEXTS: Record<string, MessageKey> = {
  offline: "error.offline",
  away: "error.away",
  calendar_unknown: "error.calendar",
  invitee_limit: "error.invitee_limit",
  event_type_inactive: "error.gone",
  event_type_not_found: "error.gone",
  host_not_found: "error.gone",
  rate_limited: "error.limited_moment",
};

interface Props {
  refused: Refused;
  /** What was refused, if the page shows something else. */
  about?: string;
  /** Of codes that only one page gets. */
  texts?: Record<string, MessageKey>;
  onRetry?: (() => void) | undefined;
}

export function Notice({ refused, about, texts, onRetry }: Props) {
  const seconds = useCountdown(refused);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // What had the focus was disabled or removed.
    if (document.activeElement === document.body) box.current?.focus();
  }, [refused]);
  return (
    <div class="notice" tabIndex={-1} ref={box}>
      {/* Without the button: each second of its countdown would have the whole alert read again. */}
      <div role="alert">
        {about && <strong>{about}</strong>}
        <p>{t({ ...TEXTS, ...texts }[refused.code] ?? "error.unspecified")}</p>
      </div>
      {onRetry && (
        <button type="button" class="secondary" aria-disabled={seconds > 0} onClick={() => seconds > 0 || onRetry()}>
          {seconds > 0 ? plural("retry.in", seconds) : t("retry")}
        </button>
      )}
    </div>
  );
}

/** The seconds until the request may be repeated. */
function useCountdown(refused: Refused): number {
  const [seconds, setSeconds] = useState(refused.retryAfter);
  useEffect(() => {
    setSeconds(refused.retryAfter);
    const timer = setInterval(() => setSeconds((left) => left && left - 1), 1000);
    return () => clearInterval(timer);
  }, [refused]);
  return seconds;
}
