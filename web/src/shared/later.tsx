/** Components whose code is loaded when they are shown, as most visits do not need them. */

import type { ComponentChild, ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

import { noAnswer, type Refused } from "./api.ts";
import { Notice } from "./notice.tsx";

/** Until it is loaded the page shows `meanwhile`; if it cannot be loaded, also a notice. */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  meanwhile: (props: Props) => ComponentChild,
) {
  return (props: Props) => {
    const [Loaded, setLoaded] = useState<ComponentType<Props> | null>(null);
    const [refused, setRefused] = useState<Refused | null>(null);
    useEffect(() => {
      load().then((found) => setLoaded(() => found), () => setRefused(noAnswer()));
    }, []);
    if (Loaded) return <Loaded {...props} />;
    return (
      <>
        <div role="status">{meanwhile(props)}</div>
        {refused && <NotLoaded refused={refused} />}
      </>
    );
  };
}

/** The whole page is loaded again: a new release has other files, and browsers do not ask twice for a missing one. */
export function NotLoaded({ refused }: { refused: Refused }) {
  return <Notice refused={refused} onRetry={() => location.reload()} />;
}
