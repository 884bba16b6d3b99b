/** Handlers of one event. */
export class Emitter<T> {
  #handlers = new Set<(payload: T) => void>();

  on(handler: (payload: T) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  emit(payload: T): void {
    for (const handler of [...this.#handlers]) handler(payload);
  }
}
