/** Goes back in the history. That happens later: asked for twice until then, it would leave the page. */

/** A history without such a step goes nowhere, and tells nobody. */
const MOST_MILLISECONDS = 3000;

let isGoing = false;
let next: (() => void) | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

function end(): (() => void) | null {
  const asked = next;
  clearTimeout(timer);
  isGoing = false;
  next = null;
  return asked;
}

addEventListener("popstate", () => end()?.());
// A page that is left may be shown again as it was.
addEventListener("pagehide", end);

/** `whenStill` waits until this has happened. */
export function goBack(steps: number): void {
  isGoing = true;
  timer = setTimeout(end, MOST_MILLISECONDS);
  history.go(-steps);
}

/** Changes the step at once, or after the way back: of several changes meanwhile the last one counts. */
export function whenStill(change: () => void): void {
  if (isGoing) next = change;
  else change();
}
