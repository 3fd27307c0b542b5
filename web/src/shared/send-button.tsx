/** The button that sends a change, and what a screen reader hears meanwhile. */

import { useLayoutEffect, useRef } from "preact/hooks";

import { t, type MessageKey } from "./messages.ts";

interface Props {
  isSending: boolean;
  label: MessageKey;
  sending: MessageKey;
  isDanger?: boolean;
  isSecondary?: boolean;
  /** Without it, the button submits its form. */
  onClick?: () => void;
}

export function SendButton({ isSending, label, sending, isDanger, isSecondary, onClick }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  // What had the focus is locked or removed.
  useLayoutEffect(() => {
    if (isSending) button.current?.focus();
  }, [isSending]);
  return (
    <>
      <button
        type={onClick ? "button" : "submit"}
        class={isSecondary ? "secondary" : isDanger ? "primary danger" : "primary"}
        aria-disabled={isSending}
        ref={button}
        {...(onClick ? { onClick } : {})}
      >
        {t(isSending ? sending : label)}
      </button>
      <span class="visually-hidden" role="status">
        {isSending && t(sending)}
      </span>
    </>
  );
}
