/** What nobody needs before a time is chosen. */

import { later } from "../shared/later.tsx";
import { t } from "../shared/messages.ts";

const load = () => import("./parts.ts");

/** Fetches it when the page is shown; without a connection its components try again. */
export function fetchParts(): void {
  load().catch(() => undefined);
}

export const Confirmation = later(
  () => load().then((parts) => parts.Confirmation),
  () => <h2>{t("done.title")}</h2>,
);
export const Details = later(
  () => load().then((parts) => parts.Details),
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
