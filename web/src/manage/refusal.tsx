/** Why a change was refused, and the way to the booking as it is now. */

import { t } from "../shared/messages.ts";
import { Notice } from "../shared/notice.tsx";
import { timeProblem } from "../shared/refusals.ts";
import { OUTDATED, type Change } from "./change.ts";

interface Props {
  change: Change;
  /** What was refused, if another step is shown. */
  about?: string;
  onRepeat: () => void;
}

export function Refusal({ change, about, onRepeat }: Props) {
  const { refused, next } = change;
  if (!refused) return null;
  const problem = timeProblem(refused.code);
  return (
    <>
      <Notice
        refused={refused}
        {...(about ? { about } : {})}
        texts={problem ? { [refused.code]: problem } : OUTDATED}
        onRetry={next === "repeat" ? onRepeat : undefined}
      />
      {next === "see" && (
        <a class="primary" href={location.pathname + location.search}>
          {t("manage.see")}
        </a>
      )}
    </>
  );
}
