/** What nobody needs before the form is sent. */

import { later } from "../shared/later.tsx";
import { t } from "../shared/messages.ts";
import { timeProblem } from "../shared/refusals.ts";

const load = () => import("./parts.ts");

/** Fetches it ahead of time; without a connection its components try again. */
export function fetchParts(): void {
  load().catch(() => undefined);
}

export const Confirmation = later(
  () => load().then((parts) => parts.Confirmation),
  () => <h2>{t("done.title")}</h2>,
);
export const Nearest = later(
  () => load().then((parts) => parts.Nearest),
  ({ refused }) => t(timeProblem(refused.code) ?? "time.taken"),
);
