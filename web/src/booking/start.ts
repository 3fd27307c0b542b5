/**
 * The chosen start, in the history so that the browser's way back leads from the form to the times. A frame shares the
 * history with its site, so there no entry is added.
 */

import { useEffect, useRef, useState } from "preact/hooks";

import { isFramed } from "../shared/page.ts";
import { goBack, whenStill } from "../shared/way-back.ts";

/** The start that is shown: what the history says, also for an answer that arrives later. */
export function shownStart(): number | null {
  return (history.state as { start?: number | null } | null)?.start ?? null;
}

/** `isAsked`: whether a start is shown after the page was loaded again, as a request to book it was sent. */
export function useStart(isAsked: (start: number) => boolean) {
  const [start, setStart] = useState<number | null>(() => {
    const shown = shownStart();
    return shown && isAsked(shown) ? shown : null;
  });
  const goTo = (chosen: number | null) =>
    whenStill(() => {
      const shown = shownStart();
      if (!chosen && !isFramed()) return shown && goBack(1);
      history[shown || isFramed() ? "replaceState" : "pushState"]({ ...(history.state as object | null), start: chosen }, "");
      setStart(chosen);
    });
  const back = () => goTo(null);
  useEffect(() => {
    const onPopState = () => setStart(shownStart());
    addEventListener("popstate", onPopState);
    // After a reload the times are shown, which the history has before this step; what was typed is lost.
    if (shownStart() !== start) back();
    return () => removeEventListener("popstate", onPopState);
  }, []);
  return { start, goTo, back };
}

/** On the way back to the times what had the focus is gone with the form; a notice above them takes it itself. */
export function useFocusOnReturn(start: number | null, hasNotice: boolean): void {
  const left = useRef(start);
  useEffect(() => {
    if (left.current && !start && !hasNotice) document.getElementById("times")?.focus();
    left.current = start;
  }, [start]);
}
