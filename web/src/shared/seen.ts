/** Calls `look` when the page is shown again: its tab, or the page after the browser's way back; returns how to stop. */
export function whenSeen(look: () => void): () => void {
  const listen = () => document.hidden || look();
  document.addEventListener("visibilitychange", listen);
  addEventListener("pageshow", listen);
  return () => {
    document.removeEventListener("visibilitychange", listen);
    removeEventListener("pageshow", listen);
  };
}
