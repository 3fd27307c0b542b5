/** What a page keeps while it is loaded in another language: in the history, as the pages store nothing. */

import { useEffect } from "preact/hooks";

/** What the page had in the language before, once: after a later reload it is old. */
export function takeKept<Kept>(): Kept | undefined {
  const { before, kept } = (history.state ?? {}) as { before?: unknown; kept?: string };
  if (!kept) return undefined;
  history.replaceState(before, "");
  return JSON.parse(kept) as Kept;
}

/** Has the links to other languages load this page again with what `keep` returns, which has to be JSON. */
export function useLanguages(keep: () => unknown): void {
  useEffect(() => {
    const onClick = (event: MouseEvent) => {
      const link = (event.target as Element).closest<HTMLAnchorElement>("footer [hreflang]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      history.replaceState({ before: history.state as unknown, kept: JSON.stringify(keep()) }, "", link.href);
      location.reload();
    };
    addEventListener("click", onClick);
    return () => removeEventListener("click", onClick);
  });
}
