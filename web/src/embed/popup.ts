/** A page of LinkTime in a dialog, and the button that opens it. */

import { addressOf, type Options } from "./address.ts";
import type { Message } from "./protocol.ts";
import { style } from "./style.ts";
import { texts } from "./texts.ts";
import { show, type View } from "./view.ts";

/** Between floating buttons, in pixels. */
const GAP = 8;
const popups = new Map<string, View>();
/** Of the floating buttons: a narrower window or another font changes them, a removal makes them 0. */
const sizes = new ResizeObserver(stack);

/** Opens the popup of a link, as it was left; closing gives the focus back to what had it. */
export function openPopup(base: string, options: Options, receive: (message: Message) => void): View {
  style();
  const address = addressOf(base, options);
  let view = popups.get(address);
  if (view?.element.isConnected === false) {
    // The site removed it, such as with all of its content.
    view.remove();
    view = undefined;
  }
  const forget = () => {
    // Not a later popup of the same link.
    if (popups.get(address) === view) popups.delete(address);
  };
  if (!view) popups.set(address, (view = makePopup(base, options, forget, receive)));
  (view.element as HTMLDialogElement).showModal();
  return view;
}

export function floatingButton(options: Options, open: () => void): { remove: () => void } {
  style();
  const button = document.createElement("button");
  button.type = "button";
  button.className = "linktime-button";
  button.textContent = options.text ?? texts().title;
  button.setAttribute("aria-haspopup", "dialog");
  button.onclick = open;
  document.body.append(button);
  sizes.observe(button, { box: "border-box" });
  return { remove: () => button.remove() };
}

/** Puts each floating button above the one before it, by a margin: a site may set the inset. */
function stack(): void {
  let above = 0;
  for (const button of document.querySelectorAll<HTMLElement>("button.linktime-button")) {
    button.style.marginBlockEnd = above ? `${above}px` : "";
    // A site may hide one.
    if (button.offsetHeight) above += button.offsetHeight + GAP;
  }
}

function makePopup(base: string, options: Options, forget: () => void, receive: (message: Message) => void): View {
  const dialog = document.createElement("dialog");
  dialog.className = "linktime-popup";
  dialog.ariaLabel = texts().title;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "linktime-close";
  close.ariaLabel = texts().close;
  close.textContent = "×";
  close.onclick = () => dialog.close();
  dialog.append(close);
  document.body.append(dialog);
  let isDone = false;
  const view = show(base, options, dialog, false, (message) => {
    if (message.type === "close") dialog.close();
    isDone ||= message.type === "booked";
    receive(message);
  });
  dialog.append(view.element);
  const remove = () => {
    // Gives the focus back; one that the site took away has lost it already.
    if (dialog.isConnected) dialog.close();
    view.remove();
    dialog.remove();
    forget();
  };
  // What was typed is kept for the next time; after a booking it begins again.
  dialog.addEventListener("close", () => isDone && remove());
  return { id: view.id, element: dialog, remove };
}
