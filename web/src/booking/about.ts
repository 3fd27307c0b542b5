/** Writes what the event type is now beside the form and the confirmation, where the server wrote what it was. */
export function showAbout(name: string, minutes: number, place: string | null): void {
  const about = document.querySelector(".about");
  const [title, number, where] = ["h1 bdi", ".minutes", ".place"].map((one) => about?.querySelector<HTMLElement>(one));
  if (title) title.textContent = name;
  if (number) number.textContent = (number.textContent ?? "").replace(/\d+/, `${minutes}`);
  if (!where) return;
  where.hidden = !place;
  where.lastElementChild!.textContent = place;
}
