/** The rules by which this app answers for other gateways, and what they answered. */
import { Asked } from "$features/governance/asked.svelte";
import { Attempt } from "$features/governance/attempt.svelte";
import type { Backend } from "$lib/backend/backend";
import type { AutoAnswerView, AutoRule } from "$lib/backend/types";

type AnswersBackend = Pick<
  Backend,
  "autoAnswers" | "autoAnswersPause" | "autoRuleSave" | "autoRuleRemove" | "onInboxChanged"
>;

export class Answers {
  /** The rule in the form; one without an id is new. */
  editing = $state.raw<AutoRule | null>(null);
  readonly change = new Attempt();
  readonly asked: Asked<AutoAnswerView>;

  constructor(private readonly backend: AnswersBackend) {
    this.asked = new Asked(() => backend.autoAnswers());
  }

  /** An answer by itself shows in the inbox, so that is when there may be another one to list. */
  start(): () => void {
    void this.asked.load();
    return this.backend.onInboxChanged(({ changed }) => {
      if (changed.some(({ phase }) => phase.kind === "decided")) void this.asked.load();
    });
  }

  pause(paused: boolean): Promise<boolean> {
    return this.#change(() => this.backend.autoAnswersPause(paused));
  }

  turn(rule: AutoRule, enabled: boolean): Promise<boolean> {
    return this.#change(() => this.backend.autoRuleSave({ ...rule, enabled }));
  }

  remove(id: string): Promise<boolean> {
    return this.#change(() => this.backend.autoRuleRemove(id));
  }

  edit(rule: AutoRule | null): void {
    this.change.forget();
    this.editing = rule ?? blank;
  }

  async save(rule: AutoRule): Promise<void> {
    if (await this.#change(() => this.backend.autoRuleSave(rule))) this.editing = null;
  }

  /** What could not be kept may hold in part: rules that were stopped are stopped, whatever the disk says. */
  async #change(call: () => Promise<AutoAnswerView>): Promise<boolean> {
    const made = await this.change.make(async () => this.asked.put(await call()));
    if (!made) void this.asked.load();
    return made;
  }
}

/** Deny first: what a rule gets wrong then costs a question and not a disk. */
const blank: AutoRule = {
  id: "",
  enabled: true,
  gateway: null,
  agent: null,
  command: "",
  answer: "deny",
  note: "",
};
