/** Puts the appearance settings on the document, where the tokens read them. */
import type { AppearanceSettings } from "./backend/types";

export function applyAppearance(settings: AppearanceSettings, root: HTMLElement): void {
  set(root, "theme", settings.theme === "system" ? null : settings.theme);
  set(root, "density", settings.density === "compact" ? null : settings.density);
  set(root, "motion", settings.reduceMotion ? "reduced" : null);
}

function set(root: HTMLElement, name: string, value: string | null): void {
  if (value === null) root.removeAttribute(`data-${name}`);
  else root.setAttribute(`data-${name}`, value);
}
