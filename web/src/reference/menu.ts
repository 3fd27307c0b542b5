/** Lets Escape close the menu of narrow windows, for which Scalar has no setting. */

// Scalar marks the header of the closed menu; the header's first button opens and closes it.
const OPEN = ".t-doc__header:not([data-scalar-scroll-header]) header button";

document.addEventListener("keydown", (event) => {
  // A dialog closes itself; the menu behind it stays.
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("[role='dialog']")) return;
  const button = document.querySelector<HTMLElement>(OPEN);
  button?.click();
  button?.focus();
});
