/**
 * A place that scrolls and holds nothing to press can be reached with the keyboard, for as long as it does scroll: how
 * much fits depends on the window. WebKit does not do so by itself.
 */
export function reachable(place: HTMLElement): (() => void) | undefined {
  if (typeof ResizeObserver === "undefined") return undefined;
  const observer = new ResizeObserver(() => {
    const scrolls =
      place.scrollHeight > place.clientHeight + 1 || place.scrollWidth > place.clientWidth + 1;
    if (scrolls) place.tabIndex = 0;
    else place.removeAttribute("tabindex");
  });
  observer.observe(place);
  for (const child of place.children) observer.observe(child);
  return () => observer.disconnect();
}
