/** Why a change was refused, and the way to the booking as it is now. */

import { t } from "../shared/messages.ts";
import { Notice } from "../shared/notice.tsx";
import { OUTDATED, type Change } from "./change.ts";

export function Refusal({ change, onRepeat }: { change: Change; onRepeat: () => void }) {
  if (!change.refused) return null;
  return (
    <>
      <Notice refused={change.refused} texts={OUTDATED} onRetry={change.next === "repeat" ? onRepeat : undefined} />
      {change.next === "see" && (
        <a class="primary" href={location.pathname + location.search}>
          {t("manage.see")}
        </a>
      )}
    </>
  );
}
