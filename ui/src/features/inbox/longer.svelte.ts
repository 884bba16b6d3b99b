/** How long an allowance should hold, and what it should cover, while a person makes up their mind. */
import type { Backend } from "$lib/backend/backend";
import type { DecideTerms, GatewayId, Lasting, PastCommand } from "$lib/backend/types";

export type Holds = Exclude<Lasting, "once">;
export const minutes = [15, 60, 480] as const;
export type Minutes = (typeof minutes)[number];
export type Until = "week" | "month" | "quarter";

const day = 86_400_000;
const days: Record<Until, number> = { week: 7, month: 30, quarter: 90 };

/** A pattern is asked about this long after the last key. */
const pause = 250;

export class Longer {
  holds = $state<Holds>("session");
  minutes = $state<Minutes>(60);
  covers = $state<"exactly" | "pattern">("exactly");
  until = $state<Until>("month");
  /** Past actions that the pattern would have matched; null while that is not known. */
  matches = $state.raw<readonly PastCommand[] | null>(null);
  failed = $state(false);
  #pattern = $state("");
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly backend: Pick<Backend, "grantsPreview">,
    private readonly request: { gateway: GatewayId; agent: string | null; command: string },
    private readonly now: () => number,
    /** What was typed for it before. */
    typed: string | null = null,
  ) {
    this.#pattern = typed ?? request.command;
  }

  get pattern(): string {
    return this.#pattern;
  }

  set pattern(pattern: string) {
    this.#pattern = pattern;
    this.preview();
  }

  readonly byPattern = $derived(this.holds === "always" && this.covers === "pattern");
  readonly ready = $derived(!this.byPattern || this.#pattern.trim() !== "");

  cover(what: "exactly" | "pattern"): void {
    this.covers = what;
    if (what === "pattern") this.preview();
  }

  preview(): void {
    clearTimeout(this.#timer);
    this.matches = null;
    this.failed = false;
    this.#asked += 1;
    const asked = this.#asked;
    if (this.#pattern.trim() !== "") this.#timer = setTimeout(() => void this.#ask(asked), pause);
  }

  /** As the gateway takes it. */
  terms(): Partial<DecideTerms> {
    return {
      lasting: this.holds,
      minutes: this.holds === "for" ? this.minutes : null,
      pattern: this.byPattern ? this.#pattern.trim() : null,
      until: this.holds === "always" ? this.now() + days[this.until] * day : null,
    };
  }

  async #ask(asked: number): Promise<void> {
    const { gateway, agent } = this.request;
    try {
      const matches = await this.backend.grantsPreview(gateway, this.#pattern.trim(), agent);
      if (asked === this.#asked) this.matches = matches;
    } catch {
      if (asked === this.#asked) this.failed = true;
    }
  }
}
