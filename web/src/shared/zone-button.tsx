/** The zone of all times, with its offset and present time; opens the search for another one. */

import type { ComponentType } from "preact";
import { useRef, useState } from "preact/hooks";

import { noAnswer, type Refused } from "./api.ts";
import { NotLoaded } from "./later.tsx";
import type { Formats } from "./locale.ts";
import { t } from "./messages.ts";
import type { SearchProps } from "./zone-search.tsx";
import { shownOffset } from "./zones.ts";

interface Props {
  zone: string;
  now: number;
  hour12: boolean;
  formats: Formats;
  onZone: (zone: string) => void;
  onHour12: (hour12: boolean) => void;
}

export function ZoneButton({ zone, now, hour12, formats, onZone, onHour12 }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  const [refused, setRefused] = useState<Refused | null>(null);
  const [Search, setSearch] = useState<ComponentType<SearchProps> | null>(null);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const toggle = async () => {
    if (isOpen) return close();
    // Only those who change the zone load the search and its list of places.
    // Not asked for offline: Chromium would keep the failure until the page is reloaded.
    const loaded = navigator.onLine && (await import("./zone-search.tsx").catch(() => null));
    setSearch(() => (loaded ? loaded.ZoneSearch : null));
    setOpen(!!loaded);
    setRefused(loaded ? null : noAnswer());
  };
  return (
    <div class="zone">
      <button type="button" class="zone-name" ref={button} aria-expanded={isOpen} onClick={toggle}>
        <span class="visually-hidden">{t("zone.label")} </span>
        <bdi>{cityOf(zone)}</bdi> <bdi class="quiet">{shownOffset(now, zone)}</bdi>{" "}
        <span class="quiet">{formats.time(now, zone, hour12)}</span>
      </button>
      <button type="button" class="clock" aria-pressed={!hour12} onClick={() => onHour12(!hour12)}>
        {t("clock.24")}
      </button>
      {refused && <NotLoaded refused={refused} />}
      {isOpen && Search && (
        <Search
          zone={zone}
          now={now}
          language={formats.locale}
          onClose={close}
          onZone={(chosen) => {
            onZone(chosen);
            close();
          }}
        />
      )}
    </div>
  );
}

/** The city of a zone's name, or else that name; nothing of Etc/GMT+5, whose sign is the opposite of its offset. */
export function cityOf(zone: string): string {
  return zone.replace(/.*\/(GMT.*)?/, "").replaceAll("_", " ");
}
