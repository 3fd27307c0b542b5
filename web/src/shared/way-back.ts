/** Goes back in the history. That happens later: asked for twice until then, it would leave the page. */

/** A history without such a step goes nowhere, and tells nobody. */
const MOST_MILLISECONDS = 3000;

/** Set while the history goes back. */
let timer: ReturnType<typeof setTimeout> | undefined;
let next: (() => unknown) | undefined;

function end(): typeof next {
  const change = next;
  clearTimeout(timer);
  timer = next = undefined;
  return change;
}

addEventListener("popstate", () => end()?.());

/** `whenStill` waits until this has happened. */
export function goBack(steps: number): void {
  timer = setTimeout(end, MOST_MILLISECONDS);
  history.go(-steps);
}

/** Changes the step at once, or after the way back: of several changes meanwhile the last one counts. */
export function whenStill(change: () => unknown): void {
  if (timer) next = change;
  else change();
}
