/** Loads the confirmation, which nobody needs before the form is sent. */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

import { t } from "../shared/messages.ts";
import type { ConfirmationProps } from "./confirmation.tsx";

const load = () => import("./confirmation.tsx");

/** Fetches it ahead of time; without a connection `Later` tries again. */
export function fetchConfirmation(): void {
  load().catch(() => undefined);
}

export function Later(props: ConfirmationProps) {
  const [Confirmation, setConfirmation] = useState<ComponentType<ConfirmationProps> | null>(null);
  useEffect(() => {
    load().then((loaded) => setConfirmation(() => loaded.Confirmation), () => undefined);
  }, []);
  if (Confirmation) return <Confirmation {...props} />;
  return (
    <div role="status">
      <h2>{t("done.title")}</h2>
    </div>
  );
}
