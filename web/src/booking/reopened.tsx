import { useEffect } from "preact/hooks";

import type { Schemas } from "../shared/api.ts";
import type { View } from "../shared/picker.tsx";
import { wayTo } from "../shared/way-to.ts";

interface Props {
  view: View;
  booked: Schemas["BookedByInviteeReply"];
}

/** What was booked before this page was loaded again may be moved or cancelled since: the booking's page shows it as it is. */
export function Reopened({ view, booked }: Props) {
  useEffect(() => location.replace(wayTo(booked.manageUrl, view.zone)), []);
  return null;
}
