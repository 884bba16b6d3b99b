/**
 * The shapes that cross the bridge: those that the desktop generates from `crates/fleet/src/view`, with the
 * settings made whole (Rust fills in what an older file lacks, so the page always gets all of them).
 *
 * Plain data, never a secret. Times are milliseconds since the Unix epoch. Text that an agent or a gateway
 * wrote arrives escaped: control, invisible and bidi characters stand as `⟨U+202E⟩`.
 */
import type * as bindings from "./bindings";

export type * from "./bindings";

export type AppearanceSettings = Required<bindings.AppearanceSettings>;
export type NotificationSettings = Required<bindings.NotificationSettings>;
export type OwnGatewaySettings = Required<bindings.OwnGatewaySettings>;
export type Settings = {
  notifications: NotificationSettings;
  appearance: AppearanceSettings;
  ownGateway: OwnGatewaySettings;
};
export type AppInfo = Omit<bindings.AppInfo, "settings"> & { settings: Settings };
