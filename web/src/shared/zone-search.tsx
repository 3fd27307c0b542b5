/** A field that finds time zones (ARIA combobox with a list). Loaded when it is first opened. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import placesAddress from "../data/places.json?url";
import { plural, t } from "./messages.ts";
import { search, zoneEntries, type Places } from "./zone-list.ts";

export interface SearchProps {
  zone: string;
  now: number;
  language: string;
  onZone: (zone: string) => void;
  onClose: () => void;
}

const MOST_SHOWN = 60;
const NO_PLACES: Places = { countries: {}, cities: {}, renamed: {} };

export function ZoneSearch({ zone, now, language, onZone, onClose }: SearchProps) {
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const [places, setPlaces] = useState(NO_PLACES);
  const [query, setQuery] = useState("");
  // At first the present zone; of what a query finds, none until one is chosen.
  const [active, setActive] = useState(0);
  const entries = useMemo(
    // A zone from the address may have a name that is not listed.
    () => zoneEntries([zone, ...Intl.supportedValuesOf("timeZone")], places, language, now),
    [places, language],
  );
  const all = useMemo(() => search(entries, query, zone), [entries, query]);
  const found = all.slice(0, MOST_SHOWN);
  const isCut = all.length > MOST_SHOWN;

  useEffect(() => {
    input.current?.focus();
    // Without the list of places zones are still found by their names.
    fetch(placesAddress)
      .then((response) => response.json())
      .then(setPlaces, () => undefined);
  }, []);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = found[active] ?? (found.length === 1 ? found[0] : undefined);
    if (step && found.length) setActive((Math.max(active, step < 0 ? 0 : -1) + step + found.length) % found.length);
    else if (event.key === "Enter" && chosen) onZone(chosen.zone);
    else if (event.key === "Escape") onClose();
    else return;
    event.preventDefault();
  };
  return (
    <div class="zone-search">
      <label for="zone-query">{t("zone.search")}</label>
      <input
        id="zone-query"
        ref={input}
        role="combobox"
        aria-expanded="true"
        aria-controls="zone-list"
        aria-autocomplete="list"
        aria-activedescendant={found[active] && `zone-${active}`}
        aria-describedby="zone-count"
        autocomplete="off"
        spellcheck={false}
        value={query}
        onInput={(event) => {
          setQuery(event.currentTarget.value);
          setActive(event.currentTarget.value.trim() ? -1 : 0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul role="listbox" id="zone-list" ref={list} aria-label={t("zone.label")}>
        {found.map((entry, index) => (
          <li
            role="option"
            id={`zone-${index}`}
            aria-selected={index === active}
            class={entry.zone === zone ? "present" : undefined}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onZone(entry.zone)}
          >
            <bdi>{entry.city}</bdi>{entry.other && <> (<bdi>{entry.other}</bdi>)</>} <span class="quiet">{entry.country}</span> <bdi class="quiet">{entry.offset}</bdi>
          </li>
        ))}
      </ul>
      <p role="status" id="zone-count" class={found.length && !isCut ? "visually-hidden" : "quiet"}>
        {isCut
          ? t("zone.more", { n: MOST_SHOWN, all: all.length })
          : found.length
            ? plural("zone.found", found.length)
            : t("zone.none")}
      </p>
    </div>
  );
}
