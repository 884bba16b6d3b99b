/**
 * Adding a gateway, step by step: paste, complete, connect, and see in place what came of it.
 *
 * The pasted text is handed to the backend and dropped here at once; if there was a secret in it, the
 * backend keeps it under a draft. A secret that is typed passes through `connect` and is never a field.
 */
import type { Backend } from "$lib/backend/backend";
import type {
  CredentialKind,
  Discovered,
  FoundGateway,
  GatewayId,
  GatewayView,
  ProblemView,
  Recognised,
  SecretInput,
} from "$lib/backend/types";
import { problemOf } from "$lib/errors";

export type AddStep = "paste" | "complete" | "connecting" | "result";

/** How the person signs in when nothing that was pasted says so. `none` asks for a pairing. */
export type Proof = "token" | "password" | "none";

type AddBackend = Pick<
  Backend,
  | "gatewayRecognise"
  | "gatewayDiscover"
  | "draftDrop"
  | "gatewayAdd"
  | "gatewayEdit"
  | "credentialRotate"
>;

const fingerprint = /^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i;

export class AddGateway {
  step = $state<AddStep>("paste");
  recognised = $state.raw<Recognised | null>(null);
  found = $state.raw<Discovered | null>(null);
  problem = $state.raw<ProblemView | null>(null);
  busy = $state(false);
  url = $state("");
  name = $state("");
  pin = $state("");
  pinning = $state(false);
  proof = $state<Proof>("token");
  /** A link filled it in, and not the person. */
  linked = $state(false);
  /** The gateway that was added; its connection is the test. */
  added = $state<GatewayId | null>(null);

  readonly draft = $derived(this.recognised?.draft ?? null);
  readonly hasSecret = $derived(this.draft !== null);
  readonly pinFits = $derived(isFingerprint(this.pin));
  readonly complete = $derived(this.url.trim() !== "" && this.pinFits);

  constructor(
    private readonly backend: AddBackend,
    private readonly find: (id: GatewayId | null) => GatewayView | undefined,
  ) {}

  /** The added gateway as it stands now. */
  get gateway(): GatewayView | undefined {
    return this.find(this.added);
  }

  async discover(): Promise<void> {
    try {
      this.found = await this.backend.gatewayDiscover();
    } catch {
      // Finding one is a convenience; without it a person pastes.
      this.found = { gateways: [], broken: [] };
    }
  }

  /** Says what a pasted text is. A text that is not understood stays with the field, not here. */
  async paste(text: string): Promise<boolean> {
    if (text.trim() === "" || this.busy) return false;
    this.busy = true;
    this.problem = null;
    try {
      return this.#take(await this.backend.gatewayRecognise(text));
    } catch (thrown) {
      this.problem = problemOf(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }

  use(found: FoundGateway): void {
    const { draft, url, name, credential } = found;
    this.#take({ form: "url", draft, url, name, credential, problem: null });
  }

  /** What a link brought. Nothing is connected to until the person says so, as after a paste. */
  follow(linked: Recognised): void {
    this.startOver();
    this.linked = this.#take(linked);
  }

  /** Back to the beginning; what the backend kept of the paste is dropped. */
  startOver(): void {
    if (this.draft && this.added === null) void this.backend.draftDrop(this.draft);
    this.step = "paste";
    this.recognised = null;
    this.problem = null;
    this.added = null;
    this.linked = false;
    this.url = this.name = this.pin = "";
    this.pinning = false;
  }

  /** Another one, once what came of the last is seen. */
  again(): void {
    if (this.step === "result") this.startOver();
  }

  /** `secret` is what was typed, if anything; it is passed on and not kept. */
  async connect(secret: string): Promise<void> {
    if (!this.complete || this.busy) return;
    this.busy = true;
    this.problem = null;
    this.step = "connecting";
    try {
      if (this.added === null) await this.#add(this.#secretOf(secret));
      else await this.#change(this.added, this.#secretOf(secret));
      this.step = "result";
    } catch (thrown) {
      this.problem = problemOf(thrown);
      this.step = "complete";
    } finally {
      this.busy = false;
    }
  }

  /** What was entered can be changed and tried again; the gateway stays the one that was added. */
  amend(): void {
    this.pinning = this.gateway !== undefined && needsPin(this.gateway);
    this.step = "complete";
  }

  /** Whether the certificate is self-signed, and so held against a fingerprint. */
  pinned(pinned: boolean): void {
    this.pinning = pinned;
    if (!pinned) this.pin = "";
  }

  async #add(secret: SecretInput | null): Promise<void> {
    const added = await this.backend.gatewayAdd({
      url: this.url.trim(),
      name: this.name.trim(),
      draft: secret ? null : this.draft,
      secret,
      pin: this.pin.trim() || null,
    });
    this.added = added.id;
  }

  async #change(id: GatewayId, secret: SecretInput | null): Promise<void> {
    const pin = this.pin.trim() || null;
    await this.backend.gatewayEdit({ id, url: this.url.trim(), name: this.name.trim(), pin });
    if (secret) await this.backend.credentialRotate(id, secret);
  }

  #secretOf(value: string): SecretInput | null {
    const kind: CredentialKind = this.proof;
    return value === "" || kind === "none" ? null : { kind, value };
  }

  #take(recognised: Recognised): boolean {
    if (recognised.problem) {
      this.problem = recognised.problem;
      return false;
    }
    this.recognised = recognised;
    this.url = recognised.url ?? "";
    this.name = recognised.name ?? "";
    this.step = "complete";
    return true;
  }
}

/** A SHA-256 fingerprint, or none. */
export function isFingerprint(text: string): boolean {
  return text.trim() === "" || fingerprint.test(text.trim());
}

export function needsPin({ connection }: GatewayView): boolean {
  return (
    connection.kind === "stopped" && /^(tlsUntrusted|pinMismatch)$/.test(connection.problem.code)
  );
}
