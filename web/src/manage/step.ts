/**
 * The step that is shown, in the history so that the browser's way back leads to the one before. A frame shares the
 * history with its site, so there no entry is added.
 */

import { useEffect, useState } from "preact/hooks";

import { isFramed } from "../shared/page.ts";
import { goBack, whenStill } from "../shared/way-back.ts";

export interface Step {
  name: "overview" | "move" | "cancel";
  /** Of `move`: the new time, if it is chosen. */
  start?: number;
}

export const OVERVIEW: Step = { name: "overview" };

export const shownStep = (): Step => (history.state as Step | null) ?? OVERVIEW;

export const isSame = (one: Step, other: Step): boolean => one.name === other.name && one.start === other.start;

/** How many steps the way back has to the overview. */
const depthOf = ({ name, start }: Step): number => (name === "overview" ? 0 : start ? 2 : 1);

function record(step: Step): void {
  history[depthOf(step) > depthOf(shownStep()) && !isFramed() ? "pushState" : "replaceState"](step, "");
}

/** Null is the overview before anything was pressed. `isKept`: the page is loaded in another language, at its step. */
export function useStep(isKept: boolean): [Step | null, (step: Step) => void] {
  const [step, setStep] = useState<Step | null>(isKept ? shownStep() : null);
  const change = (next: Step) => {
    const before = shownStep();
    const back = depthOf(before) - depthOf(next);
    // The history has the steps that lead to the present one.
    if (back > 0 && !isFramed() && (next.name === before.name || next.name === "overview")) return goBack(back);
    if (next.start && before.name !== "move") record({ name: "move" });
    record(next);
    setStep(next);
  };
  const goTo = (next: Step) => whenStill(() => change(next));
  useEffect(() => {
    const onPopState = () => setStep(shownStep());
    addEventListener("popstate", onPopState);
    // After a reload the booking is shown, which the history has before these steps; what was typed is lost.
    if (!isKept && depthOf(shownStep())) goTo(OVERVIEW);
    return () => removeEventListener("popstate", onPopState);
  }, []);
  return [step, goTo];
}
