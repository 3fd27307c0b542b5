/** A host's offer: its links keep what the address says, such as a zone and values of fields. */

for (const link of document.querySelectorAll<HTMLAnchorElement>(".offers a, footer [hreflang]")) {
  const address = new URLSearchParams(location.search);
  address.set("lang", new URLSearchParams(link.search).get("lang") ?? "");
  link.search = `${address}`;
}
