/** The controllers that every feature of the main window shares, made once and passed by context. */
import { createContext } from "svelte";
import type { AppInfo } from "$lib/backend/types";
import type { Audit } from "./audit/audit.svelte";
import type { AddGateway } from "./gateways/add-gateway.svelte";
import type { Gateways } from "./gateways/gateways.svelte";
import type { LinkedGateway } from "./gateways/linked-gateway.svelte";
import type { Governed } from "./governance/governed.svelte";
import type { Inbox } from "./inbox/inbox.svelte";
import type { Policy } from "./policy/policy.svelte";
import type { Secrets } from "./secrets/secrets.svelte";
import type { Sessions } from "./sessions/sessions.svelte";
import type { Preferences } from "./settings/settings.svelte";

export type Desk = {
  info: AppInfo;
  inbox: Inbox;
  gateways: Gateways;
  /** What is being entered stays while the person looks at something else. */
  adding: AddGateway;
  governed: Governed;
  policy: Policy;
  audit: Audit;
  linked: LinkedGateway;
  sessions: Sessions;
  preferences: Preferences;
  secrets: Secrets;
};

export const [useDesk, provideDesk] = createContext<Desk>();
