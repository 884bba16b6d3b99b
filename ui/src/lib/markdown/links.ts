/**
 * Links in messages go nowhere by themselves: they have no address that an engine could follow, only `data-url`.
 * A click or Enter hands it to whoever asks the person.
 */
export type OnLink = (url: string) => void;

/** Listens on `root` for links inside it; returns how to stop. */
export function listenForLinks(root: HTMLElement, onLink: OnLink): () => void {
  const urlOf = (event: Event) => {
    const link = event.target instanceof Element ? event.target.closest("[data-url]") : null;
    return link?.getAttribute("data-url") ?? null;
  };
  const activate = (event: Event) => {
    if (event instanceof KeyboardEvent && event.key !== "Enter") return;
    const url = urlOf(event);
    if (url === null) return;
    event.preventDefault();
    event.stopPropagation();
    onLink(url);
  };
  root.addEventListener("click", activate);
  root.addEventListener("keydown", activate);
  return () => {
    root.removeEventListener("click", activate);
    root.removeEventListener("keydown", activate);
  };
}
