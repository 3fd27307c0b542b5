/** What nobody needs before a time is chosen. */

import { later } from "../shared/later.tsx";
import { t } from "../shared/messages.ts";

const load = () => import("./parts.ts");

/** Fetches it when the page is shown; if it does not arrive, its components say so. */
export function fetchParts(): void {
  load().catch(() => undefined);
}

export const Chosen = later(
  () => load().then((parts) => parts.Chosen),
  ({ onBack }) => (
    <button type="button" class="link back" onClick={() => onBack(false)}>
      {t("details.back")}
    </button>
  ),
);
export const Missed = later(
  () => load().then((parts) => parts.Missed),
  () => null,
);
