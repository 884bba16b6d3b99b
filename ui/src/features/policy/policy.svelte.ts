/**
 * The policy of one gateway under a person's eyes: what is in force, what they changed and did not save, and what is
 * wrong with that.
 *
 * A change is made to the policy that the person saw. Where another one came into force meanwhile, the gateway refuses
 * it, and what they typed stays theirs until they load the other one.
 */
import { Asked } from "$features/governance/asked.svelte";
import { Attempt } from "$features/governance/attempt.svelte";
import type { Backend } from "$lib/backend/backend";
import type { GatewayId, PolicyProblem, PolicyView, Preset } from "$lib/backend/types";

/** So long after the last key a changed document is looked at. */
export const validateAfter = 300;

type Typed = { document: string | null; roles: string | null };
type Unsaved = { draft: string | null; rolesDraft: string | null; base: PolicyView | null };
type PolicyBackend = Pick<Backend, "policyGet" | "policyValidate" | "policySet">;

export class Policy {
  gateway = $state<GatewayId | null>(null);
  /** What was typed; null where it is what is in force. */
  draft = $state<string | null>(null);
  rolesDraft = $state<string | null>(null);
  /** How the rules are shown. */
  view = $state<"rules" | "document">("rules");
  validating = $state(false);
  saved = $state(false);
  readonly change = new Attempt();
  readonly asked = new Asked<PolicyView>(() => {
    if (this.gateway === null) return Promise.reject(new Error("no gateway"));
    return this.backend.policyGet(this.gateway);
  });
  /** What a change is made to: the policy that stood there when the person began to type. */
  #base: PolicyView | null = null;
  /** What was typed and not saved at the gateways that are not looked at now. */
  readonly #aside = new Map<GatewayId, Unsaved>();
  #found = $state.raw<readonly PolicyProblem[] | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  readonly document = $derived.by(() => this.draft ?? this.asked.value?.document ?? "");
  readonly roles = $derived.by(() => this.rolesDraft ?? this.asked.value?.roles ?? "");
  readonly problems = $derived.by<readonly PolicyProblem[]>(
    () => this.#found ?? this.asked.value?.problems ?? [],
  );
  readonly errors = $derived.by(() => this.problems.filter(({ error }) => error).length);
  readonly unsaved = $derived.by(() => this.draft !== null || this.rolesDraft !== null);
  /** Something was typed and not saved, here or at a gateway that is not looked at now. */
  get holds(): boolean {
    return this.unsaved || (this.gateway !== null && this.#aside.size > 0);
  }

  /** Somebody else's policy came into force under the draft. */
  readonly moved = $derived.by(() => this.change.problem?.code === "policyMoved");

  constructor(private readonly backend: PolicyBackend) {}

  /** Looks at this gateway's policy; asks for it again where it is the same. What was typed at another one stays. */
  show(gateway: GatewayId): void {
    if (gateway !== this.gateway) {
      this.#putAside();
      this.gateway = gateway;
      this.asked.clear();
      this.discard();
      this.#takeUp(gateway);
    }
    void this.asked.load();
  }

  #putAside(): void {
    const { gateway, draft, rolesDraft } = this;
    if (gateway === null || !this.unsaved) return;
    this.#aside.set(gateway, { draft, rolesDraft, base: this.#base });
  }

  #takeUp(gateway: GatewayId): void {
    const left = this.#aside.get(gateway);
    if (!left) return;
    this.#aside.delete(gateway);
    ({ draft: this.draft, rolesDraft: this.rolesDraft } = left);
    this.#base = left.base;
    this.#changed();
  }

  type(text: string): void {
    if (!this.unsaved) this.#base = this.asked.value;
    this.draft = text === this.asked.value?.document ? null : text;
    this.#changed();
  }

  typeRoles(text: string): void {
    if (!this.unsaved) this.#base = this.asked.value;
    this.rolesDraft = text === this.asked.value?.roles ? null : text;
    this.#changed();
  }

  discard(): void {
    this.draft = null;
    this.rolesDraft = null;
    this.#base = null;
    this.saved = false;
    this.change.forget();
    this.#forgetProblems();
  }

  /** Takes what is in force now, in the place of what was typed. */
  async loadCurrent(): Promise<void> {
    this.discard();
    await this.asked.load();
  }

  save(): Promise<boolean> {
    return this.#set({ document: this.draft, roles: this.rolesDraft, preset: null });
  }

  preset(preset: Preset): Promise<boolean> {
    return this.#set({ document: null, roles: null, preset });
  }

  async #set(change: Typed & { preset: Preset | null }): Promise<boolean> {
    const { gateway } = this;
    const baseHash = (this.unsaved ? this.#base : this.asked.value)?.hash;
    if (gateway === null || baseHash === undefined) return false;
    this.saved = false;
    return this.change.make(async () => {
      const policy = await this.backend.policySet({ gateway, baseHash, ...change });
      if (gateway !== this.gateway) return;
      this.asked.put(policy);
      if (change.preset === null) this.#keepWhatCameSince(change, policy);
      else if (this.unsaved) this.#base = policy;
      this.saved = change.preset !== null || !this.unsaved;
    });
  }

  /** What was typed while it was saved is a change to what is in force now. */
  #keepWhatCameSince(sent: Typed, policy: PolicyView): void {
    const { draft, rolesDraft } = this;
    this.discard();
    if (draft === sent.document && rolesDraft === sent.roles) return;
    this.#base = policy;
    this.draft = draft === sent.document ? null : draft;
    this.rolesDraft = rolesDraft === sent.roles ? null : rolesDraft;
    this.#changed();
  }

  #changed(): void {
    this.saved = false;
    clearTimeout(this.#timer);
    this.#turn += 1;
    if (!this.unsaved) return this.#forgetProblems();
    const turn = this.#turn;
    this.validating = true;
    this.#timer = setTimeout(() => void this.#validate(turn), validateAfter);
  }

  async #validate(turn: number): Promise<void> {
    const { gateway, document, rolesDraft } = this;
    if (gateway === null) return;
    try {
      const found = await this.backend.policyValidate(gateway, document, rolesDraft);
      if (turn === this.#turn) this.#found = found;
    } catch {
      // It says so when it is saved; until then what was known stands.
    } finally {
      if (turn === this.#turn) this.validating = false;
    }
  }

  #forgetProblems(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.#found = null;
    this.validating = false;
  }
}

/** Where a rule begins in the document, by its name. */
export function lineOfRule(document: string, id: string): number {
  const quoted = `"${id}"`;
  const lines = document.split("\n");
  const named = lines.findIndex((line) => /\bid["']?\s*:/.test(line) && line.includes(quoted));
  return (named < 0 ? lines.findIndex((line) => line.includes(id)) : named) + 1;
}
