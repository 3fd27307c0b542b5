/** Whether the invitee gets reminders of the booking. A link in each reminder leads here, and changes nothing by itself. */

import { useEffect, useRef } from "preact/hooks";

import { t } from "../shared/messages.ts";
import { SendButton } from "../shared/send-button.tsx";
import type { Change } from "./change.ts";
import { Refusal } from "./refusal.tsx";
import { OVERVIEW } from "./step.ts";

/** The fragment of the link in a reminder. */
const PLACE = "reminders";

interface Props {
  wanted: boolean;
  change: Change;
  /** Whether the page was just opened, maybe by the link. */
  isOpened: boolean;
}

export function Reminders({ wanted, change, isOpened }: Props) {
  const section = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!isOpened || location.hash !== `#${PLACE}`) return;
    // The heading alone would be at the edge of a small window, and the button below it.
    section.current?.scrollIntoView({ block: "center" });
    heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <section class="reminders" id={PLACE} aria-labelledby="reminders-title" ref={section}>
      <h3 id="reminders-title" ref={heading} tabIndex={-1}>
        {t("reminders.title")}
      </h3>
      <p role="status">{t(wanted ? "reminders.on" : "reminders.off")}</p>
      <Refusal change={change} onRepeat={change.repeat} />
      {change.next === "send" && (
        <SendButton
          isSending={change.isSending}
          label={wanted ? "reminders.stop" : "reminders.again"}
          sending="reminders.sending"
          isSecondary
          onClick={() => change.send({ wanted: !wanted }, OVERVIEW)}
        />
      )}
    </section>
  );
}
