/** Components whose code is loaded when they are shown, as most visits do not need them. */

import type { ComponentChild, ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

/** Until it is loaded, or without a connection, the page shows `meanwhile`. */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  meanwhile: (props: Props) => ComponentChild,
) {
  return (props: Props) => {
    const [Loaded, setLoaded] = useState<ComponentType<Props> | null>(null);
    useEffect(() => {
      load().then((found) => setLoaded(() => found), () => undefined);
    }, []);
    return Loaded ? <Loaded {...props} /> : <div role="status">{meanwhile(props)}</div>;
  };
}
