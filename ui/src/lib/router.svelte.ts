/**
 * Where the page is, as a hash, so that a window can be opened on a place (`#/approval`) and Back works.
 *
 * Only names places. What a place shows is the views' business.
 */
import type { GatewayId, ItemKey, SessionRef } from "./backend/types";

export const settingsSections = [
  "gateways",
  "notifications",
  "appearance",
  "secrets",
  "credentials",
  "about",
] as const;
export const policySections = ["rules", "try", "simulate", "grants", "roles", "answers"] as const;
export type PolicySection = (typeof policySections)[number];
/** The sections that this backend has something to set in. */
export function sectionsFor(can: {
  notifications: boolean;
  secretStore: boolean;
}): readonly SettingsSection[] {
  return settingsSections.filter(
    (section) =>
      (section !== "notifications" || can.notifications) &&
      (section !== "secrets" || can.secretStore),
  );
}

export type SettingsSection = (typeof settingsSections)[number];

export type Route =
  | { name: "inbox"; item: ItemKey | null }
  | { name: "sessions"; session: SessionRef | null }
  | { name: "settings"; section: SettingsSection | null; gateway: GatewayId | null }
  | { name: "policy"; section: PolicySection | null }
  | { name: "audit"; record: number | "proof" | null }
  | { name: "addGateway" }
  | { name: "approval"; item: ItemKey | null };

const home: Route = { name: "inbox", item: null };

export function parseRoute(hash: string): Route {
  const [name, first, second] = hash
    .replace(/^#?\/?/, "")
    .split("/")
    .map(decode);
  switch (name) {
    case "inbox":
      return { name, item: first || null };
    case "approval":
      return { name, item: first || null };
    case "sessions":
      return { name, session: first && second ? { gateway: first, key: second } : null };
    case "policy":
      return { name, section: policySections.find((section) => section === first) ?? null };
    case "audit":
      return { name, record: first === "proof" ? first : numberOf(first) };
    case "add-gateway":
      return { name: "addGateway" };
    case "settings":
      return { name, section: sectionOf(first), gateway: second || null };
    default:
      return home;
  }
}

export function formatRoute(route: Route): string {
  switch (route.name) {
    case "inbox":
    case "approval":
      return path(route.name, route.item);
    case "sessions":
      return path("sessions", route.session?.gateway, route.session?.key);
    case "settings":
      return path("settings", route.section, route.gateway);
    case "policy":
      return path("policy", route.section);
    case "audit":
      return path("audit", route.record === null ? null : String(route.record));
    case "addGateway":
      return path("add-gateway");
  }
}

function path(...parts: (string | null | undefined)[]): string {
  const kept = parts.filter((part): part is string => Boolean(part));
  return `#/${kept.map(encodeURIComponent).join("/")}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function numberOf(text: string | undefined): number | null {
  return /^\d+$/.test(text ?? "") ? Number(text) : null;
}

function sectionOf(text: string | undefined): SettingsSection | null {
  return settingsSections.find((section) => section === text) ?? null;
}

export class Router {
  #route = $state.raw<Route>(home);

  constructor(private readonly target: Window = window) {
    this.#route = parseRoute(target.location.hash);
  }

  get route(): Route {
    return this.#route;
  }

  /** Follows the address until the returned function is called. */
  start(): () => void {
    const follow = () => {
      this.#route = parseRoute(this.target.location.hash);
    };
    follow();
    this.target.addEventListener("hashchange", follow);
    return () => this.target.removeEventListener("hashchange", follow);
  }

  go(route: Route): void {
    this.#route = route;
    this.target.location.hash = formatRoute(route);
  }

  /** Goes there without a step that Back would return to: for a selection that follows the cursor. */
  replace(route: Route): void {
    this.#route = route;
    this.target.history.replaceState(null, "", formatRoute(route));
  }
}
