/** The fields of a form that somebody wrote in, and whether it would be a pity to lose it. */

/** So many characters are more than a few words. */
const MUCH = 16;

type Field = HTMLInputElement | HTMLTextAreaElement;

const isField = (target: EventTarget | null): target is Field =>
  target instanceof HTMLTextAreaElement ||
  (target instanceof HTMLInputElement && !/^(checkbox|radio)$/.test(target.type));

export class WrittenFields {
  readonly #fields = new Set<Field>();

  note(target: EventTarget | null): void {
    if (isField(target)) this.#fields.add(target);
  }

  forget(): void {
    this.#fields.clear();
  }

  /** Of all fields together; one that went with its part of the form does not count. */
  get isMuch(): boolean {
    const there = [...this.#fields].filter(({ isConnected }) => isConnected);
    return there.reduce((sum, { value }) => sum + value.trim().length, 0) >= MUCH;
  }
}
