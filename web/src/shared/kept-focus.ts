import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** If what has the focus in the section is removed, the notice gets it, or else the title or text that follows. */
export function useKeptFocus(): RefObject<HTMLElement> {
  const section = useRef<HTMLElement>(null);
  const hadFocus = section.current?.contains(document.activeElement);
  useLayoutEffect(() => {
    if (!hadFocus || section.current?.contains(document.activeElement)) return;
    const find = (selector: string) => section.current?.querySelector<HTMLElement>(selector);
    (find(".notice") ?? find("[tabindex='-1']"))?.focus();
  });
  return section;
}
