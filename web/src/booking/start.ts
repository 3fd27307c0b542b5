/** The chosen start, in the history so that the browser's way back leads from the form to the times. */

import { useEffect, useRef, useState } from "preact/hooks";

/** The start that is shown: what the history says, also for an answer that arrives later. */
export function shownStart(): number | null {
  return (history.state as { start?: number } | null)?.start ?? null;
}

/** `isKept`: the page is loaded in another language, and shows what it showed before. */
export function useStart(isKept: boolean): [number | null, (start: number) => void] {
  const [start, setStart] = useState(isKept ? shownStart() : null);
  useEffect(() => {
    const onPopState = () => setStart(shownStart());
    addEventListener("popstate", onPopState);
    // After a reload the times are shown, which the history has before this step; what was typed is lost.
    if (history.state && !isKept) history.back();
    return () => removeEventListener("popstate", onPopState);
  }, []);
  const goTo = (chosen: number) => {
    history[history.state ? "replaceState" : "pushState"]({ start: chosen }, "");
    setStart(chosen);
  };
  return [start, goTo];
}

/** On the way back to the times what had the focus is gone with the form; a notice above them takes it itself. */
export function useFocusOnReturn(start: number | null, hasNotice: boolean): void {
  const left = useRef(start);
  useEffect(() => {
    if (left.current && !start && !hasNotice) document.getElementById("times")?.focus();
    left.current = start;
  }, [start]);
}
